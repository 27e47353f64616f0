import EspalierTree

/// Reads the central directory of a zip archive, zip64 included.
///
/// Counts and sizes are believed only as far as bytes are there: a directory that does not fill exactly
/// the room it claims, or members that overlap, are refused.
struct ZipDirectory {
  /// More than any checkpoint has, less than would fill the memory.
  static let entryLimit = 4_000_000
  static let sizeLimit = 512 << 20

  let region: ByteRegion
  /// Bytes before the archive proper, as in a self-extracting file: offsets count from their end.
  private(set) var start = 0
  private(set) var entries: [ZipEntry] = []
  /// Where the directory lies, in the region.
  private(set) var range = 0..<0
  /// Where the archive's comment lies, in the region.
  private(set) var comment = 0..<0

  private struct End {
    var position: Int
    var entryCount: UInt64
    var directorySize: UInt64
    var directoryOffset: UInt64
  }

  init(_ region: ByteRegion) throws(CheckpointError) {
    self.region = region
    let end = try findEnd()
    let size = try within(end.directorySize, limit: end.position, "size of the directory", end)
    let offset = try within(
      end.directoryOffset, limit: end.position - size, "offset of the directory", end)
    guard size <= Self.sizeLimit, end.entryCount <= UInt64(Self.entryLimit) else {
      throw region.origin.error(
        .limitExceeded, at: end.position, field: "zip directory",
        found: "\(end.entryCount) members in \(size) bytes",
        expected: "at most \(Self.entryLimit) in \(Self.sizeLimit)")
    }
    start = end.position - size - offset
    range = (start + offset)..<end.position
    let bytes = try region.read(at: range.lowerBound, count: size)
    let origin = ByteOrigin(
      file: region.file.path, offset: region.range.lowerBound + start + offset)
    var cursor = ByteCursor(bytes, origin: origin)
    while !cursor.isAtEnd { entries.append(try entry(&cursor)) }
    guard UInt64(entries.count) == end.entryCount else {
      throw region.origin.error(
        .badHeader, at: end.position, field: "number of members", found: "\(end.entryCount)",
        expected: "\(entries.count), as the directory holds")
    }
    try checkOverlaps(directory: start + offset)
  }

  // MARK: The end of the archive

  private static let endSize = 22
  private static let locatorSize = 20

  private mutating func findEnd() throws(CheckpointError) -> End {
    let tailSize = min(region.count, Self.endSize + 0xffff)
    let tail = try region.read(at: region.count - tailSize, count: tailSize)
    let signature: [UInt8] = [0x50, 0x4b, 5, 6]
    var index = tail.count - Self.endSize
    while index >= 0 {
      if tail[index] == signature[0], tail[index..<(index + 4)].elementsEqual(signature) {
        // The comment must reach exactly to the end, or this is data that looks like a record.
        let comment = Int(tail[index + 20]) | Int(tail[index + 21]) << 8
        if index + Self.endSize + comment == tail.count {
          self.comment = (region.count - comment)..<region.count
          return try end(at: region.count - tailSize + index)
        }
      }
      index -= 1
    }
    throw region.origin.error(
      .truncated, at: region.count, field: "zip archive", found: "no end record",
      expected: "a zip archive's end record in the last \(tailSize) bytes")
  }

  private func end(at position: Int) throws(CheckpointError) -> End {
    var cursor = try self.cursor(at: position, count: Self.endSize)
    try cursor.skip(4, field: "signature")
    let disk: UInt16 = try cursor.integer(field: "disk number")
    let directoryDisk: UInt16 = try cursor.integer(field: "disk of the directory")
    let here: UInt16 = try cursor.integer(field: "members on this disk")
    let total: UInt16 = try cursor.integer(field: "number of members")
    let size: UInt32 = try cursor.integer(field: "size of the directory")
    let offset: UInt32 = try cursor.integer(field: "offset of the directory")
    // PyTorch writes the zip64 record always, so its presence decides and not what overflows.
    if let large = try largeEnd(before: position) {
      let agrees =
        here == total && (total == .max || UInt64(total) == large.entryCount)
        && (size == .max || UInt64(size) == large.directorySize)
        && (offset == .max || UInt64(offset) == large.directoryOffset)
      guard agrees else {
        throw region.origin.error(
          .badHeader, at: position, field: "end record",
          found: "\(total) members in \(size) bytes at \(offset)",
          expected: "what the zip64 record says")
      }
      return large
    }
    guard disk == 0, directoryDisk == 0, here == total else {
      throw region.origin.error(
        .unsupported, at: position, field: "zip archive", found: "an archive of several parts",
        expected: "one file")
    }
    return End(
      position: position, entryCount: UInt64(total), directorySize: UInt64(size),
      directoryOffset: UInt64(offset))
  }

  /// The zip64 end record, which a locator right before the ordinary one points to.
  private func largeEnd(before position: Int) throws(CheckpointError) -> End? {
    guard position >= Self.locatorSize else { return nil }
    var locator = try cursor(at: position - Self.locatorSize, count: Self.locatorSize)
    guard try locator.integer(UInt32.self, field: "signature") == 0x0706_4b50 else { return nil }
    try locator.skip(4, field: "disk number")
    let claimed = try locator.count(UInt64.self, field: "offset of the zip64 end record")
    // With bytes before the archive the record is not where it says but right before the locator.
    let adjacent = position - Self.locatorSize - 56
    for place in [claimed, adjacent] where place >= 0 && place <= adjacent {
      var cursor = try cursor(at: place, count: 56)
      guard try cursor.integer(UInt32.self, field: "signature") == 0x0606_4b50 else { continue }
      try cursor.skip(20, field: "versions and disks")
      let here: UInt64 = try cursor.integer(field: "members on this disk")
      let total: UInt64 = try cursor.integer(field: "number of members")
      let size: UInt64 = try cursor.integer(field: "size of the directory")
      let offset: UInt64 = try cursor.integer(field: "offset of the directory")
      guard here == total else { continue }
      return End(
        position: place, entryCount: total, directorySize: size, directoryOffset: offset)
    }
    throw region.origin.error(
      .badHeader, at: position - Self.locatorSize, field: "zip64 locator",
      found: "offset \(claimed)", expected: "the offset of a zip64 end record")
  }

  private func cursor(at position: Int, count: Int) throws(CheckpointError) -> ByteCursor {
    let part = try region.slice(at: position, count: count)
    return ByteCursor(try part.readAll(limit: count, field: "zip"), origin: part.origin)
  }

  private func within(
    _ value: UInt64, limit: Int, _ field: String, _ end: End
  ) throws(CheckpointError) -> Int {
    guard let value = Int(exactly: value), value <= limit else {
      throw region.origin.error(
        .badHeader, at: end.position, field: field, found: "\(value)", expected: "at most \(limit)")
    }
    return value
  }

  // MARK: Members

  private func entry(_ cursor: inout ByteCursor) throws(CheckpointError) -> ZipEntry {
    let position = cursor.position
    guard try cursor.integer(UInt32.self, field: "zip directory") == 0x0201_4b50 else {
      throw cursor.origin.error(
        .badHeader, at: position, field: "zip directory", found: "other bytes",
        expected: "the signature of a member")
    }
    try cursor.skip(4, field: "versions")
    let flags: UInt16 = try cursor.integer(field: "flags")
    let method: UInt16 = try cursor.integer(field: "compression method")
    try cursor.skip(4, field: "time")
    let crc: UInt32 = try cursor.integer(field: "CRC-32")
    let compressed: UInt32 = try cursor.integer(field: "compressed size")
    let size: UInt32 = try cursor.integer(field: "size")
    let nameCount: UInt16 = try cursor.integer(field: "length of the name")
    let extraCount: UInt16 = try cursor.integer(field: "length of the extra field")
    let commentCount: UInt16 = try cursor.integer(field: "length of the comment")
    try cursor.skip(8, field: "attributes")
    let offset: UInt32 = try cursor.integer(field: "offset of the member")
    let name = try cursor.read(Int(nameCount), field: "name")
    var sizes = LargeSizes(size: size, compressed: compressed, offset: offset)
    let extra = try cursor.read(Int(extraCount), field: "extra field")
    try sizes.take(from: extra, origin: cursor.origin, at: position)
    try cursor.skip(Int(commentCount), field: "comment")
    guard let offset = sizes.offset, let size = sizes.size, let compressed = sizes.compressed,
      offset <= region.count - start, compressed <= region.count - start - offset
    else {
      throw cursor.origin.error(
        .truncated, at: position, field: visibleText(name),
        found: "a member beyond the end of the archive",
        expected: "a member within \(region.count) bytes")
    }
    return ZipEntry(
      name: name, method: method == 0 ? .stored : method == 8 ? .deflated : .other(method),
      isEncrypted: flags & 1 != 0, crc32: crc, compressedSize: compressed, size: size,
      headerOffset: start + offset, recordOffset: range.lowerBound + position)
  }

  /// The three numbers that move into an extra field when they do not fit 32 bits.
  private struct LargeSizes {
    var size: Int?
    var compressed: Int?
    var offset: Int?
    private var missing: [WritableKeyPath<LargeSizes, Int?>] = []

    init(size: UInt32, compressed: UInt32, offset: UInt32) {
      self.size = Int(size)
      self.compressed = Int(compressed)
      self.offset = Int(offset)
      if size == .max { missing.append(\.size) }
      if compressed == .max { missing.append(\.compressed) }
      if offset == .max { missing.append(\.offset) }
    }

    mutating func take(
      from extra: [UInt8], origin: ByteOrigin, at position: Int
    ) throws(CheckpointError) {
      guard !missing.isEmpty else { return }
      var cursor = ByteCursor(extra, origin: ByteOrigin(file: origin.file, offset: nil))
      while cursor.remaining >= 4 {
        let tag: UInt16 = try cursor.integer(field: "extra field")
        let count: UInt16 = try cursor.integer(field: "extra field")
        guard tag == 1 else {
          try cursor.skip(min(Int(count), cursor.remaining), field: "extra field")
          continue
        }
        for path in missing {
          let value: UInt64 = try cursor.integer(field: "zip64 size")
          self[keyPath: path] = Int(exactly: value)
        }
        return
      }
    }
  }

  /// Each member needs its header, name and data for itself, before the directory.
  private func checkOverlaps(directory: Int) throws(CheckpointError) {
    let ordered = entries.sorted { $0.headerOffset < $1.headerOffset }
    for (index, entry) in ordered.enumerated() {
      let next = index + 1 < ordered.count ? ordered[index + 1].headerOffset : directory
      let needed = 30 + entry.name.count + entry.compressedSize
      guard next - entry.headerOffset >= needed else {
        throw region.origin.error(
          .overlap, at: entry.headerOffset, field: visibleText(entry.name),
          found: "\(max(0, next - entry.headerOffset)) bytes before the next member",
          expected: "\(needed) bytes")
      }
    }
  }
}
