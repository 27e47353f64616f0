import EspalierTree

/// Reads numbers and byte strings one after another from bytes in memory. Every read is checked: a
/// claim beyond the end throws `truncated` with its offset, nothing traps.
package struct ByteCursor: Sendable {
  package enum ByteOrder: Sendable { case little, big }

  package let bytes: [UInt8]
  package let origin: ByteOrigin
  /// In bytes from the start of `bytes`.
  package private(set) var position: Int
  package var byteOrder: ByteOrder

  package init(_ bytes: [UInt8], origin: ByteOrigin, byteOrder: ByteOrder = .little) {
    self.bytes = bytes
    self.origin = origin
    self.byteOrder = byteOrder
    position = 0
  }

  package var remaining: Int { bytes.count - position }
  package var isAtEnd: Bool { remaining == 0 }

  package mutating func seek(to position: Int, field: String) throws(CheckpointError) {
    guard position >= 0, position <= bytes.count else {
      throw origin.error(
        .truncated, at: self.position, field: field, found: "position \(position)",
        expected: "at most \(bytes.count)")
    }
    self.position = position
  }

  package mutating func skip(_ count: Int, field: String) throws(CheckpointError) {
    _ = try advance(count, field)
  }

  package mutating func integer<I: FixedWidthInteger>(
    _ type: I.Type = I.self, field: String
  ) throws(CheckpointError) -> I {
    let start = try advance(MemoryLayout<I>.size, field)
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: I.self) }
    return byteOrder == .little ? I(littleEndian: value) : I(bigEndian: value)
  }

  /// An unsigned integer that counts or places something in memory: refused where it does not fit.
  package mutating func count<I: FixedWidthInteger & UnsignedInteger>(
    _ type: I.Type, field: String
  ) throws(CheckpointError) -> Int {
    let start = position
    let value = try integer(type, field: field)
    guard let count = Int(exactly: value) else {
      throw origin.error(
        .limitExceeded, at: start, field: field, found: "\(value)", expected: "at most \(Int.max)")
    }
    return count
  }

  package mutating func float32(field: String) throws(CheckpointError) -> Float {
    Float(bitPattern: try integer(UInt32.self, field: field))
  }

  package mutating func float64(field: String) throws(CheckpointError) -> Double {
    Double(bitPattern: try integer(UInt64.self, field: field))
  }

  /// Base-128 number, least significant group first, as Protocol Buffers and LevelDB write it.
  package mutating func unsignedVarint(field: String) throws(CheckpointError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      let byte = try integer(UInt8.self, field: field)
      // The tenth byte holds the 64th bit only.
      if shift == 63, byte > 1 { break }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte & 0x80 == 0 { return value }
    }
    throw origin.error(
      .badValue, at: start, field: field, found: "a number of more than 64 bits",
      expected: "a variable-length number")
  }

  package mutating func read(_ count: Int, field: String) throws(CheckpointError) -> [UInt8] {
    let start = try advance(count, field)
    return Array(bytes[start..<(start + count)])
  }

  /// The same without copying: where the bytes lie in `bytes`.
  package mutating func range(_ count: Int, field: String) throws(CheckpointError) -> Range<Int> {
    let start = try advance(count, field)
    return start..<(start + count)
  }

  /// The bytes up to a terminator, which is skipped.
  package mutating func read(upTo terminator: UInt8, field: String) throws(CheckpointError)
    -> [UInt8]
  {
    guard let end = bytes[position...].firstIndex(of: terminator) else {
      throw origin.error(
        .truncated, at: position, field: field, found: "no end of the text within the data",
        expected: "byte \(terminator)")
    }
    defer { position = end + 1 }
    return Array(bytes[position..<end])
  }

  /// Throws `badHeader` unless the next bytes are these.
  package mutating func expect(_ magic: [UInt8], field: String) throws(CheckpointError) {
    let start = position
    let found = try read(magic.count, field: field)
    guard found == magic else {
      throw origin.error(
        .badHeader, at: start, field: field, found: "“\(visibleText(found))”",
        expected: "“\(visibleText(magic))”")
    }
  }

  private mutating func advance(_ count: Int, _ field: String) throws(CheckpointError) -> Int {
    guard count >= 0, count <= remaining else {
      throw origin.error(
        .truncated, at: position, field: field, found: "\(byteCount(remaining)) to the end",
        expected: "\(byteCount(count))")
    }
    defer { position += count }
    return position
  }
}
