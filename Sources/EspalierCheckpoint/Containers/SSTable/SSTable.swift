import EspalierTree

/// A sorted table as LevelDB lays it out: blocks of keys and values, an index of blocks, and a
/// footer that says where the index is. TensorFlow keeps its checkpoints in such tables.
///
/// Opening reads the footer and the index. ``scan()`` goes through the entries; values of large
/// blocks stay in the file until they are asked for.
struct SSTable: Sendable {
  static let footerLength = 48
  static let signature: [UInt8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

  let region: ByteRegion
  /// Blocks of entries, in order of their keys, each with a key that is not before its last one.
  private(set) var blocks: [(handle: SSTableHandle, lastKey: [UInt8])] = []

  static func hasSignature(_ region: ByteRegion) -> Bool {
    guard region.count >= footerLength else { return false }
    return (try? region.read(at: region.count - 8, count: 8)) == signature
  }

  init(_ region: ByteRegion) throws(CheckpointError) {
    self.region = region
    guard Self.hasSignature(region) else {
      throw region.origin.error(
        .truncated, at: max(0, region.count - 8), field: "table footer",
        found: "other bytes at the end of the file", expected: "the signature of a sorted table",
        advice: "the file is cut off or not what its beginning says: download it again")
    }
    let start = region.count - Self.footerLength
    var footer = ByteCursor(
      try region.read(at: start, count: Self.footerLength),
      origin: ByteOrigin(file: region.file.path, offset: region.range.lowerBound + start))
    let metadata = try SSTableHandle(&footer, end: start)
    let index = try SSTableHandle(&footer, end: start)
    _ = try SSTableBlock(region, metadata)
    try readIndex(try SSTableBlock(region, index), end: start)
  }

  private mutating func readIndex(_ index: SSTableBlock, end: Int) throws(CheckpointError) {
    var entries = SSTableEntries(index)
    var previousEnd = 0
    var keyBytes = 0
    while let entry = try entries.next() {
      let value = try index.bytes(in: entry.range, limit: 64)
      var cursor = ByteCursor(value, origin: index.origin(at: entry.range.lowerBound))
      let handle = try SSTableHandle(&cursor, end: end)
      // Every byte of the file is looked at once at most.
      guard handle.offset >= previousEnd else {
        throw cursor.origin.error(
          .overlap, at: 0, field: "table index", found: "a block at \(handle.offset)",
          expected: "\(previousEnd) or more, where the one before it ends")
      }
      previousEnd = handle.end
      keyBytes += entry.key.count
      try checkKeyBytes(keyBytes, cursor.origin)
      blocks.append((handle, entry.key))
    }
  }

  /// A few bytes of the file may spell a long key, so all of them together have a limit.
  func checkKeyBytes(_ count: Int, _ origin: ByteOrigin) throws(CheckpointError) {
    guard count <= (64 << 20) + region.count else {
      throw origin.error(
        .limitExceeded, at: 0, field: "keys of the table", found: "more than \(count) bytes",
        expected: "as many as a file of this size needs")
    }
  }

  func scan() -> SSTableScan { SSTableScan(self) }

  /// Where a value lies in the file; nil where it lies in a packed block.
  func region(of place: SSTablePlace) throws(CheckpointError) -> ByteRegion? {
    guard !place.isPacked else { return nil }
    return try region.slice(
      at: place.block.offset + place.range.lowerBound, count: place.range.count)
  }

  /// A value in memory. Its block is unpacked again where it is packed.
  func bytes(of place: SSTablePlace) throws(CheckpointError) -> [UInt8] {
    let block = try SSTableBlock(region, place.block)
    return try block.bytes(in: place.range, limit: place.range.count)
  }
}

/// Where a block lies in the file, without the five bytes after it.
struct SSTableHandle: Sendable, Hashable {
  /// Of the packing (one byte) and the checksum (four).
  static let trailerLength = 5

  let offset: Int
  let count: Int

  /// Where the block's trailer ends.
  var end: Int { offset + count + Self.trailerLength }

  /// - Parameter end: where blocks end at the latest.
  init(_ cursor: inout ByteCursor, end: Int) throws(CheckpointError) {
    let start = cursor.position
    let offset = try cursor.unsignedVarint(field: "place of a block")
    let count = try cursor.unsignedVarint(field: "place of a block")
    let last = end - Self.trailerLength
    guard offset <= last, count <= UInt64(max(0, last)) - min(offset, UInt64(max(0, last))) else {
      throw cursor.origin.error(
        .truncated, at: start, field: "place of a block",
        found: "\(count) bytes at offset \(offset)",
        expected: "a block that ends within \(byteCount(max(0, last)))")
    }
    self.offset = Int(offset)
    self.count = Int(count)
  }
}

/// Where a value lies: a range of its block's unpacked bytes.
struct SSTablePlace: Sendable, Hashable {
  var block: SSTableHandle
  var range: Range<Int>
  var isPacked: Bool
}
