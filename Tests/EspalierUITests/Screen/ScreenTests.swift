import EspalierUI
import Testing

@Suite struct ScreenTests {
  @Test func showsWhatWasPut() {
    var screen = Screen(width: 10, height: 2)
    #expect(screen.put("abc", at: 1, 0) == 4)
    #expect(screen.put("", at: 1, 0) == 1)
    #expect(screen.text == " abc\n")
    #expect(screen[1, 0] == Cell("a"))
    #expect(screen[0, 1] == .blank)
  }

  @Test(arguments: [
    (0, "漢字"), (1, ""), (2, "漢"), (3, "漢"), (4, "漢字"), (Int.max, "漢字"), (-1, ""),
  ])
  func cutsWideCharactersWhole(maxWidth: Int, shown: String) {
    var screen = Screen(width: 8, height: 1)
    let end = screen.put("漢字", at: 0, 0, maxWidth: maxWidth == 0 ? 4 : maxWidth)
    #expect(screen.text == shown)
    #expect(end == cellWidth(of: shown))
  }

  @Test func cutsAtBothEdges() {
    var screen = Screen(width: 5, height: 1)
    #expect(screen.put("漢字漢字", at: 0, 0) == 4)
    #expect(screen.text == "漢字")

    screen = Screen(width: 5, height: 1)
    #expect(screen.put("漢字x", at: -1, 0) == 4)
    #expect(screen.text == " 字x")
    #expect(screen[0, 0].width == 1)

    screen = Screen(width: 5, height: 1)
    #expect(screen.put("abc", at: 7, 0) == 7)
    #expect(screen.put("abc", at: 0, 1) == 3)
    #expect(screen.put("abc", at: 0, -1) == 3)
    #expect(screen.put("abc", at: -9, 0) == -6)
    #expect(screen.put("a", at: .max, 0) == .max)
    #expect(screen == Screen(width: 5, height: 1))
  }

  @Test func overwritingHalfOfAWideCharacterBlanksTheOther() {
    var screen = Screen(width: 6, height: 1)
    screen.put("漢字", at: 0, 0)
    screen.put("x", at: 1, 0)
    #expect(screen.text == " x字")
    screen.put("y", at: 2, 0)
    #expect(screen.text == " xy")
    screen.put("漢字", at: 0, 0)
    screen.put("語", at: 1, 0)
    #expect(screen.text == " 語")
    screen.put("漢字", at: 0, 0)
    screen.fill(x: 1, y: 0, width: 2, height: 1, with: "─")
    #expect(screen.text == " ──")
    for cell in screen.cells { #expect(cell.width == 1) }
  }

  @Test func keepsTwoCombiningMarks() {
    var screen = Screen(width: 4, height: 1)
    let end = screen.put("e\u{301}\u{302}\u{303}x", at: 0, 0)
    #expect(end == 2)
    #expect(screen[0, 0].text.unicodeScalars.elementsEqual("e\u{301}\u{302}".unicodeScalars))
    screen.put("漢\u{301}", at: 2, 0)
    #expect(screen[2, 0].text.unicodeScalars.elementsEqual("漢\u{301}".unicodeScalars))
    #expect(screen[2, 0].width == 2)
    screen.put("\u{301}", at: 0, 0)
    #expect(screen[3, 0].width == 0)
    screen.put("z", at: 0, 0)
    #expect(screen[0, 0] == Cell("z"))
  }

  @Test func neverHoldsAControlCharacter() {
    var screen = Screen(width: 30, height: 1)
    screen.put("a\u{1b}b\nc\u{9b}d\u{202e}e\u{200b}f\u{fe0f}g\r\nh", at: 0, 0)
    #expect(screen.text == "a\u{fffd}b\u{fffd}c\u{fffd}defg\u{fffd}\u{fffd}h")
    screen.fill(x: 0, y: 0, width: 1, height: 1, with: "\u{1b}")
    #expect(screen[0, 0].text == "\u{fffd}")
  }

  @Test func fillsAndRestylesWhatLiesInside() {
    var screen = Screen(width: 4, height: 3)
    screen.fill(x: -1, y: 1, width: .max, height: .max, with: "#")
    #expect(screen.text == "\n####\n####")
    screen.fill(x: 9, y: 0, width: 2, height: 1, with: "x")
    screen.fill(x: 0, y: 0, width: -2, height: 1, with: "x")
    #expect(screen.line(0) == "")
    screen.restyle(x: 1, y: 2, width: 2) { $0.reverse = true }
    #expect((0..<4).map { screen[$0, 2].style.reverse } == [false, true, true, false])
    #expect(screen.text == "\n####\n####")
  }

  @Test func drawsOneScreenOverAnother() {
    var below = Screen(width: 8, height: 2)
    below.put("漢字漢字", at: 0, 0)
    var over = Screen(width: 4, height: 1)
    over.put("語ab", at: 0, 0)
    below.draw(over, at: 1, 0)
    #expect(below.text == " 語ab 字\n")
    below.draw(over, at: -1, 1)
    #expect(below.line(1) == " ab")
    below.draw(over, at: 7, 1)
    #expect(below.line(1) == " ab")
    #expect(below.cells.allSatisfy { $0.width != 0 || $0.text.isEmpty })
  }

  @Test func isEmptyWithoutRoom() {
    var screen = Screen(width: 0, height: -3)
    #expect(screen.put("abc", at: 0, 0) == 0)
    screen.fill(x: 0, y: 0, width: 3, height: 3)
    #expect(screen.text == "")
    #expect(screen[0, 0] == .blank)
  }

  @Test func comparesEveryPartOfACell() {
    var one = Screen(width: 3, height: 1)
    var two = one
    one.put("e\u{301}", at: 0, 0)
    two.put("e", at: 0, 0)
    #expect(one != two)
    two.put("e\u{301}", at: 0, 0)
    #expect(one == two)
    two.put("e\u{301}", at: 0, 0, Style(.palette(1)))
    #expect(one != two)
  }
}

@Suite struct StyleTests {
  static let colors: [Color] = [
    .default, .palette(0), .palette(7), .palette(255), .rgb(0, 0, 0), .rgb(255, 255, 255),
    .rgb(1, 2, 3),
  ]

  @Test(arguments: colors, colors) func keepsColorsAndFlagsApart(front: Color, back: Color) {
    var style = Style(front, on: back, bold: true, italic: true, reverse: true)
    #expect(style.foreground == front && style.background == back)
    #expect(style.bold && !style.dim && style.italic && !style.underline && style.reverse)
    style.foreground = back
    style.background = front
    style.bold = false
    style.dim = true
    style.underline = true
    #expect(
      style == Style(back, on: front, dim: true, italic: true, underline: true, reverse: true))
  }

  @Test func isTwoWordsACell() {
    #expect(MemoryLayout<Cell>.stride == 16)
  }
}

@Suite struct WidthTests {
  @Test(
    arguments: [
      ("a", 1), ("é", 1), ("─", 1), ("│", 1), ("▸", 1), ("█", 1), ("…", 1), ("→", 1), ("✓", 1),
      ("漢", 2), ("한", 2), ("テ", 2), ("ﾃ", 1), ("🌳", 2), ("📦", 2), ("⚠", 1), ("\u{1fae8}", 2),
      ("\u{301}", 0), ("\u{200d}", 0), ("\u{fe0f}", 0), ("\u{202e}", 0), ("\u{ad}", 1),
      ("\u{1160}", 0), ("\u{302a}", 0), ("\u{20000}", 2), ("\u{ffe6}", 2), ("\u{ffe7}", 1),
      ("\u{1100}", 2), ("\u{115f}", 2), ("\u{231a}", 2), ("\u{2319}", 1),
    ] as [(Unicode.Scalar, Int)])
  func ofOneCodePoint(scalar: Unicode.Scalar, width: Int) {
    #expect(cellWidth(of: scalar) == width)
  }

  @Test(arguments: [
    ("abcdef", 6, "abcdef", "abcdef", "abcdef"),
    ("abcdef", 5, "abcd…", "ab…ef", "…cdef"),
    ("abcdef", 4, "abc…", "a…ef", "…def"),
    ("abcdef", 1, "…", "…", "…"),
    ("abcdef", 0, "", "", ""),
    ("漢字漢字", 6, "漢字…", "漢…字", "…漢字"),
    ("漢字漢字", 4, "漢…", "…字", "…字"),
    ("e\u{301}xyz", 3, "e\u{301}x…", "e\u{301}…z", "…yz"),
  ])
  func shortening(text: String, width: Int, end: String, middle: String, start: String) {
    #expect(fitted(text, to: width) == end)
    #expect(fitted(text, to: width, cutting: .middle) == middle)
    #expect(fitted(text, to: width, cutting: .start) == start)
  }
}
