import EspalierTree

/// What manifests and nodes of an OCDBT database have in common: a magic number, a length, a body that
/// may be compressed, and a checksum over all of it.
enum OCDBTRecord {
  static let manifest: [UInt8] = [0x0c, 0xdb, 0x3a, 0x2a]
  static let node: [UInt8] = [0x0c, 0xdb, 0x20, 0xde]

  /// TensorStore makes nodes of 8 MB.
  private static let limit = 1 << 26

  /// The body. Offsets of its cursor are those in the file where it is not compressed.
  static func body(
    of region: ByteRegion, magic: [UInt8], _ name: String
  ) throws(CheckpointError) -> ByteCursor {
    let bytes = try region.readAll(limit: limit, field: name)
    var cursor = ByteCursor(bytes, origin: region.origin)
    try cursor.expect(magic, field: name)
    let length = try cursor.count(UInt64.self, field: "length")
    guard length == bytes.count, length >= 18 else {
      throw region.origin.error(
        length > bytes.count ? .truncated : .badValue, at: 4, field: name,
        found: "a length of \(length)", expected: byteCount(bytes.count))
    }
    try check(bytes, region, name)
    let version = try cursor.unsignedVarint(field: "version")
    guard version == 0 else {
      throw region.origin.error(
        .unsupported, at: 12, field: name, found: "version \(version)", expected: "version 0",
        advice: "update this program")
    }
    let method = try cursor.unsignedVarint(field: "compression")
    let rest = Array(bytes[cursor.position..<(bytes.count - 4)])
    switch method {
    case 0:
      let offset = region.range.lowerBound + cursor.position
      return ByteCursor(rest, origin: ByteOrigin(file: region.file.path, offset: offset))
    case 1:
      guard let body = Zstandard.decompress(rest, limit: limit) else {
        throw region.origin.error(
          .malformed, at: cursor.position, field: name, found: "data that does not decompress",
          expected: "Zstandard frames of at most \(limit) bytes")
      }
      return ByteCursor(body, origin: ByteOrigin(file: region.file.path, offset: nil))
    default:
      throw region.origin.error(
        .unsupported, at: 13, field: name, found: "compression \(method)",
        expected: "none (0) or Zstandard (1)")
    }
  }

  private static func check(
    _ bytes: [UInt8], _ region: ByteRegion, _ name: String
  ) throws(CheckpointError) {
    var sum = CRC32C()
    bytes.withUnsafeBytes { sum.update(UnsafeRawBufferPointer(rebasing: $0.dropLast(4))) }
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard sum.value == stored else {
      throw region.origin.error(
        .badChecksum, at: bytes.count - 4, field: name, found: "\(stored)",
        expected: "\(sum.value)")
    }
  }
}

extension ByteCursor {
  /// Variable-length numbers that count or place something, one after the other: a column of a table.
  mutating func column(_ count: Int, _ field: String) throws(CheckpointError) -> [Int] {
    // Each takes a byte at least.
    guard count <= remaining else {
      throw origin.error(
        .truncated, at: position, field: field, found: "\(byteCount(remaining))",
        expected: "\(count) numbers")
    }
    var numbers: [Int] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try countVarint(field)) }
    return numbers
  }

  mutating func countVarint(_ field: String) throws(CheckpointError) -> Int {
    let start = position
    let value = try unsignedVarint(field: field)
    guard let count = Int(exactly: value) else {
      throw origin.error(
        .limitExceeded, at: start, field: field, found: "\(value)", expected: "at most \(Int.max)")
    }
    return count
  }
}
