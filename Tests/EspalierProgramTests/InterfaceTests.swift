import Foundation
import Glibc
import PTYKit
import TestSupport
import Testing

/// The real program on a pseudo-terminal, driven as a person would.
@Suite struct InterfaceTests {
  private func open(
    _ files: Scratch, width: Int = 120, height: Int = 40
  ) throws -> PTYProcess {
    let (destination, source) = try files.demo()
    let program = try PTYProcess(
      builtProgram("espalier"), [destination, source], width: width, height: height)
    try program.wait(forText: "strict load")
    return program
  }

  @Test func showsBothTreesAndWhatDiffers() throws {
    let files = try Scratch()
    let program = try open(files)
    for text in ["10 issues", "classifier", "10×32", "5×32", "pos_embed", "queue", "10 equal"] {
      try program.wait(forText: text)
    }
    program.send("q")
    #expect(try program.waitForExit() == 0)
    #expect(program.settingsAreRestored && !program.screen.isAlternate)
  }

  @Test func strictIsRefusedLenientLoadsAndSaves() throws {
    let files = try Scratch()
    let program = try open(files)
    try program.wait(forText: "10 issues")
    program.send(":load strict\r")
    try program.wait(forText: "strict load refused")
    try program.escape(from: "Esc closes")
    program.send(":load lenient\r")
    try program.wait(forText: "saves the result")
    try program.escape(from: "Esc closes")
    program.send("w")
    try program.wait(forText: "model.loaded")
    program.send("\r")
    try program.wait(forText: "saved and verified")
    program.send("q")
    #expect(try program.waitForExit() == 0)
    #expect(files.names.contains { $0.hasPrefix("model.loaded") })
  }

  @Test func jumpsBetweenIssuesSearchesAndHelps() throws {
    let files = try Scratch()
    let program = try open(files)
    program.send("]c")
    try program.wait(forText: "issue 1 of 10")
    program.send("]c")
    try program.wait(forText: "issue 2 of 10")
    program.send("[c")
    try program.wait(forText: "issue 1 of 10")
    program.send("/classif\r")
    try program.wait(forText: "classifier")
    program.send("?")
    try program.wait(forText: "Esc closes")
    try program.escape(from: "Esc closes")
    program.send("q")
    #expect(try program.waitForExit() == 0)
  }

  @Test(arguments: [(80, 24), (60, 20), (30, 5)])
  func fitsSmallWindows(size: (Int, Int)) throws {
    let files = try Scratch()
    let program = try open(files)
    program.resize(width: size.0, height: size.1)
    try program.wait(forText: size.0 < 60 ? "too small" : "encoder")
    program.send("q")
    #expect(try program.waitForExit() == 0)
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
  func givesTheTerminalBackOnASignal(signal: Int32) throws {
    let files = try Scratch()
    let program = try open(files)
    program.send(signal: signal)
    #expect(try program.waitForExit() == 128 + signal)
    #expect(program.settingsAreRestored && !program.screen.isAlternate)
  }

  @Test func controlCLeaves() throws {
    let files = try Scratch()
    let program = try open(files)
    program.send("\u{03}")
    _ = try program.waitForExit()
    #expect(program.settingsAreRestored && !program.screen.isAlternate)
  }

  @Test func readsTheValuesOfBothSides() throws {
    let files = try Scratch()
    let program = try open(files)
    try program.wait(forText: "10 issues")
    program.send("G")  // the last row: classifier.bias
    try program.wait(forText: "10 elements")
    program.send("v")
    try program.wait(for: "a deviation for each side") {
      $0.text.components(separatedBy: "deviation").count == 3
    }
    program.send("q")
    #expect(try program.waitForExit() == 0)
  }

  @Test func aFileThatIsNoneIsSaidAndTheOtherStays() throws {
    let files = try Scratch()
    let (destination, _) = try files.demo()
    let wrong = files.path("wrong.pt")
    try Data("version https://git-lfs.github.com/spec/v1\n".utf8).write(
      to: URL(fileURLWithPath: wrong))
    let program = try PTYProcess(
      builtProgram("espalier"), [destination, wrong], width: 120, height: 40)
    try program.wait(forText: "Git LFS pointer")
    try program.wait(forText: "encoder")
    program.send("q")
    #expect(try program.waitForExit() == 0)
  }

  @Test func oneFileIsABrowser() throws {
    let files = try Scratch()
    let (destination, _) = try files.demo()
    let program = try PTYProcess(builtProgram("espalier"), [destination], width: 100, height: 30)
    try program.wait(forText: "16×3×3×3")
    program.send("q")
    #expect(try program.waitForExit() == 0)
  }
}

extension PTYProcess {
  /// Leaves what lies over the trees. Escape is a key of its own only when nothing follows at once.
  fileprivate func escape(from text: String) throws {
    send("\u{1b}")
    try wait(for: "no \(text)") { !$0.contains(text) }
  }
}
