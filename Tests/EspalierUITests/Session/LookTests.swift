import EspalierTree
import Foundation
import Testing

@testable import EspalierUI

/// What text alone does not show: colours and attributes.
@Suite struct LookTests {
  private func screen(_ change: (inout ViewOptions) -> Void) throws -> Screen {
    let (a, b) = try troubledPair()
    var harness = Harness(a, b, width: 120, height: 32, options: change)
    harness.press("]")
    return render(harness.state)
  }

  @Test func withoutColoursOnlyAttributesAreUsed() throws {
    let screen = try screen { $0.colors = .none }
    for cell in screen.cells {
      #expect(cell.style.foreground == .default && cell.style.background == .default)
    }
    #expect(screen.cells.contains { $0.style.reverse })
  }

  @Test(arguments: [ViewOptions.ColorDepth.sixteen, .indexed, .trueColor])
  func eachDepthUsesItsOwnColours(depth: ViewOptions.ColorDepth) throws {
    let screen = try screen { $0.colors = depth }
    let colors = Set(screen.cells.flatMap { [$0.style.foreground, $0.style.background] })
    #expect(colors.count > 4)
    for color in colors {
      switch (depth, color) {
      case (_, .default): break
      case (.sixteen, .palette(let index)): #expect(index < 16)
      case (.indexed, .palette(let index)): #expect(index >= 16)
      case (.trueColor, .rgb): break
      default: Issue.record("\(color) at \(depth)")
      }
    }
  }

  @Test func onlyTheDimensionThatDiffersStandsOut() throws {
    let screen = try screen { $0.colors = .trueColor }
    let line = try #require((0..<32).first { screen.line($0).contains("256×64 ≠") })
    let text = (0..<120).map { screen[$0, line].text }
    let start = try #require(
      (0..<115).first { text[$0..<$0 + 6].joined() == "256×64" })
    let theme = Theme(ViewOptions())
    #expect(theme[.dimension].bold)
    #expect(screen[start, line].style.bold && screen[start + 2, line].style.bold)
    #expect(!screen[start + 4, line].style.bold && !screen[start + 5, line].style.bold)
  }

  @Test func tiesHaveTheSameLetterOnBothSides() throws {
    let (a, b) = try troubledPair()
    var harness = Harness(a, b)
    harness.press("e")
    let line = try #require(harness.screen.split(separator: "\n").first { $0.contains("1000×64") })
    #expect(line.components(separatedBy: "ta F32").count == 3)
    #expect((0..<3).map { tieLetters([0, 25, 26][$0]) } == ["a", "z", "aa"])
  }

  @Test func numbersReadWell() {
    let decimal = NumberStyle(units: .decimal)
    #expect(decimal.bytes(999) == "999 B")
    #expect(decimal.bytes(1000) == "1.0 kB")
    #expect(decimal.bytes(999_960) == "1.0 MB")
    #expect(decimal.bytes(.max) == "9.2 EB")
    #expect(decimal.count(9_999) == "9,999")
    #expect(decimal.count(25_557_032) == "25.6 M")
    #expect(NumberStyle(units: .binary).bytes(1 << 20) == "1.0 MiB")
    #expect(NumberStyle(units: .exact).bytes(1_234_567) == "1,234,567 B")
    #expect(percent(999, of: 1000) == "99 %")
    #expect(percent(1, of: 100_000) == "1 %")
    #expect(percent(0, of: 3) == "0 %")
    #expect(percent(0, of: 0) == "100 %")
    #expect(
      [0, 0.5, 59.2, 61, 3700].map(duration) == ["0 s", "1 s", "1:00 min", "1:01 min", "1:01 h"])
    #expect(
      [0, 0.02134, -1.25e-7, 12.5, 123_456, 1e30, .nan, -.infinity].map(shortNumber)
        == ["0", "0.02134", "-1.25e-7", "12.5", "123456", "1e30", "NaN", "-∞"])
  }

  @Test func textIsBrokenAtSpaces() {
    #expect(wrapped("one two three", 7) == ["one two", "three"])
    #expect(wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"])
    #expect(wrapped("漢字漢", 3) == ["漢", "字", "漢"])
    #expect(wrapped("", 5) == [""])
    #expect(wrapped("x", 0) == [])
  }

  @Test func histogramsFitTheirWidth() {
    let glyphs = Glyphs(ascii: false)
    #expect(glyphs.sparkline([0, 1, 7], width: 10) == "▁▂█")
    #expect(glyphs.sparkline([Int](repeating: 1, count: 64), width: 40).count == 32)
    #expect(glyphs.sparkline([], width: 10) == "")
  }
}
