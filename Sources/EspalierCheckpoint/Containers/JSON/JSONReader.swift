import EspalierTree

/// Reads JSON in one pass, as the caller pulls it, and strictly: UTF-8 without a byte order mark, no key
/// twice (compared after unescaping), numbers by the grammar, at most 128 containers deep, nothing
/// after the end. Strings are ranges of the input; nothing is made of them until asked for.
///
/// ```
/// var reader = JSONReader(bytes, origin: origin)
/// try reader.beginObject()
/// while let key = try reader.nextKey() { … read one value or `skipValue()` … }
/// try reader.finish()
/// ```
package struct JSONReader {
  package static let depthLimit = 128

  package enum Kind: String, Sendable { case object, array, string, number, bool, null }

  package let bytes: [UInt8]
  package let origin: ByteOrigin
  /// Of the next byte, in `bytes`.
  package private(set) var position = 0
  private var open: [Container] = []
  private var keys = JSONKeys()

  private struct Container {
    var isObject: Bool
    var hasItems = false
    var scope: JSONKeys.Scope
  }

  package init(_ bytes: [UInt8], origin: ByteOrigin) {
    self.bytes = bytes
    self.origin = origin
  }

  // MARK: Containers

  package mutating func beginObject() throws(CheckpointError) {
    try begin(UInt8(ascii: "{"), isObject: true, expected: "an object")
  }

  package mutating func beginArray() throws(CheckpointError) {
    try begin(UInt8(ascii: "["), isObject: false, expected: "an array")
  }

  /// The next key of the open object, whose value comes next; nil after the last, which closes it.
  package mutating func nextKey() throws(CheckpointError) -> JSONString? {
    guard try nextItem(end: UInt8(ascii: "}"), isObject: true) else { return nil }
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
    let start = position
    let key = try scanString()
    guard keys.insert(key, of: bytes, in: &open[open.count - 1].scope) else {
      throw origin.error(
        .duplicateName, at: start, field: "key",
        found: "“\(visibleText(unescaped(key)))” a second time", expected: "each key once")
    }
    skipSpace()
    try take(UInt8(ascii: ":"), "a colon")
    return key
  }

  /// Whether the open array has another element, which comes next; false after the last, which closes it.
  package mutating func nextElement() throws(CheckpointError) -> Bool {
    try nextItem(end: UInt8(ascii: "]"), isObject: false)
  }

  /// Nothing but white space may follow.
  package mutating func finish() throws(CheckpointError) {
    guard open.isEmpty else { throw unexpected("the end of every object and array") }
    skipSpace()
    guard position == bytes.count else {
      throw origin.error(
        .trailingBytes, at: position, field: "JSON", found: describeByte(),
        expected: "the end after \(position) bytes")
    }
  }

  // MARK: Values

  /// What comes next, without taking it.
  package mutating func peekKind() throws(CheckpointError) -> Kind {
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw unexpected("a value")
    }
  }

  package mutating func string() throws(CheckpointError) -> JSONString {
    skipSpace()
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("a string") }
    return try scanString()
  }

  /// Digits only: no sign, no fraction, no exponent.
  package mutating func unsigned() throws(CheckpointError) -> UInt64 {
    skipSpace()
    let start = position
    var value: UInt64 = 0
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      if digit > 9 { break }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(UInt64(digit))
      guard !overflow, !carry else { throw notAnInteger(start, "a whole number below 2^64") }
      value = sum
      position += 1
    }
    let hasLeadingZero = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, !hasLeadingZero, !JSONNumber.continues(with: peek()) else {
      throw notAnInteger(start, "a whole number in digits")
    }
    return value
  }

  /// Digits with or without a minus sign.
  package mutating func signed() throws(CheckpointError) -> Int64 {
    skipSpace()
    let start = position
    let isNegative = peek() == UInt8(ascii: "-")
    if isNegative {
      position += 1
      if peek() &- UInt8(ascii: "0") > 9 { throw notAnInteger(start, "a whole number in digits") }
    }
    let magnitude = try unsigned()
    let value =
      isNegative
      ? Int64(exactly: -Int128(magnitude))
      : Int64(exactly: magnitude)
    guard let value else { throw notAnInteger(start, "a whole number of 64 bits") }
    return value
  }

  /// A number as it is written.
  package mutating func number() throws(CheckpointError) -> JSONNumber {
    skipSpace()
    let start = position
    guard let length = JSONNumber.length(bytes.span, at: position) else {
      throw unexpected("a number")
    }
    position += length
    return JSONNumber(text: Array(bytes[start..<position]))
  }

  package mutating func bool() throws(CheckpointError) -> Bool {
    skipSpace()
    if takeWord("true") { return true }
    if takeWord("false") { return false }
    throw unexpected("true or false")
  }

  package mutating func null() throws(CheckpointError) {
    skipSpace()
    guard takeWord("null") else { throw unexpected("null") }
  }

  /// Passes over one value, as strictly as if it were read.
  package mutating func skipValue() throws(CheckpointError) {
    let depth = open.count
    repeat {
      if open.count > depth {
        guard try moveToNextItem() else { continue }
      }
      switch try peekKind() {
      case .object: try beginObject()
      case .array: try beginArray()
      case .string: _ = try scanString()
      case .number: _ = try number()
      case .bool: _ = try bool()
      case .null: try null()
      }
    } while open.count > depth
  }

  // MARK: Strings

  /// The bytes that a string means.
  package func unescaped(_ string: JSONString) -> [UInt8] { string.unescaped(from: bytes) }

  package func matches(_ string: JSONString, _ literal: StaticString) -> Bool {
    if string.isEscaped {
      return literal.withUTF8Buffer { $0.elementsEqual(unescaped(string)) }
    }
    guard string.range.count == literal.utf8CodeUnitCount else { return false }
    let span = bytes.span
    return literal.withUTF8Buffer { text in
      for index in 0..<text.count where text[index] != span[string.range.lowerBound + index] {
        return false
      }
      return true
    }
  }

  // MARK: Inside

  @inline(__always) private func peek() -> UInt8 {
    // No byte of JSON outside strings is NUL, so it stands for the end.
    position < bytes.count ? bytes[position] : 0
  }

  @inline(__always) private mutating func skipSpace() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
      position += 1
    }
  }

  private mutating func begin(
    _ bracket: UInt8, isObject: Bool, expected: String
  ) throws(CheckpointError) {
    skipSpace()
    guard peek() == bracket else { throw unexpected(expected) }
    guard open.count < Self.depthLimit else {
      throw origin.error(
        .limitExceeded, at: position, field: "JSON", found: "containers nested deeper",
        expected: "at most \(Self.depthLimit) levels")
    }
    position += 1
    open.append(Container(isObject: isObject, scope: keys.openScope()))
  }

  @inline(__always) private mutating func nextItem(
    end: UInt8, isObject: Bool
  ) throws(CheckpointError) -> Bool {
    let top = open.count - 1
    guard top >= 0, open[top].isObject == isObject else {
      throw unexpected(isObject ? "an open object" : "an open array")
    }
    skipSpace()
    if peek() == end {
      position += 1
      keys.close(open[top].scope)
      open.removeLast()
      return false
    }
    if open[top].hasItems {
      try take(UInt8(ascii: ","), "a comma or the end")
      skipSpace()
    }
    open[top].hasItems = true
    return true
  }

  /// Inside an object this takes the key too.
  private mutating func moveToNextItem() throws(CheckpointError) -> Bool {
    if open.last?.isObject == true { return try nextKey() != nil }
    return try nextElement()
  }

  @inline(__always) private mutating func take(
    _ byte: UInt8, _ expected: String
  ) throws(CheckpointError) {
    guard peek() == byte else { throw unexpected(expected) }
    position += 1
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    let isThere = word.withUTF8Buffer { $0.elementsEqual(bytes[position..<(position + count)]) }
    if isThere { position += count }
    return isThere
  }

  /// At an opening quote; stops after the closing one.
  private mutating func scanString() throws(CheckpointError) -> JSONString {
    let string = try findString(from: position + 1)
    position = string.range.upperBound + 1
    return string
  }

  private func findString(from start: Int) throws(CheckpointError) -> JSONString {
    let span = bytes.span
    guard span.count <= JSONKeys.sizeLimit else {
      throw origin.error(
        .limitExceeded, at: start, field: "JSON", found: "\(span.count) bytes",
        expected: "at most \(JSONKeys.sizeLimit)")
    }
    var index = start
    var isEscaped = false
    while index < span.count {
      index = Self.skipPlain(span, from: index)
      guard index < span.count else { break }
      let byte = span[index]
      if byte == UInt8(ascii: "\"") {
        return JSONString(range: start..<index, isEscaped: isEscaped)
      }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        guard let length = JSONString.escapeLength(span, at: index) else {
          throw inString(index, "an escape that means nothing", "one of JSON's escapes")
        }
        index += length
      } else if byte < 0x20 {
        throw inString(index, "control character \(byte)", "an escape in its place")
      } else if byte < 0x80 {
        index += 1
      } else if let (length, _) = utf8Sequence(span, at: index) {
        index += length
      } else {
        throw inString(index, "byte \(byte)", "UTF-8")
      }
    }
    throw origin.error(
      .truncated, at: position, field: "JSON string", found: "no closing quote to the end",
      expected: "a closing quote")
  }

  /// Past the bytes that mean themselves, eight at a time; stops at or before the first that does not.
  @inline(__always) private static func skipPlain(_ span: Span<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    // The top bit of each byte that is zero.
    func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }
    var index = start
    while span.count - index >= 8 {
      let word = span.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      let controls = (word &- ones &* 0x20) & ~word
      let special = zeros(word ^ ones &* 0x22) | zeros(word ^ ones &* 0x5c) | controls | word
      if special & tops != 0 { break }
      index += 8
    }
    return index
  }

  // MARK: Errors

  private func inString(_ index: Int, _ found: String, _ expected: String) -> CheckpointError {
    origin.error(.malformed, at: index, field: "JSON string", found: found, expected: expected)
  }

  private func unexpected(_ expected: String) -> CheckpointError {
    if position >= bytes.count {
      return origin.error(
        .truncated, at: bytes.count, field: "JSON", found: "the end", expected: expected)
    }
    return origin.error(
      .malformed, at: position, field: "JSON", found: describeByte(), expected: expected)
  }

  private func describeByte() -> String {
    if position == 0, bytes.starts(with: [0xef, 0xbb, 0xbf]) { return "a byte order mark" }
    let byte = peek()
    return (0x21..<0x7f).contains(byte)
      ? "“\(Unicode.Scalar(byte))”" : "byte 0x" + hexadecimal([byte])
  }

  private func notAnInteger(_ start: Int, _ expected: String) -> CheckpointError {
    let end = bytes[start...].prefix(40).firstIndex { !JSONNumber.isPart($0) }
    let text = bytes[start..<(end ?? min(bytes.count, start + 40))]
    guard !text.isEmpty else { return unexpected(expected) }
    return origin.error(
      .badValue, at: start, field: "JSON number", found: visibleText(Array(text)),
      expected: expected)
  }
}
