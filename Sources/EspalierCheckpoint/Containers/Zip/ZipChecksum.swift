/// Where the CRC-32 of a member stands in an archive: in the directory, and in the local header or in
/// a descriptor after the data.
struct ZipChecksum {
  /// In the archive's region, four bytes each.
  private(set) var offsets: [Int]

  init(_ entry: ZipEntry, of archive: ZipArchive) throws(CheckpointError) {
    let region = archive.region
    let header = try region.read(at: entry.headerOffset, count: 30)
    offsets = [entry.recordOffset + 16]
    let expected = withUnsafeBytes(of: entry.crc32.littleEndian) { Array($0) }
    let isStreamed = header[6] & 8 != 0
    let known = Array(header[14..<18])
    // A streamed member may still have it in its header.
    if !isStreamed || known == expected && known != [0, 0, 0, 0] {
      offsets.append(entry.headerOffset + 14)
    }
    guard isStreamed else { return }
    let data = try archive.data(of: entry)
    let end = data.range.upperBound - region.range.lowerBound
    let signature: [UInt8] = [0x50, 0x4b, 7, 8]
    let after = try region.read(at: end, count: min(8, region.count - end))
    if after.starts(with: signature), after.count == 8, Array(after[4...]) == expected {
      offsets.append(end + 4)
    } else if after.starts(with: expected) {
      offsets.append(end)
    } else {
      throw region.origin.error(
        .badHeader, at: end, field: "descriptor after the member", found: "another checksum",
        expected: "the one in the directory")
    }
  }
}
