/// The text forms of protocol 0.
enum PickleText {
  /// The bytes that a quoted `str` of Python 2 stands for; nil where the quotes are missing.
  static func unquoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var text = text
    while let last = text.last, [0x20, 0x0d, 0x09].contains(last) { text.removeLast() }
    guard text.count >= 2, let quote = text.first, quote == text.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { return nil }
    return unescaped(text.dropFirst().dropLast())
  }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = text.startIndex
    while index < text.endIndex {
      guard text[index] == UInt8(ascii: "\\"), index + 1 < text.endIndex else {
        bytes.append(text[index])
        index += 1
        continue
      }
      let kind = text[index + 1]
      if let plain = simpleEscapes[kind] {
        bytes.append(plain)
        index += 2
      } else if kind == UInt8(ascii: "x"),
        let value = digits(text, at: index + 2, count: 2, radix: 16)
      {
        bytes.append(UInt8(truncatingIfNeeded: value))
        index += 4
      } else if (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(kind) {
        let octal = text[(index + 1)...].prefix(3).prefix { (0x30...0x37).contains($0) }
        let value = octal.reduce(UInt32(0)) { $0 << 3 | UInt32($1 - 0x30) }
        bytes.append(UInt8(truncatingIfNeeded: value))
        index += 1 + octal.count
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return bytes
  }

  private static let simpleEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22,
    UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "a"): 7,
    UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "v"): 11,
  ]

  /// UTF-8 of Latin-1 with `\uXXXX` and `\UXXXXXXXX`; half surrogate pairs stay as three bytes each.
  static func rawUnicode(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == UInt8(ascii: "\\"), index + 1 < text.endIndex {
        let count = text[index + 1] == UInt8(ascii: "u") ? 4 : 8
        let isEscape = count == 4 || text[index + 1] == UInt8(ascii: "U")
        if isEscape, let value = digits(text, at: index + 2, count: count, radix: 16),
          value <= 0x10_ffff
        {
          append(value, to: &bytes)
          index += 2 + count
          continue
        }
      }
      append(UInt32(text[index]), to: &bytes)
      index += 1
    }
    return bytes
  }

  private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift & 0x3f | 0x80) }
    switch scalar {
    case 0..<0x80: bytes.append(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800: bytes += [UInt8(truncatingIfNeeded: scalar >> 6 | 0xc0), tail(0)]
    case 0x800..<0x1_0000:
      bytes += [UInt8(truncatingIfNeeded: scalar >> 12 | 0xe0), tail(6), tail(0)]
    default:
      bytes += [UInt8(truncatingIfNeeded: scalar >> 18 | 0xf0), tail(12), tail(6), tail(0)]
    }
  }

  private static func digits(
    _ text: ArraySlice<UInt8>, at index: Int, count: Int, radix: Int
  ) -> UInt32? {
    guard index + count <= text.endIndex else { return nil }
    let part = text[index..<(index + count)]
    guard part.allSatisfy({ ($0 | 0x20).isHexadecimalDigit }) else { return nil }
    return UInt32(String(decoding: part, as: UTF8.self), radix: radix)
  }

  /// A decimal integer of any length as two's complement, least significant byte first. Nil where it is
  /// none, or longer than Python itself accepts.
  static func bigInteger(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = text.dropFirst(isNegative || text.first == UInt8(ascii: "+") ? 1 : 0)
    guard !digits.isEmpty, digits.count <= 4300, digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    var bytes: [UInt8] = [0]
    for digit in digits {
      var carry = UInt32(digit - 0x30)
      for index in bytes.indices {
        carry += UInt32(bytes[index]) * 10
        bytes[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      if carry > 0 { bytes.append(UInt8(truncatingIfNeeded: carry)) }
    }
    if bytes.last.map({ $0 >= 0x80 }) == true { bytes.append(0) }
    guard isNegative else { return bytes }
    var carry: UInt16 = 1
    for index in bytes.indices {
      carry += UInt16(~bytes[index])
      bytes[index] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
    return bytes
  }
}

extension UInt8 {
  fileprivate var isHexadecimalDigit: Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
  }
}
