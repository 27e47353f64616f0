/// A value as Python writes it: what the header of an `.npy` file is made of. Nothing is evaluated.
indirect enum PythonLiteral {
  case text([UInt8])
  case bool(Bool)
  case integer(Int)
  case sequence([PythonLiteral])
  /// With keys of text, each once.
  case dictionary([[UInt8]: PythonLiteral])
}

/// Reads one literal. Strings have no escapes but `\\` and quotes, integers may end in the `L` of
/// Python 2.
struct PythonLiteralReader {
  private let bytes: [UInt8]
  private(set) var position = 0

  /// Structured types nest; headers that nest deeper are no headers.
  private static let depthLimit = 32

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The literal that is all of the text but white space; nil for anything else.
  mutating func readAll() -> PythonLiteral? {
    guard let value = value(depth: 0) else { return nil }
    skipSpace()
    return position == bytes.count ? value : nil
  }

  private mutating func value(depth: Int) -> PythonLiteral? {
    guard depth < Self.depthLimit else { return nil }
    skipSpace()
    switch peek {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return text()
    case UInt8(ascii: "("): return sequence(UInt8(ascii: ")"), depth)
    case UInt8(ascii: "["): return sequence(UInt8(ascii: "]"), depth)
    case UInt8(ascii: "{"): return dictionary(depth)
    case UInt8(ascii: "T"): return word("True") ? .bool(true) : nil
    case UInt8(ascii: "F"): return word("False") ? .bool(false) : nil
    // Old writers name the byte order before the type of text: u'descr', b'<f4'.
    case UInt8(ascii: "u"), UInt8(ascii: "b"):
      position += 1
      return text()
    default: return integer()
    }
  }

  private mutating func text() -> PythonLiteral? {
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    position += 1
    var text: [UInt8] = []
    while let byte = peek {
      position += 1
      if byte == quote { return .text(text) }
      if byte == UInt8(ascii: "\\") {
        guard let escaped = peek, [UInt8(ascii: "\\"), 0x27, 0x22].contains(escaped) else {
          return nil
        }
        position += 1
        text.append(escaped)
      } else {
        text.append(byte)
      }
    }
    return nil
  }

  private mutating func sequence(_ end: UInt8, _ depth: Int) -> PythonLiteral? {
    position += 1
    var values: [PythonLiteral] = []
    while true {
      skipSpace()
      if skip(end) { return .sequence(values) }
      guard let value = value(depth: depth + 1) else { return nil }
      values.append(value)
      skipSpace()
      if skip(UInt8(ascii: ",")) { continue }
      guard skip(end) else { return nil }
      return .sequence(values)
    }
  }

  private mutating func dictionary(_ depth: Int) -> PythonLiteral? {
    position += 1
    var pairs: [[UInt8]: PythonLiteral] = [:]
    while true {
      skipSpace()
      if skip(UInt8(ascii: "}")) { return .dictionary(pairs) }
      guard case .text(let key)? = value(depth: depth + 1) else { return nil }
      skipSpace()
      guard skip(UInt8(ascii: ":")), let value = value(depth: depth + 1),
        pairs.updateValue(value, forKey: key) == nil
      else { return nil }
      skipSpace()
      if skip(UInt8(ascii: ",")) { continue }
      guard skip(UInt8(ascii: "}")) else { return nil }
      return .dictionary(pairs)
    }
  }

  private mutating func integer() -> PythonLiteral? {
    let isNegative = skip(UInt8(ascii: "-"))
    let start = position
    var value = 0
    while let byte = peek, byte >= 0x30, byte <= 0x39 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = product.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !more else { return nil }
      value = sum
      position += 1
    }
    guard position > start else { return nil }
    _ = skip(UInt8(ascii: "L"))
    return .integer(isNegative ? -value : value)
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func word(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C].contains(byte) { position += 1 }
  }
}
