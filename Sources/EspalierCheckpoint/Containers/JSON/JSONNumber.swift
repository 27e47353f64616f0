/// A number as it is written; nothing is lost until a type is chosen.
package struct JSONNumber: Sendable, Hashable {
  package let text: [UInt8]

  private var string: String { String(decoding: text, as: UTF8.self) }

  /// Nil where the number is written with a fraction or an exponent, or does not fit.
  package var int64: Int64? { Int64(string) }
  package var uint64: UInt64? { UInt64(string) }

  /// The nearest value; nil where the number is beyond all of them.
  package var double: Double? { Double(string).flatMap { $0.isFinite ? $0 : nil } }

  /// The length of the number at `index`; nil where there is none by JSON's grammar.
  static func length(_ bytes: Span<UInt8>, at start: Int) -> Int? {
    var index = start
    func byte() -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    func digits() -> Int {
      let first = index
      while byte() &- UInt8(ascii: "0") <= 9 { index += 1 }
      return index - first
    }
    if byte() == UInt8(ascii: "-") { index += 1 }
    let hasLeadingZero = byte() == UInt8(ascii: "0")
    let whole = digits()
    guard whole == 1 || whole > 1 && !hasLeadingZero else { return nil }
    if byte() == UInt8(ascii: ".") {
      index += 1
      guard digits() > 0 else { return nil }
    }
    if byte() | 0x20 == UInt8(ascii: "e") {
      index += 1
      if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { index += 1 }
      guard digits() > 0 else { return nil }
    }
    return continues(with: byte()) ? nil : index - start
  }

  /// Whether a byte right after a number's digits makes it another kind of number, or none.
  static func continues(with byte: UInt8) -> Bool { isPart(byte) }

  static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
