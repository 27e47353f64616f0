import CPTY
import EspalierUI
import Testing

@testable import EspalierTerminal

@Suite struct ColorDepthTests {
  @Test func isTheGreatestThatFits() {
    #expect(ColorDepth(colors: 0) == .none)
    #expect(ColorDepth(colors: -1) == .none)
    #expect(ColorDepth(colors: 8) == .eight)
    #expect(ColorDepth(colors: 88) == .sixteen)
    #expect(ColorDepth(colors: 256) == .indexed)
    #expect(ColorDepth(colors: 1 << 24) == .direct)
  }

  @Test(
    arguments: [
      (Color.default, -1, -1, -1, -1),
      (.palette(1), 1, 1, 1, 1),
      (.palette(9), 1, 9, 9, 0xff0000),
      (.palette(196), 1, 9, 196, 0xff0000),
      (.palette(232), 0, 0, 232, 0x080808),
      (.rgb(255, 0, 0), 1, 9, 196, 0xff0000),
      (.rgb(250, 250, 250), 7, 15, 231, 0xfafafa),
      (.rgb(0, 0, 0), 0, 0, 16, 0),
      (.rgb(0, 0, 3), 0, 0, 16, 8),
      (.rgb(128, 128, 128), 0, 8, 244, 0x808080),
    ] as [(Color, Int32, Int32, Int32, Int32)])
  func mapsColors(color: Color, eight: Int32, sixteen: Int32, indexed: Int32, direct: Int32) {
    #expect(ColorDepth.none.number(of: color) == -1)
    #expect(ColorDepth.eight.number(of: color) == eight)
    #expect(ColorDepth.sixteen.number(of: color) == sixteen)
    #expect(ColorDepth.indexed.number(of: color) == indexed)
    #expect(ColorDepth.direct.number(of: color) == direct)
  }

  @Test func makesBrightColorsBoldWhereThereAreEight() {
    #expect(ColorDepth.eight.needsBold(.palette(9)))
    #expect(!ColorDepth.eight.needsBold(.palette(1)))
    #expect(!ColorDepth.sixteen.needsBold(.palette(9)))
  }

  @Test func findsEveryFixedColorAgain() {
    for index in UInt8(16)...255 {
      let color = rgb(ofPalette: index)
      #expect(rgb(ofPalette: nearestIndexed(to: color)) == color)
    }
  }
}

@Suite struct StandInTests {
  @Test func isAlwaysASCII() {
    for value in UInt32(0)..<0x3000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      #expect(asciiStandIn(for: scalar).isASCII)
    }
    #expect(asciiStandIn(for: "─") == "-")
    #expect(asciiStandIn(for: "│") == "|")
    #expect(asciiStandIn(for: "╭") == "+")
    #expect(asciiStandIn(for: "▸") == ">")
    #expect(asciiStandIn(for: "…") == ".")
    #expect(asciiStandIn(for: "漢") == "?")
    #expect(asciiStandIn(for: "a") == "a")
  }
}

@Suite struct ClipboardTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("漢", "5ryi"), ("???>>>", "Pz8/Pj4+"),
  ])
  func encodesBase64(text: String, encoded: String) {
    #expect(base64(text.utf8) == encoded)
  }
}

@Suite struct WidthAgreementTests {
  /// ncurses draws by the C library's widths: where it knows a character, both have to agree.
  @Test func matchesTheCLibrary() {
    var wrong: [String] = []
    for value in UInt32(0xa1)...0x3_ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let library = Int(cpty_width(value))
      if library >= 0, library != cellWidth(of: scalar), !isNewer(scalar) {
        wrong.append("U+\(String(value, radix: 16)) \(library)")
      }
    }
    #expect(wrong.isEmpty)
  }

  /// Characters that later editions of Unicode assigned, or of which they changed the kind.
  private func isNewer(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .unassigned, .privateUse: true
    default: scalar == "\u{1171e}"
    }
  }
}
