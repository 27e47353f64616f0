import PTYKit
import Testing

@Suite struct InputSessionTests {
  @Test(arguments: ["xterm-256color", "tmux-256color"]) func readsKeys(term: String) throws {
    let probe = try startProbe(height: 60, environment: ["TERM": term])
    let keys = [
      ("a", "a"), ("漢", "漢"), ("\u{4}", "C-d"), ("\r", "Enter"), ("\t", "Tab"),
      ("\u{1b}[Z", "BackTab"), ("\u{7f}", "Backspace"), ("\u{1b}", "Esc"), ("\u{1b}x", "M-x"),
      ("\u{1b}OA", "Up"), ("\u{1b}[B", "Down"), ("\u{1b}[1;5D", "C-Left"),
      ("\u{1b}[1;2C", "S-Right"),
      ("\u{1b}[5~", "PgUp"), ("\u{1b}[6~", "PgDn"), ("\u{1b}[3~", "Delete"), ("\u{1b}OP", "F1"),
      ("\u{1b}[24~", "F12"), ("\u{1b}[15;2~", "S-F5"), ("\u{1b}[1~", "Home"), ("\u{1b}[F", "End"),
      (" ", "Space"), ("]", "]"),
    ]
    for (number, (typed, name)) in keys.enumerated() {
      try probe.send(typed, expecting: "\(number + 1) key \(name)")
    }
    // A report nobody asked for is no key.
    try probe.send("\u{1b}[?1;2cz", expecting: "\(keys.count + 1) key z")
    try probe.quit()
  }

  @Test func readsManyKeysAtOnce() throws {
    let probe = try startProbe()
    let text = String(repeating: "abc漢", count: 500)
    try probe.send(text + "Z", expecting: "2001 key Z")
    try probe.quit()
  }

  @Test func survivesBytesThatAreNotText() throws {
    let probe = try startProbe()
    probe.send(bytes: [0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80])
    probe.send(bytes: Array("Z".utf8))
    try probe.wait(for: "key Z") { $0.text.contains("key Z") }
    try probe.quit()
  }

  @Test func readsTheMouse() throws {
    let probe = try startProbe(width: 300, height: 40)
    try probe.send("\u{1b}[<64;20;8M", expecting: "1 mouse wheelUp 19,7 held 0")
    try probe.send("\u{1b}[<65;20;8M", expecting: "2 mouse wheelDown 19,7 held 0")
    try probe.send(
      "\u{1b}[<0;280;39M\u{1b}[<0;280;39m", expecting: "3 mouse pressLeft 279,38 held 0")
    try probe.send("\u{1b}[<18;1;1M", expecting: "4 mouse pressRight 0,0 held 1")
    try probe.send("\u{1b}[M !!", expecting: "5 mouse pressLeft 0,0 held 0")
    try probe.quit()
  }

  @Test func takesAPasteInOnePiece() throws {
    let probe = try startProbe()
    try probe.send(
      "\u{1b}[200~quit\r漢\u{1b}[A\u{1b}[201~", expecting: "1 paste \"quit\\n漢[A\"")
    // In several readings.
    probe.send("\u{1b}[200~one ")
    try probe.send("two\u{1b}[201~", expecting: "2 paste \"one two\"")
    try probe.quit()
  }

  @Test func reportsCtrlC() throws {
    let probe = try startProbe()
    try probe.send("\u{3}", expecting: "1 interrupt")
    try probe.quit()
  }

  @Test func isWokenByOtherThreads() throws {
    let probe = try startProbe()
    try probe.send("w", expecting: "woken")
    try probe.send("a", expecting: "key a")
    try probe.quit()
  }
}

@Suite struct ResizeSessionTests {
  @Test func followsTheWindow() throws {
    let probe = try startProbe()
    probe.resize(width: 100, height: 30)
    try probe.wait(forText: "1 resize 100x30")
    #expect(probe.screen.line(0).hasPrefix("╭─ probe 100x30"))
    #expect(probe.screen.rows[29][99].text == "╯")
    probe.resize(width: 60, height: 12)
    try probe.wait(forText: "2 resize 60x12")
    #expect(probe.screen.rows[11][59].text == "╯")
    #expect(probe.screen.line(1).hasSuffix("│"))
    try probe.quit()
  }

  @Test func survivesAStorm() throws {
    let probe = try startProbe()
    for step in 0..<300 {
      probe.resize(width: 40 + step % 90, height: 10 + step % 30)
      if step % 7 == 0 { probe.send("a") }
    }
    probe.resize(width: 90, height: 20)
    try probe.wait(for: "the last frame") {
      $0.line(0).hasPrefix("╭─ probe 90x20") && $0.rows[19][89].text == "╯"
    }
    try probe.quit()
  }

  @Test func worksOnASingleCell() throws {
    let probe = try startProbe(width: 1, height: 1)
    try probe.wait(for: "a frame") { $0.frames > 0 }
    probe.resize(width: 80, height: 24)
    try probe.wait(forText: "1 resize 80x24")
    probe.resize(width: 1, height: 1)
    let frames = probe.screen.frames
    try probe.wait(for: "another frame") { $0.frames > frames }
    probe.resize(width: 2, height: 30)
    try probe.wait(for: "a narrow frame") { $0.rows[29][1].text == "╯" }
    try probe.quit()
  }
}
