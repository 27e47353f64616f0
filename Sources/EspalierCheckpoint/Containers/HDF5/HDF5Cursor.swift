import EspalierTree

/// Reads the fields of one HDF5 structure. A claim beyond its end throws; nothing traps.
struct HDF5Cursor: Sendable {
  private(set) var bytes: [UInt8]
  /// Of the first byte, counted as addresses in the file are.
  let start: Int
  let origin: ByteOrigin
  var sizes: HDF5Sizes
  private(set) var position = 0

  /// - Parameter origin: of the region that addresses count from.
  init(_ bytes: [UInt8], at start: Int, origin: ByteOrigin, sizes: HDF5Sizes) {
    self.bytes = bytes
    self.start = start
    self.origin = origin
    self.sizes = sizes
  }

  var remaining: Int { bytes.count - position }
  /// The addresses of its bytes.
  var range: Range<Int> { start..<(start + bytes.count) }
  /// The address of the next byte.
  var address: Int { start + position }

  func error(
    _ code: CheckpointError.Code, _ field: String, found: String? = nil, expected: String? = nil,
    advice: String? = nil
  ) -> CheckpointError {
    origin.error(
      code, at: start &+ position, field: field, found: found, expected: expected, advice: advice)
  }

  private mutating func advance(_ count: Int, _ field: String) throws(CheckpointError) -> Int {
    guard count >= 0, count <= remaining else {
      throw error(
        .truncated, field, found: "\(remaining) bytes to the end of its structure",
        expected: "\(count) bytes", advice: "the file is damaged: download or copy it again")
    }
    defer { position += count }
    return position
  }

  mutating func skip(_ count: Int, _ field: String) throws(CheckpointError) {
    _ = try advance(count, field)
  }

  mutating func u8(_ field: String) throws(CheckpointError) -> UInt8 {
    bytes[try advance(1, field)]
  }

  /// A little-endian number of up to eight bytes.
  mutating func unsigned(_ width: Int, _ field: String) throws(CheckpointError) -> UInt64 {
    let start = try advance(width, field)
    var value: UInt64 = 0
    for index in 0..<min(width, 8) { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
    return value
  }

  mutating func u16(_ field: String) throws(CheckpointError) -> Int {
    Int(truncatingIfNeeded: try unsigned(2, field))
  }

  mutating func u32(_ field: String) throws(CheckpointError) -> Int {
    Int(truncatingIfNeeded: try unsigned(4, field))
  }

  /// A number that counts something in memory.
  mutating func count(_ width: Int, _ field: String) throws(CheckpointError) -> Int {
    let value = try unsigned(width, field)
    guard let count = Int(exactly: value) else {
      throw error(.limitExceeded, field, found: "\(value)", expected: "at most \(Int.max)")
    }
    return count
  }

  mutating func length(_ field: String) throws(CheckpointError) -> Int {
    try count(sizes.length, field)
  }

  /// An address; nil where it is the undefined one, with all bits set.
  mutating func address(_ field: String) throws(CheckpointError) -> Int? {
    let value = try unsigned(sizes.offset, field)
    let undefined = sizes.offset == 8 ? UInt64.max : (1 << UInt64(8 * sizes.offset)) - 1
    if value == undefined { return nil }
    guard let address = Int(exactly: value) else {
      throw error(.badValue, field, found: "the address \(value)", expected: "one inside the file")
    }
    return address
  }

  mutating func someAddress(_ field: String) throws(CheckpointError) -> Int {
    guard let address = try address(field) else {
      throw error(.badValue, field, found: "the undefined address", expected: "one inside the file")
    }
    return address
  }

  mutating func read(_ count: Int, _ field: String) throws(CheckpointError) -> [UInt8] {
    let start = try advance(count, field)
    return Array(bytes[start..<(start + count)])
  }

  /// The next `count` bytes as a structure of its own.
  mutating func part(_ count: Int, _ field: String) throws(CheckpointError) -> HDF5Cursor {
    let at = address
    return HDF5Cursor(try read(count, field), at: at, origin: origin, sizes: sizes)
  }

  /// A text that ends with a zero byte, which is skipped.
  mutating func text(_ field: String) throws(CheckpointError) -> [UInt8] {
    guard let end = bytes[position...].firstIndex(of: 0) else {
      throw error(.malformed, field, found: "a text without an end", expected: "a zero byte")
    }
    defer { position = end + 1 }
    return Array(bytes[position..<end])
  }

  mutating func expect(_ magic: String, _ field: String) throws(CheckpointError) {
    let found = Array(bytes[position..<min(bytes.count, position + magic.utf8.count)])
    guard found.elementsEqual(magic.utf8) else {
      throw error(.badHeader, field, found: "“\(visibleText(found))”", expected: "“\(magic)”")
    }
    position += magic.utf8.count
  }

  mutating func expectVersion(_ known: ClosedRange<UInt8>, _ field: String)
    throws(CheckpointError) -> UInt8
  {
    let version = try u8(field)
    guard known.contains(version) else {
      throw error(
        .unsupported, field, found: "version \(version)",
        expected: known.count == 1
          ? "version \(known.lowerBound)" : "version \(known.lowerBound) to \(known.upperBound)")
    }
    return version
  }

  /// Compares the checksum that follows with one over everything before it.
  mutating func checksum(_ field: String) throws(CheckpointError) {
    let computed = bytes.withUnsafeBytes {
      lookup3(UnsafeRawBufferPointer(rebasing: $0[..<position]))
    }
    let stored = try unsigned(4, field)
    guard UInt64(computed) == stored else {
      throw error(
        .badChecksum, field, found: "a checksum that does not match", expected: "the stored one")
    }
  }
}
