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
    let new = withUnsafeBytes(of: checksum.value.littleEndian) { Array($0) }
    let start = archive.region.range.lowerBound
    for offset in try ZipChecksum(entry, of: archive).offsets {
      try output.write(new, at: start + offset)
    }
  }
}
