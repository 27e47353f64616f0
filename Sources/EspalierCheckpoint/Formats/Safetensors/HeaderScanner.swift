/// Moves over the JSON of a safetensors header, a token at a time.
///
/// A header may hold a million entries; a reader for any JSON is several times too slow. The bytes
/// are followed by zeros: no token contains one, so that no step needs to look for the end, and none
/// goes beyond the first zero.
struct HeaderScanner {
  /// Zeros that have to follow the header.
  static let padding = 32

  let base: UnsafePointer<UInt8>
  let count: Int
  let origin: ByteOrigin
  private(set) var position = 0

  /// - Parameter bytes: ends with ``padding`` zeros, which do not count.
  init(_ bytes: UnsafeBufferPointer<UInt8>, origin: ByteOrigin) throws(CheckpointError) {
    guard let base = bytes.baseAddress, bytes.count >= Self.padding,
      bytes.suffix(Self.padding).allSatisfy({ $0 == 0 })
    else {
      throw origin.error(.truncated, at: 0, field: "header", found: "nothing")
    }
    self.base = base
    count = bytes.count - Self.padding
    self.origin = origin
  }

  /// A string without its quotes, not yet unescaped.
  struct Text {
    var start: Int
    var count: Int
    var isEscaped: Bool
    var range: Range<Int> { start..<(start + count) }
  }

  /// Goes on from another place.
  mutating func move(to position: Int) { self.position = position }

  @inline(__always) var next: UInt8 { base[position] }

  @inline(__always) mutating func skipSpace() {
    while true {
      let byte = base[position]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
      position += 1
    }
  }

  /// Takes a punctuation character and the white space around it.
  @inline(__always) mutating func take(_ byte: UInt8) throws {
    if base[position] != byte {
      skipSpace()
      guard base[position] == byte else { throw unexpected("“\(Character(Unicode.Scalar(byte)))”") }
    }
    position += 1
    if base[position] <= 0x20 { skipSpace() }
  }

  /// Takes a punctuation character when it is there.
  @inline(__always) mutating func takes(_ byte: UInt8) -> Bool {
    if base[position] <= 0x20 { skipSpace() }
    guard base[position] == byte else { return false }
    position += 1
    if base[position] <= 0x20 { skipSpace() }
    return true
  }

  @inline(__always) func bytes(_ text: Text) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + text.start, count: text.count)
  }

  /// What a string means.
  func unescaped(_ text: Text) -> [UInt8] {
    guard text.isEscaped else { return Array(bytes(text)) }
    return JSONString(range: 0..<text.count, isEscaped: true).unescaped(from: Array(bytes(text)))
  }

  @inline(__always) func equals(_ text: Text, _ literal: StaticString) -> Bool {
    guard !text.isEscaped else {
      return literal.withUTF8Buffer { $0.elementsEqual(unescaped(text)) }
    }
    guard text.count == literal.utf8CodeUnitCount else { return false }
    for index in 0..<text.count where base[text.start + index] != literal.utf8Start[index] {
      return false
    }
    return true
  }

  // MARK: Fields

  /// The fields of an entry, each a bit.
  enum Field: UInt8 {
    case other = 0
    case dtype = 1
    case shape = 2
    case offsets = 4

    static let all: UInt8 = 7
  }

  /// Takes the key of a field and its colon.
  @inline(__always) mutating func field() throws -> Field {
    // As the reference library writes them: eight characters, eight and fifteen.
    let word = load(position)
    if word == Self.dtypeWord {
      position += 8
      if base[position] <= 0x20 { skipSpace() }
      return .dtype
    }
    if word == Self.shapeWord {
      position += 8
      if base[position] <= 0x20 { skipSpace() }
      return .shape
    }
    if word == Self.offsetsWord, load(position + 7) == Self.offsetsRest {
      position += 15
      if base[position] <= 0x20 { skipSpace() }
      return .offsets
    }
    return try unusualField()
  }

  private mutating func unusualField() throws -> Field {
    let key = try string()
    try take(UInt8(ascii: ":"))
    if equals(key, "dtype") { return .dtype }
    if equals(key, "shape") { return .shape }
    return equals(key, "data_offsets") ? .offsets : .other
  }

  // Eight characters each, as ``load(_:)`` reads them: `"dtype":`, `"shape":`, `"data_of` and
  // `ffsets":`. Numbers, because a constant made by a function is made when it is first used.
  private static var dtypeWord: UInt64 { 0x3a22_6570_7974_6422 }
  private static var shapeWord: UInt64 { 0x3a22_6570_6168_7322 }
  private static var offsetsWord: UInt64 { 0x666f_5f61_7461_6422 }
  private static var offsetsRest: UInt64 { 0x3a22_7374_6573_6666 }

  // MARK: Strings

  @inline(__always) mutating func string() throws -> Text {
    guard base[position] == UInt8(ascii: "\"") else { throw unexpected("a string") }
    guard let text = plainString(at: position) else {
      return try unusualString(from: position + 1)
    }
    position = text.start + text.count + 1
    return text
  }

  /// The string that begins at `position` when it is plain, without escapes and in ASCII.
  @inline(__always) func plainString(at position: Int) -> Text? {
    guard base[position] == UInt8(ascii: "\"") else { return nil }
    let start = position + 1
    var index = start
    while true {
      // Eight bytes at a time.
      let found = Self.special(load(index))
      if found != 0 {
        index += found.trailingZeroBitCount / 8
        guard base[index] == UInt8(ascii: "\"") else { return nil }
        return Text(start: start, count: index - start, isEscaped: false)
      }
      index += 8
    }
  }

  @inline(__always) func load(_ index: Int) -> UInt64 {
    UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
  }

  /// The high bit of the first byte that is a quote, a backslash, a control or no ASCII character;
  /// zero when there is none. Bits above the lowest mean nothing.
  @inline(__always) private static func special(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let slash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    // A byte below n sets its high bit in (x - n·ones) & ~x; exact up to the first that matches.
    let control = (word &- ones &* 0x20) & ~word
    let quotes = (quote &- ones) & ~quote
    let slashes = (slash &- ones) & ~slash
    return (control | quotes | slashes | word) & high
  }

  /// Takes a string of at most seven characters and no escape, as a number that no other string
  /// makes; nil, and nothing is taken, where it is none.
  @inline(__always) mutating func shortString() -> UInt64? {
    guard base[position] == UInt8(ascii: "\""),
      let (word, length) = shortWord(at: position + 1)
    else { return nil }
    position += length + 2
    return word
  }

  /// At most seven characters before a quote, as such a number, and how many they are.
  @inline(__always) func shortWord(at position: Int) -> (word: UInt64, length: Int)? {
    let word = load(position)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    // The lowest bit set is that of the first quote.
    let found = (quotes &- ones) & ~quotes & (ones &* 0x80)
    guard found != 0 else { return nil }
    let bits = found.trailingZeroBitCount & ~7
    return ((word & ((1 << UInt64(bits)) &- 1)) | UInt64(bits / 8) << 56, bits / 8)
  }

  /// A string with escapes, with other characters than ASCII, or with a mistake.
  private mutating func unusualString(from start: Int) throws -> Text {
    let span = Span(_unsafeElements: UnsafeBufferPointer(start: base, count: count))
    var index = start
    var isEscaped = false
    while index < count, span[index] != UInt8(ascii: "\"") {
      if span[index] == UInt8(ascii: "\\") {
        guard let length = JSONString.escapeLength(span, at: index) else {
          throw error(
            .malformed, at: index, field: "string", found: "an escape that means nothing",
            expected: "one of JSON's escapes")
        }
        isEscaped = true
        index += length
      } else if span[index] < 0x20 {
        throw error(
          .malformed, at: index, field: "string", found: "control character \(span[index])",
          expected: "an escape in its place")
      } else {
        index += 1
      }
    }
    guard index < count else {
      throw error(
        .truncated, at: start - 1, field: "string", found: "no closing quote to the end",
        expected: "a closing quote")
    }
    let text = Text(start: start, count: index - start, isEscaped: isEscaped)
    guard String(validating: bytes(text), as: UTF8.self) != nil else {
      throw error(
        .malformed, at: start, field: "string", found: "bytes that are not text",
        expected: "UTF-8")
    }
    position = index + 1
    return text
  }

  // MARK: Numbers

  /// A whole number in digits.
  @inline(__always) mutating func unsigned(_ field: StaticString) throws -> Int {
    let start = position
    var value = 0
    while true {
      let digit = base[position] &- 0x30
      if digit > 9 { break }
      // Eighteen digits always fit.
      if position - start < 18 {
        value = value &* 10 &+ Int(digit)
      } else {
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Int(digit))
        guard !overflow, !carry else { throw badNumber(start, field, "a number below 2^63") }
        value = sum
      }
      position += 1
    }
    let length = position - start
    guard length == 1 || (length > 1 && base[start] != 0x30),
      !JSONNumber.continues(with: base[position])
    else { throw badNumber(start, field, "a whole number in digits") }
    return value
  }

  private func badNumber(_ start: Int, _ field: StaticString, _ expected: String) -> CheckpointError
  {
    var end = start
    while end - start < 40, JSONNumber.isPart(base[end]) { end += 1 }
    guard end > start else { return unexpected(expected) }
    let text = UnsafeBufferPointer(start: base + start, count: end - start)
    return error(
      .badValue, at: start, field: "\(field)", found: String(decoding: text, as: UTF8.self),
      expected: expected)
  }

  // MARK: Any value

  /// Passes over a value and checks it by the strict rules; for parts that are read rarely.
  mutating func document(_ field: StaticString) throws -> JSONDocument {
    let start = position
    var depth = 0
    repeat {
      skipSpace()
      switch next {
      case UInt8(ascii: "\""): _ = try string()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw unexpected("a value") }
        position += 1
      case let byte where JSONNumber.isPart(byte):
        while JSONNumber.isPart(next) { position += 1 }
      default: throw unexpected("a value")
      }
    } while depth > 0
    guard depth == 0 else { throw error(.malformed, at: start, field: "\(field)") }
    let value = UnsafeBufferPointer(start: base + start, count: position - start)
    return try JSONDocument(
      Array(value), origin: ByteOrigin(file: origin.file, offset: origin.offset.map { $0 + start }))
  }

  // MARK: Errors

  func error(
    _ code: CheckpointError.Code, at position: Int, field: String, found: String? = nil,
    expected: String? = nil
  ) -> CheckpointError {
    origin.error(code, at: position, field: field, found: found, expected: expected)
  }

  func unexpected(_ expected: String) -> CheckpointError {
    if position >= count {
      return error(
        .truncated, at: count, field: "header", found: "the end of the header", expected: expected)
    }
    let byte = next
    let found =
      (0x21..<0x7f).contains(byte)
      ? "“\(Character(Unicode.Scalar(byte)))”" : "byte 0x\(hexadecimal([byte]))"
    return error(.malformed, at: position, field: "header", found: found, expected: expected)
  }
}
