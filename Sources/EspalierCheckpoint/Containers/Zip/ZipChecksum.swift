/// Where the CRC-32 of a member stands in an archive: in the directory, and in the local header or in
/// a descriptor after the data.
struct ZipChecksum {
  /// In the archive's region, four bytes.
  let inDirectory: Int
  /// The same, at the member itself.
  private(set) var atMember: [Int] = []

  init(_ entry: ZipEntry, of archive: ZipArchive) throws(CheckpointError) {
    inDirectory = entry.recordOffset + 16
    let header = try archive.region.read(at: entry.headerOffset, count: 30)
    let descriptor = try ZipDescriptor(entry, of: archive)
    let known = Array(header[14..<18])
    // A streamed member may still have it in its header.
    if descriptor == nil || known == littleEndianBytes(entry.crc32) && known != [0, 0, 0, 0] {
      atMember.append(entry.headerOffset + 14)
    }
    if let descriptor { atMember.append(descriptor.checksumOffset) }
  }
}

/// What a member that was written to a stream has after its data: its checksum and its sizes.
struct ZipDescriptor {
  /// In the archive's region.
  let checksumOffset: Int
  /// Of the first byte after it, in the archive's region.
  let end: Int

  /// - Returns: nil where the member's flags say that there is none.
  init?(_ entry: ZipEntry, of archive: ZipArchive) throws(CheckpointError) {
    let region = archive.region
    let flags = try region.read(at: entry.headerOffset + 6, count: 2)
    guard flags[0] & 8 != 0 else { return nil }
    let data = try archive.data(of: entry).range.upperBound - region.range.lowerBound
    let expected = littleEndianBytes(entry.crc32)
    let after = try region.read(at: data, count: min(24, region.count - data))
    let signature: [UInt8] = [0x50, 0x4b, 7, 8]
    let isSigned = after.starts(with: signature + expected)
    guard isSigned || after.starts(with: expected) else {
      throw region.origin.error(
        .badHeader, at: data, field: "descriptor after the member", found: "another checksum",
        expected: "the one in the directory")
    }
    checksumOffset = data + (isSigned ? 4 : 0)
    let sizes = after.dropFirst(isSigned ? 8 : 4)
    let large =
      littleEndianBytes(UInt64(entry.compressedSize)) + littleEndianBytes(UInt64(entry.size))
    end = checksumOffset + 4 + (sizes.starts(with: large) ? 16 : 8)
  }
}
