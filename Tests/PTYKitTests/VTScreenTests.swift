import PTYKit
import Testing

/// What a program's output leaves on a screen of 8 by 4.
private func screen(_ output: String, width: Int = 8, height: Int = 4) -> VTScreen {
  var screen = VTScreen(width: width, height: height)
  screen.feed(output.utf8)
  return screen
}

@Suite struct VTScreenTests {
  @Test(arguments: [
    ("ab\r\ncd", "ab\ncd\n\n"),
    ("ab\u{8}c", "ac\n\n\n"),
    ("\tx\r\ty", "       y\n\n\n"),
    ("12345678", "12345678\n\n\n"),
    ("123456789", "12345678\n9\n\n"),
    ("12345678\r9", "92345678\n\n\n"),
    ("a\r\nb\r\nc\r\nd\r\ne", "b\nc\nd\ne"),
    ("\u{1b}[2;3Hx\u{1b}[Ay\u{1b}[2Dz", "  zy\n  x\n\n"),
    ("abcdef\u{1b}[3G\u{1b}[K", "ab\n\n\n"),
    ("abcdef\u{1b}[3G\u{1b}[1K", "   def\n\n\n"),
    ("abcdef\u{1b}[3G\u{1b}[2X", "ab  ef\n\n\n"),
    ("abcdef\u{1b}[3G\u{1b}[2P", "abef\n\n\n"),
    ("abcdef\u{1b}[3G\u{1b}[2@", "ab  cdef\n\n\n"),
    ("a\r\nb\r\nc\u{1b}[2;1H\u{1b}[L", "a\n\nb\nc"),
    ("a\r\nb\r\nc\u{1b}[2;1H\u{1b}[M", "a\nc\n\n"),
    ("a\r\nb\r\nc\u{1b}[2;3r\u{1b}[S", "a\nc\n\n"),
    ("a\r\nb\u{1b}[H\u{1b}M", "\na\nb\n"),
    ("a\u{1b}[5b", "aaaaaa\n\n\n"),
    ("abc\u{1b}[2J", "\n\n\n"),
    ("a\r\nb\r\nc\u{1b}[2;1H\u{1b}[J", "a\n\n\n"),
    ("\u{1b}(0lqk\u{1b}(B", "┌─┐\n\n\n"),
    ("\u{1b})0\u{e}x\u{f}x", "│x\n\n\n"),
    ("a\u{1b}7bc\u{1b}8d", "adc\n\n\n"),
    ("\u{1b}]0;title\u{7}a\u{1b}]52;c;eA==\u{1b}\\b", "ab\n\n\n"),
  ])
  func showsOutput(output: String, text: String) {
    let screen = screen(output)
    #expect(screen.text == text)
    #expect(screen.unknown.isEmpty)
  }

  @Test func placesWideAndCombiningCharacters() {
    let wide = screen("a漢e\u{301}b")
    #expect(wide.line(0) == "a漢e\u{301}b")
    #expect(wide.rows[0][1].width == 2 && wide.rows[0][2].width == 0)
    #expect(wide.column(of: "b", inRow: 0) == 4)
    #expect(wide.cursor == (5, 0))
    // Does not fit any more: goes to the next line.
    #expect(screen("1234567漢").text == "1234567\n漢\n\n")
    // Half of one is overwritten: the other half goes.
    #expect(screen("漢字\u{1b}[2Gx").line(0) == " x字")
    #expect(screen("1234567e\u{301}").line(0) == "1234567e\u{301}")
  }

  @Test func followsModes() {
    var one = screen(
      "main\u{1b}[?1049h\u{1b}[Halt\u{1b}[?25l\u{1b}[?1000h\u{1b}[?1006h\u{1b}[?2004h")
    #expect(one.line(0) == "alt")
    #expect(one.isAlternate && !one.isCursorVisible && one.hasBracketedPaste && !one.isGivenBack)
    #expect(one.mouseModes == [1000, 1006])
    one.feed("\u{1b}[?2026h".utf8)
    #expect(one.isInFrame && one.frames == 0)
    one.feed("\u{1b}[?2026l\u{1b}[?1006;1000l\u{1b}[?2004l\u{1b}[?25h\u{1b}[?1049l".utf8)
    #expect(one.isGivenBack && one.frames == 1 && one.line(0) == "main")
    one.feed("\u{1b}[1m".utf8)
    #expect(!one.isGivenBack)
    one.feed("\u{1b}]52;c;eA==\u{7}".utf8)
    #expect(one.clipboard == "eA==")
  }

  @Test func tellsWhatItDoesNotKnow() {
    #expect(screen("\u{1b}[5y").unknown.count == 1)
    #expect(screen("\u{1b}[?4711h").unknown == ["mode 4711"])
    #expect(screen("\u{1b}Z").unknown.count == 1)
  }

  @Test func survivesAnything() {
    var generator = SystemRandomNumberGenerator()
    var screen = VTScreen(width: 5, height: 3)
    let alphabet = Array(
      "\u{1b}[]?;:0123456789ABCDEGHJKLMPSTXZabdfghlmrsu@ \r\n\u{8}漢é\u{e}\u{f}78M".utf8)
    for _ in 0..<50_000 { screen.feed([alphabet.randomElement(using: &generator) ?? 0]) }
    #expect(screen.rows.count == 3 && screen.rows.allSatisfy { $0.count == 5 })
    screen.resize(width: 1, height: 1)
    screen.feed("漢ab\u{1b}[H\u{1b}[J".utf8)
    #expect(screen.rows.count == 1 && screen.rows[0].count == 1)
  }
}

@Suite struct VTStyleTests {
  private func style(_ codes: String) -> VTStyle { screen("\u{1b}[\(codes)mx").rows[0][0].style }

  @Test(arguments: [
    ("31", VTColor.palette(1)), ("97", .palette(15)), ("38;5;200", .palette(200)),
    ("38:5:200", .palette(200)), ("38;2;1;2;3", .rgb(1, 2, 3)), ("38:2:1:2:3", .rgb(1, 2, 3)),
    ("38:2::1:2:3", .rgb(1, 2, 3)), ("31;39", .default), ("31;0", .default), ("31;", .default),
    ("38;5", .default), ("38", .default), ("38;5;999", .palette(255)),
  ])
  func readsColors(codes: String, color: VTColor) {
    #expect(style(codes).foreground == color)
    #expect(style(codes).background == .default)
  }

  @Test func readsSeveralAtOnce() {
    let all = style("1;2;3;4;7;38;5;9;48;2;4;5;6")
    #expect(all.bold && all.dim && all.italic && all.underline && all.reverse)
    #expect(all.foreground == .palette(9) && all.background == .rgb(4, 5, 6))
    #expect(style("1;2;3;4;7;22;23;24;27") == VTStyle())
    // What is erased takes the background.
    #expect(screen("\u{1b}[44m\u{1b}[2J").rows[2][3].style.background == .palette(4))
  }
}

@Suite struct SVGRendererTests {
  @Test func drawsTextAtItsColumn() {
    let svg = SVGRenderer().render(screen("漢a<&\u{1b}[?25l"))
    #expect(
      svg.contains("<text x=\"26\" y=\"22.5\" fill=\"#d0d4d8\" xml:space=\"preserve\">a</text>"))
    #expect(svg.contains("textLength=\"18\"") && svg.contains(">&lt;<") && svg.contains(">&amp;<"))
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
  }

  @Test func drawsFramesAndBlocksAsShapes() {
    let svg = SVGRenderer().render(screen("╭─╮│├┼█▄▏\u{1b}[?25l", width: 12))
    for letter in ["╭", "─", "╮", "│", "├", "┼", "█", "▄", "▏"] { #expect(!svg.contains(letter)) }
    #expect(svg.components(of: "<path ") == 6)
    #expect(svg.components(of: "<rect ") == 4)
  }

  @Test func drawsColorsAndReversal() {
    let output = "\u{1b}[?25l\u{1b}[38;2;1;2;3ma\u{1b}[0;7mb\u{1b}[0;41m  \u{1b}[0m"
    let svg = SVGRenderer().render(screen(output))
    #expect(svg.contains("fill=\"#010203\""))
    #expect(svg.contains("fill=\"#101418\" xml:space=\"preserve\">b<"))
    #expect(svg.contains("width=\"18\" height=\"19\" fill=\"#d9534f\""))
    #expect(svg == SVGRenderer().render(screen(output)))
  }

  @Test func drawsTheCursorOnlyWhereItShows() {
    let svg = SVGRenderer().render(screen("a"))
    #expect(svg.components(of: "<rect ") == 2)
    #expect(SVGRenderer().render(screen("a\u{1b}[?25l")).components(of: "<rect ") == 1)
  }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    var (count, rest) = (0, self[...])
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
