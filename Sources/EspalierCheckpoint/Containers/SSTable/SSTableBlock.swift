import EspalierTree

/// A block of a sorted table: entries, then the offsets of those whose keys stand in full.
struct SSTableBlock: Sendable {
  /// Larger blocks hold values that are too large to be read before they are asked for.
  static let memoryLimit = 1 << 20
  private static let unpackedLimit = 1 << 30

  private enum Content: Sendable {
    case memory([UInt8])
    case file(ByteRegion)
  }

  let handle: SSTableHandle
  let isPacked: Bool
  /// Where the entries end.
  let entriesEnd: Int
  /// Offsets of the entries whose keys share nothing with the one before.
  let restarts: [Int]
  private let content: Content
  private let source: ByteOrigin

  /// Reads and checks a block. The checksum of one that stays in the file is not looked at.
  init(_ region: ByteRegion, _ handle: SSTableHandle) throws(CheckpointError) {
    self.handle = handle
    let all = try region.slice(
      at: handle.offset, count: handle.count + SSTableHandle.trailerLength)
    let packing = try all.read(at: handle.count, count: 1)[0]
    guard packing <= 1 else {
      throw all.origin.error(
        .unsupported, at: handle.count, field: "packing of a block", found: "\(packing)",
        expected: "0 (none) or 1 (Snappy)")
    }
    isPacked = packing == 1
    if !isPacked, handle.count > Self.memoryLimit {
      content = .file(try all.slice(at: 0, count: handle.count))
      source = all.origin
    } else {
      let bytes = try Self.checked(all)
      source = isPacked ? ByteOrigin(file: region.file.path, offset: nil) : all.origin
      content = .memory(
        isPacked
          ? try Snappy.unpack(bytes, origin: all.origin, limit: Self.unpackedLimit) : bytes)
    }
    (entriesEnd, restarts) = try Self.restarts(content, source)
  }

  /// The block's bytes without their trailer, whose checksum is right.
  private static func checked(_ all: ByteRegion) throws(CheckpointError) -> [UInt8] {
    var bytes = try all.read(at: 0, count: all.count)
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    bytes.removeLast(4)
    let sum = CRC32C.masked(bytes)
    bytes.removeLast()
    guard sum == stored else {
      throw all.origin.error(
        .badChecksum, at: 0, field: "block of the table", found: "CRC-32C \(sum)",
        expected: "\(stored)", advice: "the file is damaged: copy or download it again")
    }
    return bytes
  }

  private static func restarts(
    _ content: Content, _ origin: ByteOrigin
  ) throws(CheckpointError) -> (entriesEnd: Int, offsets: [Int]) {
    let size = count(content)
    guard size >= 4 else {
      throw origin.error(
        .truncated, at: 0, field: "block of the table", found: byteCount(size), expected: "4 bytes")
    }
    let number = Int(word(try read(content, size - 4, 4, origin), 0))
    guard number > 0, number <= (size - 4) / 4 else {
      throw origin.error(
        .badValue, at: size - 4, field: "number of whole keys", found: "\(number)",
        expected: "1 to \((size - 4) / 4)")
    }
    let end = size - 4 - number * 4
    let bytes = try read(content, end, number * 4, origin)
    var offsets: [Int] = []
    offsets.reserveCapacity(number)
    for index in 0..<number {
      let offset = Int(word(bytes, index * 4))
      guard offset <= end, offset > offsets.last ?? -1 else {
        throw origin.error(
          .badValue, at: end + index * 4, field: "offset of a whole key", found: "\(offset)",
          expected: "a larger one than before it, at most \(end)")
      }
      offsets.append(offset)
    }
    return (end, offsets)
  }

  // MARK: Bytes

  func bytes(in range: Range<Int>, limit: Int) throws(CheckpointError) -> [UInt8] {
    guard range.count <= limit else {
      throw source.error(
        .limitExceeded, at: range.lowerBound, field: "value of the table",
        found: byteCount(range.count), expected: "at most \(byteCount(limit))")
    }
    return try Self.read(content, range.lowerBound, range.count, source)
  }

  /// For errors about what lies at a position.
  func origin(at position: Int) -> ByteOrigin {
    ByteOrigin(file: source.file, offset: source.offset.map { $0 + position })
  }

  private static func count(_ content: Content) -> Int {
    switch content {
    case .memory(let bytes): bytes.count
    case .file(let region): region.count
    }
  }

  private static func read(
    _ content: Content, _ offset: Int, _ count: Int, _ origin: ByteOrigin
  ) throws(CheckpointError) -> [UInt8] {
    switch content {
    case .file(let region): return try region.read(at: offset, count: count)
    case .memory(let bytes):
      guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
        throw origin.error(
          .truncated, at: max(0, offset), field: "block of the table",
          found: byteCount(bytes.count), expected: byteCount(count))
      }
      return Array(bytes[offset..<offset + count])
    }
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
