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

  @Test func takesThePartThatAFilterNames() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let program = try PTYProcess(
      builtProgram("espalier"), [destination, source, "--filter", "classifier"], width: 120,
      height: 40)
    try program.wait(forText: "2 issues")
    program.send("]c")
    try program.wait(forText: "issue 1 of 2")
    program.send("q")
    #expect(try program.waitForExit() == 0)
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

  /// A pair whose source has a wrapper's prefix and one matrix the wrong way round: the remedies are
  /// applied, taken back, saved, and what is then loaded is what the command loads by the saved rules.
  @Test func remediesAreAppliedUndoneSavedAndLoaded() throws {
    let files = try Scratch()
    let (destination, source) = try files.wrappedPair()
    let program = try PTYProcess(
      builtProgram("espalier"), [destination, source], width: 120, height: 40)
    try program.wait(forText: "6 issues")
    program.send("c")
    try program.wait(forText: "Enter applies: strip module")
    program.send("\r")
    try program.wait(forText: "1 issue")
    program.send("j\r")
    try program.wait(forText: "passes")
    program.send("u")
    try program.wait(forText: "1 issue")
    program.send("\u{12}")  // Ctrl-R
    try program.wait(forText: "passes")
    program.send(":rules \(files.path("fix.toml"))\r")
    try program.wait(forText: "2 rules saved")
    program.send(":load strict\r")
    try program.wait(forText: "saves the result")
    try program.escape(from: "Esc closes")
    program.send(":w \(files.path("out.safetensors"))\r")
    try program.wait(forText: "saved and verified")
    program.send("q")
    #expect(try program.waitForExit() == 0)
    let replayed = try run(
      "load", destination, source, "--rules", files.path("fix.toml"), "-o",
      files.path("again.safetensors"))
    #expect(replayed.status == 0)
    let written = try ["out", "again"].map {
      try Data(contentsOf: URL(fileURLWithPath: files.path("\($0).safetensors")))
    }
    #expect(written[0] == written[1])
    // Row-major [2, 3] out of the source's [3, 2].
    #expect(written[0].suffix(24) == floats([1, 3, 5, 2, 4, 6]))
  }

  @Test func aRulesFileIsAppliedAtTheStart() throws {
    let files = try Scratch()
    let (destination, source) = try files.wrappedPair()
    try Data("version = 1\n\n[[rule]]\nstrip = \"module\"\n".utf8).write(
      to: URL(fileURLWithPath: files.path("fix.toml")))
    let program = try PTYProcess(
      builtProgram("espalier"), [destination, source, "--rules", files.path("fix.toml")],
      width: 120, height: 40)
    try program.wait(forText: "a load fills 2 of 3 arrays")
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

private func floats(_ values: [Float]) -> Data {
  values.reduce(into: Data()) { data, value in
    withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }
}

extension Scratch {
  /// Three arrays against the same below `module`, the last one transposed.
  func wrappedPair() throws -> (destination: String, source: String) {
    let zeros = [Float](repeating: 0, count: 10)
    try write(
      "model.safetensors",
      [
        ("a.weight", [2, 5], zeros), ("b.weight", [4], Array(zeros[..<4])),
        ("c.weight", [2, 3], Array(zeros[..<6])),
      ])
    try write(
      "wrapped.safetensors",
      [
        ("module.a.weight", [2, 5], zeros), ("module.b.weight", [4], [1, 2, 3, 4]),
        ("module.c.weight", [3, 2], [1, 2, 3, 4, 5, 6]),
      ])
    return (path("model.safetensors"), path("wrapped.safetensors"))
  }

  private func write(_ name: String, _ arrays: [(name: String, shape: [Int], values: [Float])])
    throws
  {
    var header: [String] = []
    var content = Data()
    for array in arrays {
      let start = content.count
      content += floats(array.values)
      header.append(
        "\"\(array.name)\":{\"dtype\":\"F32\",\"shape\":\(array.shape),"
          + "\"data_offsets\":[\(start),\(content.count)]}")
    }
    let text = Data("{\(header.joined(separator: ","))}".utf8)
    var file = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    file += text + content
    try file.write(to: URL(fileURLWithPath: path(name)))
  }
}

extension PTYProcess {
  /// Leaves what lies over the trees. Escape is a key of its own only when nothing follows at once.
  fileprivate func escape(from text: String) throws {
    send("\u{1b}")
    try wait(for: "no \(text)") { !$0.contains(text) }
  }
}
