import EspalierUI
import Testing

@testable import EspalierTerminal

private func events(_ text: String, flush: Bool = true) -> [InputEvent] {
  events(text.utf8.map { .byte($0) }, flush: flush)
}

private func events(_ input: [RawInput], flush: Bool = true) -> [InputEvent] {
  var decoder = InputDecoder()
  for piece in input { decoder.feed(piece) }
  if flush { decoder.flush() }
  return decoder.takeEvents()
}

private func keys(_ spellings: String...) -> [InputEvent] {
  spellings.compactMap { Key($0) }.map { .key($0) }
}

@Suite struct InputDecoderTests {
  @Test func readsCharacters() {
    #expect(events("aG漢 ") == keys("a", "G", "漢", "Space"))
    #expect(events("\u{1}\u{4}\u{0}\u{1c}\u{1f}") == keys("C-a", "C-d", "C-Space", "C-\\", "C-_"))
    #expect(events("\t\r\n\u{8}\u{7f}") == keys("Tab", "Enter", "Enter", "Backspace", "Backspace"))
    #expect(events("\u{3}\u{1a}") == [.interrupt, .suspend])
    #expect(events("\u{9b}") == [])
  }

  @Test(
    arguments: [
      [0xff], [0x80], [0xc0, 0x80], [0xe6, 0xbc], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xe6],
    ] as [[UInt8]])
  func dropsBytesThatAreNotUTF8(bytes: [UInt8]) {
    #expect(events((bytes + Array("a漢".utf8)).map { .byte($0) }) == keys("a", "漢"))
  }

  @Test func tellsEscapeFromAltAndSequences() {
    #expect(events("\u{1b}") == keys("Esc"))
    #expect(events("\u{1b}", flush: false) == [])
    #expect(events("\u{1b}\u{1b}") == keys("Esc", "Esc"))
    #expect(events("\u{1b}x\u{1b}X") == keys("M-x", "M-X"))
    #expect(events("\u{1b}\r") == keys("M-Enter"))
    #expect(events("\u{1b}\u{4}") == keys("C-M-d"))
    #expect(events("\u{1b}[") == keys("M-["))
    #expect(events("\u{1b}O") == keys("M-O"))
    #expect(events("\u{1b}Oz") == keys("M-O", "z"))
    #expect(events([.byte(0x1b), .code(0o403)]) == keys("M-Up"))
  }

  @Test(arguments: [
    ("\u{1b}[A", "Up"), ("\u{1b}OB", "Down"), ("\u{1b}[1;5C", "C-Right"),
    ("\u{1b}[1;2D", "S-Left"), ("\u{1b}[1;3H", "M-Home"), ("\u{1b}[1;6F", "C-S-End"),
    ("\u{1b}[Z", "BackTab"), ("\u{1b}[2~", "Insert"), ("\u{1b}[3;5~", "C-Delete"),
    ("\u{1b}[5~", "PgUp"), ("\u{1b}[6~", "PgDn"), ("\u{1b}OP", "F1"), ("\u{1b}[15~", "F5"),
    ("\u{1b}[24;2~", "S-F12"),
  ])
  func readsKeysThatTheDescriptionLacks(sequence: String, spelling: String) {
    #expect(events(sequence) == keys(spelling))
  }

  @Test(arguments: [
    "\u{1b}[I", "\u{1b}[?1;2c", "\u{1b}[99~", "\u{1b}[1;99A", "\u{1b}[>0;276;0c", "\u{1b}[<1M",
    "\u{1b}[<35;1;1M", "\u{1b}[<0;1;1m", "\u{1b}[<0;0;1M", "\u{1b}[<999999999999999999999;1;1M",
    "\u{1b}[12;99R", "\u{1b}[200$y",
  ])
  func swallowsSequencesItDoesNotKnow(sequence: String) {
    #expect(events(sequence + "a") == keys("a"))
  }

  @Test func givesUpOnSequencesThatBreakOff() {
    #expect(events("\u{1b}[1;\u{1b}[A") == keys("Up"))
    #expect(events("\u{1b}[1;\u{3}") == [.interrupt])
    let endless = "\u{1b}[" + String(repeating: "1", count: 100) + "q"
    #expect(events(endless).last == keys("q").last)
    // Cut between two readings: the rest is still waited for.
    var decoder = InputDecoder()
    for byte in "\u{1b}[1;".utf8 { decoder.feed(.byte(byte)) }
    decoder.flush()
    for byte in "5A".utf8 { decoder.feed(.byte(byte)) }
    #expect(decoder.takeEvents() == keys("C-Up"))
    #expect(decoder.takeEvents() == [])
  }

  @Test func readsTheMouse() {
    func mouse(_ kind: InputEvent.Mouse, _ x: Int, _ y: Int, _ held: Modifiers = []) -> InputEvent {
      .mouse(kind, x: x, y: y, modifiers: held)
    }
    let report = RawInput.code(KeyCode.mouseReport)
    #expect(events([report] + typed("0;3;4M")) == [mouse(.pressLeft, 2, 3)])
    #expect(events([report] + typed("64;250;90M")) == [mouse(.wheelUp, 249, 89)])
    #expect(events("\u{1b}[<65;1;1M") == [mouse(.wheelDown, 0, 0)])
    #expect(events("\u{1b}[<1;1;1M\u{1b}[<2;1;1M").count == 2)
    #expect(events("\u{1b}[<80;5;5M") == [mouse(.wheelUp, 4, 4, .control)])
    #expect(events("\u{1b}[<12;5;5M") == [mouse(.pressLeft, 4, 4, [.shift, .alt])])
    // The old form, three characters with 32 added.
    #expect(events([.code(KeyCode.oldMouseReport)] + typed(" #$")) == [mouse(.pressLeft, 2, 3)])
    #expect(events("\u{1b}[M`!!a") == [mouse(.wheelUp, 0, 0)] + keys("a"))
    #expect(events("\u{1b}[M#!!") == [])
    let far: [UInt8] = [0x20, 0xff, 0xc3]
    #expect(
      events([.code(KeyCode.oldMouseReport)] + far.map { .byte($0) }) == [
        mouse(.pressLeft, 222, 162)
      ])
  }

  private func typed(_ text: String) -> [RawInput] {
    text.utf8.map { .byte($0) }
  }

  @Test func takesPastesInOnePiece() {
    let begin = RawInput.code(KeyCode.pasteBegin)
    let end = RawInput.code(KeyCode.pasteEnd)
    #expect(events([begin] + typed("a\rb\tq") + [end]) == [.paste("a\nb\tq")])
    #expect(events([begin, end]) == [.paste("")])
    #expect(events([begin] + typed("x\u{1b}\u{7}\u{9b}y") + [end]) == [.paste("xy")])
    #expect(events([begin] + typed("q")) == [])
    #expect(events([begin, .code(0o403), end]) == [.paste("")])
    // The end was lost: Ctrl-C gets out.
    #expect(events([begin] + typed("x\u{3}a")) == [.interrupt] + keys("a"))
  }

  @Test func knowsTheCodesOfNcurses() {
    #expect(key(code: 0o403) == .up)
    #expect(key(code: 0o410 + 5) == .function(5))
    #expect(key(code: 0o410 + 17) == Key("S-F5"))
    #expect(key(code: 0o632) == nil)  // a resize, which comes as a signal
    #expect(key(capability: "kUP5") == Key("C-Up"))
    #expect(key(capability: "kDC3") == Key("M-Delete"))
    #expect(key(capability: "kUP") == nil)
    #expect(key(capability: "") == nil)
    #expect(key(capability: "kxx5") == nil)
    #expect(key(code: 100_000) == nil)
  }
}
