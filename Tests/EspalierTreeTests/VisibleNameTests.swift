import EspalierTree
import Testing

@Suite struct VisibleNameTests {
  @Test(arguments: [
    ("encoder.layer.0.weight", "encoder.layer.0.weight"),
    ("", ""),
    ("größe.漢字.🌳", "größe.漢字.🌳"),
    ("a\u{1b}[31mb", "a\\x1b[31mb"),
    ("line\nbreak\ttab\u{7f}", "line\\x0abreak\\x09tab\\x7f"),
    ("nul\0", "nul\\x00"),
    ("c1\u{9b}31m", "c1<U+009B>31m"),
    ("\u{202e}txt.exe", "<U+202E>txt.exe"),
    ("a\u{2066}b\u{2069}", "a<U+2066>b<U+2069>"),
    ("zero\u{200b}width\u{feff}", "zero<U+200B>width<U+FEFF>"),
    ("soft\u{ad}hyphen", "soft<U+00AD>hyphen"),
    ("tag\u{e0041}", "tag<U+E0041>"),
    ("no\u{a0}break", "no<U+00A0>break"),
    ("filler\u{3164}", "filler<U+3164>"),
    ("lines\u{2028}", "lines<U+2028>"),
    ("unassigned\u{378}", "unassigned<U+0378>"),
    ("warning\u{26a0}\u{fe0f}", "warning\u{26a0}<U+FE0F>"),
  ])
  func showsWhatWouldHide(name: String, shown: String) {
    #expect(visibleText(name.utf8) == shown)
  }

  @Test func keepsTwoMarksOnALetterAndNoneOnNothing() {
    #expect(visibleText("e\u{301}".utf8).unicodeScalars.elementsEqual("e\u{301}".unicodeScalars))
    #expect(
      visibleText("e\u{301}\u{302}\u{303}\u{304}".utf8).unicodeScalars
        .elementsEqual("e\u{301}\u{302}<U+0303><U+0304>".unicodeScalars))
    #expect(visibleText("\u{301}a".utf8) == "<U+0301>a")
    #expect(visibleText("\n\u{301}".utf8) == "\\x0a<U+0301>")
  }

  @Test(arguments: [
    ([0xff], "\\xff"),
    ([0x61, 0x80, 0x62], "a\\x80b"),
    ([0xc0, 0xaf], "\\xc0\\xaf"),  // overlong
    ([0xe0, 0x80, 0x80], "\\xe0\\x80\\x80"),  // overlong
    ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"),  // surrogate
    ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),  // above U+10FFFF
    ([0xf5, 0x80, 0x80, 0x80], "\\xf5\\x80\\x80\\x80"),
    ([0xe6, 0xbc], "\\xe6\\xbc"),  // cut short
    ([0xe6, 0xbc, 0x61], "\\xe6\\xbca"),
    ([0xe6, 0xbc, 0xa2], "漢"),
  ])
  func spellsBytesThatAreNotUTF8(bytes: [UInt8], shown: String) {
    #expect(visibleText(bytes) == shown)
  }

  @Test func noCodePointSteersTheTerminal() {
    for value in UInt32(0)...0x10ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for shown in visibleText(String(Character(scalar)).utf8).unicodeScalars {
        switch shown.properties.generalCategory {
        case .control, .format, .unassigned, .lineSeparator, .paragraphSeparator:
          Issue.record("U+\(String(value, radix: 16)) is shown as it is")
        default: break
        }
      }
    }
  }

  @Test func everyPairOfBytesGivesPrintableText() {
    for first in UInt8.min...UInt8.max {
      for second in stride(from: UInt8.min, through: UInt8.max, by: 1) {
        let shown = visibleText([first, second])
        let controls = shown.unicodeScalars.contains { $0.properties.generalCategory == .control }
        if controls { Issue.record("\(first) \(second)") }
      }
    }
  }
}
