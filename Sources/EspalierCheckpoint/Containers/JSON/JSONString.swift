/// Where a string lies among the bytes of a document, without its quotes.
package struct JSONString: Sendable, Hashable {
  package var range: Range<Int>
  /// Whether the bytes there are not yet what the string means.
  package var isEscaped: Bool

  /// What the string means; the escapes were checked when it was read.
  package func unescaped(from bytes: [UInt8]) -> [UInt8] {
    guard isEscaped else { return Array(bytes[range]) }
    var text: [UInt8] = []
    appendUnescaped(from: bytes, to: &text)
    return text
  }

  func appendUnescaped(from bytes: [UInt8], to text: inout [UInt8]) {
    let span = bytes.span
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = span[index]
      if byte == UInt8(ascii: "\\"), let length = Self.escapeLength(span, at: index) {
        text += Self.meaning(span, at: index)
        index += length
      } else {
        text.append(byte)
        index += 1
      }
    }
  }

  /// The length of the escape at a backslash: a pair of surrogates counts as one. Nil where it is none
  /// of JSON's, or half a pair.
  static func escapeLength(_ bytes: Span<UInt8>, at index: Int) -> Int? {
    guard index + 1 < bytes.count else { return nil }
    switch bytes[index + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return 2
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(bytes, at: index) else { return nil }
      if !(0xd800...0xdfff).contains(unit) { return 6 }
      guard unit < 0xdc00, let low = codeUnit(bytes, at: index + 6), (0xdc00...0xdfff).contains(low)
      else { return nil }
      return 12
    default: return nil
    }
  }

  private static func meaning(_ bytes: Span<UInt8>, at index: Int) -> [UInt8] {
    switch bytes[index + 1] {
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"): break
    case let byte: return [byte]
    }
    guard var scalar = codeUnit(bytes, at: index) else { return [] }
    if (0xd800...0xdbff).contains(scalar), let low = codeUnit(bytes, at: index + 6) {
      scalar = 0x1_0000 + (scalar - 0xd800) << 10 + (low &- 0xdc00) & 0x3ff
    }
    return Unicode.Scalar(scalar).map { Array(String(Character($0)).utf8) } ?? []
  }

  /// The four hexadecimal digits of `\uXXXX` at `index`.
  private static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
    guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { return nil }
    var unit: UInt32 = 0
    for offset in 2..<6 {
      let digit: UInt8
      switch bytes[index + offset] {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digit = byte - UInt8(ascii: "0")
      case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
        digit = byte - UInt8(ascii: "a") + 10
      case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
        digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }
}
