/// Names are bytes; JSON and other text files hold text only. This maps any name to text and back,
/// no two names to the same text.
///
/// A name that is UTF-8 stays as it is. Otherwise each byte that belongs to no UTF-8 sequence becomes
/// the four characters `\xNN`, and each backslash is doubled. A UTF-8 name that itself contains such
/// four characters has its backslashes doubled too, so that it is not taken for the other kind.
public enum NameText {
  private static let backslash = UInt8(ascii: "\\")

  /// UTF-8 for any name.
  public static func encode(_ name: [UInt8]) -> [UInt8] {
    if !needsEscapes(name) { return name }
    var text: [UInt8] = []
    text.reserveCapacity(name.count + 16)
    let span = name.span
    var index = 0
    while index < name.count {
      guard let (length, scalar) = utf8Sequence(span, at: index) else {
        text += [backslash, UInt8(ascii: "x")] + hexadecimal(name[index])
        index += 1
        continue
      }
      if scalar == UInt32(backslash) { text.append(backslash) }
      text += name[index..<(index + length)]
      index += length
    }
    return text
  }

  /// The name that `encode` made this text of; text that no name leads to comes back as it is.
  public static func decode(_ text: [UInt8]) -> [UInt8] {
    guard containsEscape(text) else { return text }
    var name: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == backslash else {
        name.append(text[index])
        index += 1
        continue
      }
      if index + 1 < text.count, text[index + 1] == backslash {
        name.append(backslash)
        index += 2
      } else if let byte = escape(in: text, at: index) {
        name.append(byte)
        index += 4
      } else {
        return text
      }
    }
    return name
  }

  private static func needsEscapes(_ name: [UInt8]) -> Bool {
    var index = 0
    let span = name.span
    while index < span.count {
      guard let (length, _) = utf8Sequence(span, at: index) else { return true }
      index += length
    }
    return containsEscape(name)
  }

  private static func containsEscape(_ text: [UInt8]) -> Bool {
    text.indices.contains { escape(in: text, at: $0) != nil }
  }

  /// The byte that `\xNN` at `index` stands for.
  private static func escape(in text: [UInt8], at index: Int) -> UInt8? {
    guard text[index] == backslash, text.count - index >= 4, text[index + 1] == UInt8(ascii: "x"),
      let high = digit(text[index + 2]), let low = digit(text[index + 3])
    else { return nil }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
