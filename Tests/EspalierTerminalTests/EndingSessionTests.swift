import Glibc
import PTYKit
import Testing

/// However the program ends, the terminal is given back.
@Suite struct EndingSessionTests {
  @Test(arguments: [
    SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE,
  ])
  func restoresOnASignal(signal: Int32) throws {
    let probe = try startProbe()
    try probe.send("a", expecting: "1 key a")
    probe.send(signal: signal)
    #expect(try probe.waitForExit() == 128 + signal)
    probe.expectGivenBack()
  }

  @Test func restoresOnATrap() throws {
    // Tall, as the runtime may add a list of calls to its message.
    let probe = try startProbe(width: 150, height: 120)
    probe.send("T")
    let status = try probe.waitForExit()
    #expect([128 + SIGILL, 128 + SIGTRAP].contains(status))
    probe.expectGivenBack()
    #expect(probe.screen.text.contains("Index out of range"))
  }

  @Test(arguments: [SIGILL, SIGQUIT])
  func leavesTheCrashReportToTheRuntime(signal: Int32) throws {
    let settings = "enable=yes,interactive=no,color=no,threads=crashed,images=none,registers=none"
    let probe = try startProbe(
      width: 150, height: 120, environment: ["SWIFT_BACKTRACE": settings])
    probe.send(signal: signal)
    #expect(try probe.waitForExit(seconds: 60) == 128 + signal)
    probe.expectGivenBack()
    #expect(probe.screen.text.contains("Backtrace took"))
  }

  @Test func restoresOnAStackOverflow() throws {
    let probe = try startProbe()
    probe.send("O")
    #expect(try probe.waitForExit() == 128 + SIGSEGV)
    probe.expectGivenBack()
  }

  @Test func restoresOnExit() throws {
    let probe = try startProbe()
    probe.send("E")
    #expect(try probe.waitForExit() == 7)
    probe.expectGivenBack()
  }

  @Test func saysAfterwardsWhatWasSaidBeneathTheScreen() throws {
    let probe = try startProbe()
    try probe.send("M", expecting: "1 key M")
    try probe.send("a", expecting: "2 key a")
    #expect(!probe.screen.contains("a complaint"))
    try probe.quit()
    #expect(probe.screen.contains("a complaint"))
  }

  @Test func quitsByKeyEvenWhereTheProgramHangs() throws {
    let probe = try startProbe()
    probe.send("\u{1c}")
    #expect(try probe.waitForExit() == 128 + SIGQUIT)
    probe.expectGivenBack()
  }

  @Test func endsWhenTheWindowIsClosed() throws {
    let probe = try startProbe()
    probe.hangUp()
    #expect(try probe.waitForExit() == 128 + SIGHUP)
  }

  @Test func noticesAClosedWindowWhenHangUpsAreIgnored() throws {
    let command = "trap '' HUP; exec \(builtProgram("terminal-probe"))"
    let probe = try PTYProcess("/bin/sh", ["-c", command])
    try probe.wait(forText: "probe 80x24")
    probe.hangUp()
    #expect(try probe.waitForExit() == 9)
  }
}

@Suite struct SuspendSessionTests {
  /// A shell with job control that runs the probe, shows that it stopped, waits and continues it.
  private func startUnderShell() throws -> PTYProcess {
    let script = """
      set -m; \(builtProgram("terminal-probe")); echo stopped $?; read line; fg; echo ended $?
      """
    let shell = try PTYProcess("/bin/bash", ["--norc", "-c", script])
    try shell.wait(forText: "probe 80x24")
    return shell
  }

  private func expectStoppedAndContinue(_ shell: PTYProcess) throws {
    try shell.wait(forText: "stopped 148")
    #expect(shell.screen.isGivenBack && shell.isCooked)
    shell.send("\n")
    try shell.wait(for: "the probe again") { $0.isAlternate && $0.contains("probe 80x24") }
    #expect(shell.screen.line(0).hasPrefix("╭─ probe 80x24"))
    #expect(shell.screen.rows[23][79].text == "╯")
    #expect(shell.screen.mouseModes == [1000, 1006] && shell.screen.hasBracketedPaste)
    #expect(!shell.isCooked)
  }

  @Test func stopsOnCtrlZAndGoesOn() throws {
    let shell = try startUnderShell()
    shell.send("\u{1a}")
    try expectStoppedAndContinue(shell)
    try shell.send("a", expecting: "key a")
    shell.send("q")
    try shell.wait(forText: "ended 0")
    #expect(try shell.waitForExit() == 0)
    shell.expectGivenBack()
  }

  @Test func redrawsAfterAStopWithoutNotice() throws {
    let probe = try startProbe()
    try probe.send("a", expecting: "1 key a")
    probe.send(signal: SIGSTOP)
    probe.send(signal: SIGCONT)
    try probe.wait(forText: "2 resize 80x24")
    try probe.send("b", expecting: "3 key b")
    #expect(probe.screen.mouseModes == [1000, 1006])
    try probe.quit()
  }

  @Test func goesOnWhereNobodyCouldContinueIt() throws {
    // The leader of a session has no shell above it: the system refuses to stop it.
    let probe = try startProbe()
    try probe.send("\u{1a}", expecting: "1 suspend")
    try probe.send("a", expecting: "key a")
    probe.send(signal: SIGTSTP)
    try probe.wait(for: "suspend") { $0.text.contains("3 suspend") }
    try probe.send("b", expecting: "key b")
    try probe.quit()
  }
}
