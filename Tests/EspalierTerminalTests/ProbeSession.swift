import PTYKit
import Testing

/// The probe on a pseudo-terminal, ready for input.
func startProbe(
  _ arguments: [String] = [], width: Int = 80, height: Int = 24,
  environment: [String: String] = [:]
) throws -> PTYProcess {
  let probe = try PTYProcess(
    builtProgram("terminal-probe"), arguments, width: width, height: height,
    environment: environment)
  if width > 20 { try probe.wait(forText: "probe \(width)x\(height)") }
  return probe
}

extension PTYProcess {
  /// Types and waits for the event that it makes.
  func send(_ text: String, expecting event: String) throws {
    send(text)
    try wait(for: event) { $0.text.contains(event) }
  }

  /// Quits and checks that nothing is left behind.
  func quit(sourceLocation: SourceLocation = #_sourceLocation) throws {
    send("q")
    #expect(try waitForExit() == 0, sourceLocation: sourceLocation)
    expectGivenBack(sourceLocation: sourceLocation)
  }

  func expectGivenBack(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(screen.isGivenBack, sourceLocation: sourceLocation)
    #expect(settingsAreRestored, sourceLocation: sourceLocation)
    #expect(isCooked, sourceLocation: sourceLocation)
    #expect(screen.unknown.isEmpty, sourceLocation: sourceLocation)
  }
}
