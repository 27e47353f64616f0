import PTYKit
import Testing

/// The interface on a model of a running program.
@Suite struct ModelInterfaceTests {
  private func open(_ files: Scratch, _ what: String) throws -> PTYProcess {
    let program = try PTYProcess(
      builtProgram("model-probe"), [files.path("trained.safetensors"), what], width: 120,
      height: 40)
    try program.wait(forText: "reference")
    return program
  }

  /// Closes the report, and then the interface.
  private func leave(_ program: PTYProcess) throws {
    program.send("\u{1b}")
    try program.wait(for: "no report") { !$0.contains("Esc closes") }
    program.send("q")
  }

  @Test func aStrictLoadChangesTheModel() throws {
    let files = try Scratch()
    let program = try open(files, "whole")
    try program.wait(forText: "Net")
    program.send(":load strict\r")
    try program.wait(forText: "the model is loaded")
    try leave(program)
    try program.wait(forText: "value [1.0, 2.0], reference [3.0, 4.0]")
    try program.wait(forText: "before [0.0, 0.0], rate 0.5")
    #expect(try program.waitForExit() == 0)
  }

  @Test func aRefusedLoadLeavesItAndALenientOneLoadsWhatFits() throws {
    let files = try Scratch()
    let refused = try open(files, "part")
    refused.send(":load strict\r")
    try refused.wait(forText: "strict load refused")
    try leave(refused)
    try refused.wait(forText: "value [0.0, 0.0], reference [0.0, 0.0]")
    #expect(try refused.waitForExit() == 0)

    let lenient = try open(files, "part")
    lenient.send(":load lenient\r")
    try lenient.wait(forText: "the model is loaded")
    try leave(lenient)
    try lenient.wait(forText: "value [1.0, 2.0], reference [0.0, 0.0]")
    #expect(try lenient.waitForExit() == 0)
  }

  @Test func optionsOfTheProgramCount() throws {
    let files = try Scratch()
    let program = try open(files, "filtered")
    // Sizes are shown, and `reference`, which the file lacks, is not asked for.
    try program.wait(forText: "8 B")
    program.send(":load strict\r")
    try program.wait(forText: "the model is loaded")
    try leave(program)
    try program.wait(forText: "value [1.0, 2.0], reference [0.0, 0.0]")
    #expect(try program.waitForExit() == 0)
  }
}
