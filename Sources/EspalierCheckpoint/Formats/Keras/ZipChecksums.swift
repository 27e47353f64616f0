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
    let checksum = try output.checksum(of: member.range)
    guard checksum != entry.crc32 else { return }
    let start = archive.region.range.lowerBound
    let places = try ZipChecksum(entry, of: archive)
    for offset in [places.inDirectory] + places.atMember {
      try output.write(littleEndianBytes(checksum), at: start + offset)
    }
  }
}
