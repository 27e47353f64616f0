import EspalierTree

/// Reads the wire format of Protocol Buffers in one pass, as the caller pulls it, and strictly:
/// every length inside its message, groups and unknown wire types refused, at most 128 messages
/// deep.
///
/// ```
/// var reader = ProtobufReader(region)
/// while let field = try reader.next() {
///   switch field.number {
///   case 1: version = try reader.number(field, "version")
///   case 7:
///     try reader.enter(field, "graph")
///     while let field = try reader.next() { … }
///   default: break
///   }
/// }
/// ```
///
/// Text, bytes and messages are ranges of the file and are passed over unless they are entered or
/// asked for. That is why this is not swift-protobuf: there, decoding a message brings all of its
/// bytes into memory, and what a weight's bytes are in the file (to be read on demand, and to be
/// overwritten in a copy) is lost. Models have gigabytes of them, and a handful of fields that
/// matter, for which generated code is not worth its size.
package struct ProtobufReader: Sendable {
  package static let depthLimit = 128

  package let origin: ByteOrigin
  /// Bytes of all that is read.
  package let count: Int
  /// Of the next byte, from the start of what is read.
  package private(set) var position = 0

  /// Where the open messages end, the innermost last.
  private var ends: [Int]
  /// Nil where the message is in memory: the window holds it then.
  private let region: ByteRegion?
  private let windowSize: Int
  private var window: [UInt8] = []
  private var windowStart = 0

  /// - Parameter windowSize: how many bytes are read at once, at least the longest number's.
  package init(_ region: ByteRegion, windowSize: Int = 1 << 16) {
    self.region = region
    self.windowSize = max(16, windowSize)
    origin = region.origin
    count = region.count
    ends = [count]
  }

  package init(_ bytes: [UInt8], origin: ByteOrigin) {
    region = nil
    windowSize = bytes.count
    window = bytes
    self.origin = origin
    count = bytes.count
    ends = [count]
  }

  /// How many messages are open; the outermost is one.
  package var depth: Int { ends.count }

  /// Bytes to the end of the innermost open message.
  package var remaining: Int { max(0, (ends.last ?? position) - position) }

  // MARK: Fields

  /// The next field of the innermost open message; nil after the last, which closes the message.
  package mutating func next() throws(CheckpointError) -> ProtobufField? {
    guard remaining > 0 else {
      ends.removeLast(ends.isEmpty ? 0 : 1)
      return nil
    }
    let offset = position
    let tag = try varint("field tag")
    guard let tag = UInt32(exactly: tag), tag >> 3 > 0 else {
      throw error(
        .malformed, at: offset, "field tag", found: "\(tag)",
        "a field number from 1 to \(UInt32.max >> 3)")
    }
    let number = Int(tag >> 3)
    let value = try value(wireType: tag & 7, of: number, at: offset)
    return ProtobufField(number: number, value: value, offset: offset)
  }

  /// Opens the message whose bytes are the field that came last: its fields come next.
  package mutating func enter(_ field: ProtobufField, _ name: String) throws(CheckpointError) {
    let range = try range(field, name)
    guard range.upperBound == position else {
      throw error(
        .malformed, at: range.lowerBound, name, found: "a message that has been passed",
        "the field that came last")
    }
    guard depth < Self.depthLimit else {
      throw error(
        .limitExceeded, at: field.offset, name, found: "messages in messages",
        "at most \(Self.depthLimit) levels")
    }
    position = range.lowerBound
    ends.append(range.upperBound)
  }

  /// Passes over what is left of the innermost open message, and closes it.
  package mutating func leave() {
    position += remaining
    ends.removeLast(ends.isEmpty ? 0 : 1)
  }

  /// Goes to a message by its range, which must lie in what is read, and makes it the only open one:
  /// for messages that cannot be understood before others.
  package mutating func visit(_ range: Range<Int>, _ name: String) throws(CheckpointError) {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw error(
        .truncated, at: max(0, range.lowerBound), name, found: "\(byteCount(count)) in all",
        "\(byteCount(range.count)) here")
    }
    position = range.lowerBound
    ends = [range.upperBound]
  }

  private mutating func value(
    wireType: UInt32, of number: Int, at offset: Int
  ) throws(CheckpointError) -> ProtobufField.Value {
    let name = "field \(number)"
    switch wireType {
    case 0: return .varint(try varint(name))
    case 1: return .fixed64(try integer(UInt64.self, name))
    case 2:
      let start = position
      let length = try varint(name)
      guard let count = Int(exactly: length), count <= remaining else {
        throw error(
          .truncated, at: start, name, found: "a length of \(length)",
          "at most the \(byteCount(remaining)) to the end of the message")
      }
      defer { position += count }
      return .bytes(position..<position + count)
    case 5: return .fixed32(try integer(UInt32.self, name))
    default:
      throw error(
        .malformed, at: offset, name,
        found: wireType == 3 || wireType == 4 ? "a group" : "wire type \(wireType)",
        "a number or a sequence of bytes")
    }
  }

  // MARK: Bytes

  /// A copy of a field's bytes; throws `limitExceeded` where there are more than `limit`.
  package mutating func bytes(
    _ field: ProtobufField, _ name: String, limit: Int = 1 << 20
  ) throws(CheckpointError) -> [UInt8] {
    try bytes(in: try range(field, name), name, limit: limit)
  }

  package mutating func bytes(
    in range: Range<Int>, _ name: String, limit: Int = 1 << 20
  ) throws(CheckpointError) -> [UInt8] {
    guard range.count <= limit else {
      throw error(
        .limitExceeded, at: range.lowerBound, name, found: byteCount(range.count),
        "at most \(byteCount(limit))")
    }
    let available = windowStart..<windowStart + window.count
    if range.lowerBound >= available.lowerBound, range.upperBound <= available.upperBound {
      return Array(window[range.lowerBound - windowStart..<range.upperBound - windowStart])
    }
    guard let region else {
      throw error(.truncated, at: range.lowerBound, name, found: "the end", byteCount(range.count))
    }
    return try region.read(at: range.lowerBound, count: range.count)
  }

  /// The next number where the innermost open message is a run of packed numbers of one size.
  package mutating func integer<I: FixedWidthInteger>(
    _ type: I.Type, _ name: String
  ) throws(CheckpointError) -> I {
    let size = MemoryLayout<I>.size
    guard size <= remaining else {
      throw error(
        .truncated, at: position, name, found: "\(byteCount(remaining)) to the end of the message",
        byteCount(size))
    }
    let at = try makeAvailable(size, name)
    position += size
    return I(
      littleEndian: window.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: I.self) })
  }

  /// The next number where the innermost open message is a run of packed numbers.
  package mutating func varint(_ name: String) throws(CheckpointError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try integer(UInt8.self, name)
      // The tenth byte holds the 64th bit only.
      if shift == 63, byte > 1 { break }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw error(
      .malformed, at: start, name, found: "a number of more than 64 bits",
      "a variable-length number")
  }

  /// Brings the next bytes into the window; returns where they begin there.
  private mutating func makeAvailable(
    _ count: Int, _ name: String
  ) throws(CheckpointError) -> Int {
    let available = windowStart..<windowStart + window.count
    if position < available.lowerBound || position + count > available.upperBound {
      guard let region else {
        throw error(.truncated, at: position, name, found: "the end", byteCount(count))
      }
      window = try region.read(at: position, count: min(region.count - position, windowSize))
      windowStart = position
    }
    return position - windowStart
  }

  func error(
    _ code: CheckpointError.Code, at offset: Int, _ field: String, found: String, _ expected: String
  ) -> CheckpointError {
    origin.error(code, at: offset, field: field, found: found, expected: expected)
  }
}
