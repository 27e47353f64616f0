import Glibc
import PTYKit
import Testing

@Suite struct DrawingSessionTests {
  @Test func drawsEveryKindOfCell() throws {
    let probe = try startProbe()
    let screen = probe.screen
    #expect(screen.isAlternate && !screen.isCursorVisible && screen.hasBracketedPaste)
    #expect(screen.mouseModes == [1000, 1006])
    #expect(screen.line(0).hasPrefix("╭─ probe 80x24 colors indexed ───"))
    #expect(screen.line(1).contains("wide 漢字 テスト 한국어 🌳 📦 e\u{301} | END"))
    #expect(screen.column(of: "END", inRow: 1) == 36)
    #expect(screen.rows[1][79].text == "│" && screen.rows[23][79].text == "╯")
    #expect(screen.rows[2][3].style.foreground == .palette(1))
    #expect(screen.rows[3][2].style.background == .palette(236))
    #expect(screen.rows[4][2].style.reverse)
    #expect(screen.rows[4][10].style.italic && screen.rows[4][10].style.underline)
    #expect(screen.rows[0][4].style.bold)
    try probe.quit()
  }

  @Test func writesOnlyWhatChanged() throws {
    let probe = try startProbe(width: 200, height: 60)
    let before = probe.bytesReceived
    try probe.send("a", expecting: "1 key a")
    #expect(probe.bytesReceived - before < 200)
    #expect(probe.screen.isCursorVisible && probe.screen.cursor == (199, 59))
    try probe.quit()
  }

  @Test func drawsInASCIIWhenAsked() throws {
    let probe = try startProbe(["--ascii"])
    let isASCII = probe.screen.text.unicodeScalars.allSatisfy { $0.isASCII }
    #expect(isASCII)
    #expect(probe.screen.line(0).hasPrefix("+- probe 80x24"))
    #expect(probe.screen.line(1).contains("wide ???? ?????? ?????? ?? ?? e | END"))
    try probe.quit()
  }

  @Test func leavesTheMouseAloneWhenAsked() throws {
    let probe = try startProbe(["--no-mouse"])
    #expect(probe.screen.mouseModes.isEmpty && probe.screen.hasBracketedPaste)
    try probe.quit()
  }

  @Test func switchesTheMouseOff() throws {
    let probe = try startProbe()
    probe.send("m")
    try probe.wait(for: "the mouse off") { $0.mouseModes.isEmpty && $0.contains("1 key m") }
    // It stays off after a stop.
    probe.send("\u{1a}")
    try probe.wait(forText: "2 suspend")
    probe.send("a")
    try probe.wait(forText: "3 key a")
    #expect(probe.screen.mouseModes.isEmpty && probe.screen.hasBracketedPaste)
    try probe.quit()
  }

  @Test func drawsEverythingAgainWhenAsked() throws {
    let probe = try startProbe()
    let before = probe.bytesReceived
    try probe.send("\u{c}", expecting: "1 key C-l")
    #expect(probe.bytesReceived - before > 500)
    #expect(probe.screen.line(0).hasPrefix("╭─ probe 80x24"))
    try probe.quit()
  }

  @Test func drawsUnicodeWithoutALocale() throws {
    for locale in ["C", "en_XX.UTF-8", ""] {
      let probe = try startProbe(environment: ["LC_ALL": locale])
      #expect(probe.screen.line(1).contains("漢字"))
      try probe.quit()
    }
  }

  @Test func putsTextIntoTheClipboard() throws {
    let probe = try startProbe()
    probe.send("y")
    try probe.wait(for: "the clipboard") { $0.clipboard == "Y29waWVkIOa8og==" }
    try probe.quit()
  }
}

@Suite struct DescriptionSessionTests {
  @Test(arguments: [
    ("xterm-256color", "indexed"), ("tmux-256color", "indexed"), ("screen-256color", "indexed"),
    ("xterm", "eight"), ("linux", "eight"), ("vt100", "none"), ("vt220", "none"), ("ansi", "eight"),
  ])
  func worksWith(term: String, colors: String) throws {
    let probe = try startProbe(environment: ["TERM": term])
    #expect(probe.screen.line(0).contains("colors \(colors)"))
    #expect(probe.screen.line(1).contains("漢字"))
    try probe.send("a", expecting: "1 key a")
    try probe.send("\u{1b}[A", expecting: "2 key Up")
    try probe.send("\u{1b}[<64;20;8M", expecting: "3 mouse wheelUp 19,7")
    probe.send("q")
    #expect(try probe.waitForExit() == 0)
    #expect(probe.settingsAreRestored)
    #expect(probe.screen.mouseModes.isEmpty && !probe.screen.hasBracketedPaste)
  }

  @Test func usesNoColorWhenAsked() throws {
    let probe = try startProbe(environment: ["NO_COLOR": "1", "COLORTERM": "truecolor"])
    #expect(probe.screen.line(0).contains("colors none"))
    #expect(probe.screen.rows.joined().allSatisfy { $0.style.foreground == .default })
    #expect(probe.screen.rows[4][2].style.reverse)
    try probe.quit()
  }

  /// Described here, because many systems lack the description.
  @Test(.enabled(if: access("/usr/bin/tic", X_OK) == 0, "needs tic to compile a description"))
  func usesAllColorsWhereTheTerminalSaysSo() throws {
    let source = """
      xterm-direct|for a test,
        RGB, colors#0x1000000, pairs#0x7FFF, ccc@, initc@, oc@,
        setaf=\\E[%?%p1%{8}%<%t3%p1%d%e38:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m,
        setab=\\E[%?%p1%{8}%<%t4%p1%d%e48:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m,
        use=xterm-256color,
      """
    let script = """
      d=$(mktemp -d) && cat > $d/source <<'END' && tic -x -o $d $d/source \\
        && TERMINFO=$d TERM=xterm-256color COLORTERM=truecolor \(builtProgram("terminal-probe"))
      \(source)
      END
      s=$?; rm -r $d; exit $s
      """
    let probe = try PTYProcess("/bin/sh", ["-c", script])
    try probe.wait(forText: "probe 80x24")
    #expect(probe.screen.line(0).contains("colors direct"))
    #expect(probe.screen.rows[3][3].style.foreground == .rgb(16, 32, 200))
    #expect(probe.screen.rows[2][3].style.foreground == .palette(1))
    #expect(probe.screen.rows[2][11].style.foreground == .rgb(255, 0, 0))
    try probe.quit()
  }

  @Test(arguments: [
    ("no-such-terminal", "no description"), ("", "no description"),
    ("dumb", "cannot place its cursor"), ("unknown", "no description"),
  ])
  func refusesWithASentence(term: String, words: String) throws {
    let probe = try PTYProcess(
      builtProgram("terminal-probe"), width: 200, environment: ["TERM": term])
    #expect(try probe.waitForExit() == 2)
    #expect(probe.screen.text.contains("TERM is \"\(term)\""))
    #expect(probe.screen.text.contains(words))
    probe.expectGivenBack()
  }

  @Test func refusesWithoutATerminal() throws {
    let command = "\(builtProgram("terminal-probe")) > /dev/null; echo status $?"
    let shell = try PTYProcess("/bin/sh", ["-c", command], width: 200)
    #expect(try shell.waitForExit() == 0)
    #expect(shell.screen.contains("needs a terminal"))
    #expect(shell.screen.contains("status 2"))
  }

  @Test func takesKeysFromTheTerminalWhenInputIsPiped() throws {
    let command = "echo piped | \(builtProgram("terminal-probe"))"
    let probe = try PTYProcess("/bin/sh", ["-c", command])
    try probe.wait(forText: "probe 80x24")
    try probe.send("a", expecting: "1 key a")
    try probe.quit()
  }
}
