/// The checksums that an archive has of a member whose bytes were written over.
struct ZipChecksums {
  private let archive: ZipArchive
  private let entry: ZipEntry
  private let member: ByteRegion

  /// - Parameter member: the file that is a member of the destination's archive.
  /// - Returns: nil where the destination is no archive.
  init?(_ destination: Checkpoint, member: HDF5File) throws(CheckpointError) {
    let whole = ByteRegion(member.region.file)
    guard destination.format is Keras else { return nil }
    archive = try ZipArchive(whole)
    guard let entry = try archive.entry(Keras.weights), let region = try archive.stored(entry)
    else {
      return nil
    }
    self.entry = entry
    self.member = region
  }

  /// Computes the checksum over what was written, and puts it where the archive has it.
  func update(_ output: AtomicFile) throws(CheckpointError) {
    var checksum = CRC32()
    var at = member.range.lowerBound
    while at < member.range.upperBound {
      let end = min(member.range.upperBound, at + 1 << 20)
      checksum.update(try output.read(at..<end))
      at = end
    }
    guard checksum.value != entry.crc32 else { return }
    func bytes(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
    let new = bytes(checksum.value)
    try output.write(new, at: entry.recordOffset + 16)
    let start = archive.region.range.lowerBound + entry.headerOffset
    // Written while streaming, the header leaves the checksum to a record behind the data.
    let flags = try archive.region.read(at: entry.headerOffset + 6, count: 1)
    if flags.first.map({ $0 & 8 == 0 }) ?? true {
      try output.write(new, at: start + 14)
      return
    }
    let end = member.range.upperBound
    guard end + 8 <= member.file.size else { return }
    let record = try member.file.read(at: end, count: 8)
    if record.starts(with: [0x50, 0x4b, 0x07, 0x08]) {
      try output.write(new, at: end + 4)
    } else if record.starts(with: bytes(entry.crc32)) {
      try output.write(new, at: end)
    }
  }
}
