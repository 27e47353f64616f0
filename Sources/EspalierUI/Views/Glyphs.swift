/// The characters that things are drawn with, in two alphabets.
struct Glyphs {
  let ascii: Bool

  var folded: String { ascii ? "+" : "▸" }
  var unfolded: String { ascii ? "-" : "▾" }
  var guide: String { ascii ? "|" : "│" }
  var filler: String { ascii ? "." : "·" }
  var dot: String { ascii ? "-" : "·" }
  var arrow: String { ascii ? "<-" : "←" }
  var times: String { ascii ? "x" : "×" }
  var rule: Unicode.Scalar { ascii ? "-" : "─" }
  var ruleDown: String { ascii ? "+" : "┬" }
  var bar: Unicode.Scalar { ascii ? "#" : "█" }
  var barEmpty: Unicode.Scalar { ascii ? "." : "░" }
  var bullet: String { ascii ? "*" : "●" }
  var ring: String { ascii ? "o" : "○" }
  var pointer: String { ascii ? ">" : "›" }
  var check: String { ascii ? "ok" : "✓" }
  var cross: String { ascii ? "!!" : "✗" }

  func mark(_ mark: RowMark) -> String {
    switch mark {
    case .branch: " "
    case .equal: "="
    case .untouched: ascii ? "." : "·"
    case .shape: ascii ? "#" : "≠"
    case .dtype: "~"
    case .kind: "!"
    case .onlyDestination: "<"
    case .onlySource: ">"
    case .inactive: ascii ? "0" : "∅"
    case .tied: "t"
    case .renamed: ascii ? "@" : "→"
    case .skipped: ascii ? "x" : "×"
    }
  }

  func mark(_ outcome: RowOutcome) -> String {
    switch outcome {
    case .none: " "
    case .loaded: ascii ? "L" : "←"
    case .zeroFilled: "0"
    case .kept: ascii ? "k" : "•"
    case .tied: "t"
    case .unused: ascii ? "u" : "×"
    }
  }

  /// A histogram in one line.
  func sparkline(_ counts: [Int], width: Int) -> String {
    guard !counts.isEmpty, width > 0 else { return "" }
    let bars: [Character] = Array(ascii ? " .:-=+*#" : "▁▂▃▄▅▆▇█")
    // Neighbouring steps are put together until they fit.
    let merge = (counts.count + width - 1) / width
    let merged = stride(from: 0, to: counts.count, by: merge).map { start in
      counts[start..<min(start + merge, counts.count)].reduce(0, &+)
    }
    let top = max(1, merged.max() ?? 1)
    return String(
      merged.map { count in
        if count <= 0 { return bars[0] }
        let height = Double(count) / Double(top) * Double(bars.count - 1)
        return bars[min(bars.count - 1, max(1, Int(height.rounded())))]
      })
  }

  /// A text cut to a width.
  func fit(_ text: String, _ width: Int, _ part: Shortening = .end) -> String {
    fitted(text, to: width, cutting: part)
  }

  /// A sentence's signs in ASCII where that is asked for; letters in names stay what they are.
  func plain(_ text: String) -> String {
    guard ascii, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
    return String(text.map { Self.asciiSigns[$0] ?? $0 })
  }

  private static let asciiSigns: [Character: Character] = [
    "…": "~", "“": "\"", "”": "\"", "·": "-", "×": "x", "↑": "^", "↓": "v", "∞": "I",
  ]
}

/// a, b, …, z, aa, ab, … for tie groups.
func tieLetters(_ group: Int) -> String {
  var letters = ""
  var rest = group
  repeat {
    letters = String(UnicodeScalar(UInt8(97 + rest % 26))) + letters
    rest = rest / 26 - 1
  } while rest >= 0
  return letters
}
