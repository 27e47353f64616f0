import EspalierTree

/// The weights of a `.keras` that holds them compressed, which were unpacked to be read: they are
/// saved by compressing them again.
struct CompressedWeights {
  private let destination: Checkpoint
  private let archive: ZipArchive
  private let entry: ZipEntry
  private let unpacked: InputFile

  /// - Returns: nil where the weights lie in the destination's file itself.
  init?(_ destination: Checkpoint, _ weights: HDF5File) throws(CheckpointError) {
    guard destination.format is Keras, let file = destination.files.first,
      file !== weights.region.file
    else { return nil }
    archive = try ZipArchive(ByteRegion(file))
    guard let entry = try archive.entry(Keras.weights) else { return nil }
    self.entry = entry
    self.destination = destination
    unpacked = weights.region.file
  }

  /// - Parameter body: writes over values in a copy of the weights; returns how many arrays there are.
  func save(
    _ request: SaveRequest, _ body: (AtomicFile) throws -> Int
  ) throws -> SaveReport {
    var arrays = 0
    let content = try ZipCopy.Content.file(beside: request.path) { output in
      try output.copy(0..<unpacked.size, of: unpacked)
      arrays = try body(output)
      return try !isUnchanged(output)
    }
    var contents: [Int: ZipCopy.Content] = [:]
    contents[archive.region.range.lowerBound + entry.headerOffset] = content
    var file = SavePlan.File(path: request.path)
    file.pieces = try ZipCopy(archive, FileEdits(), contents).pieces()
    let files = try SavePlan(files: [file]).run(request)
    return SaveReport(
      format: destination.format.name, files: files, arrays: arrays, losses: [])
  }

  private func isUnchanged(_ output: AtomicFile) throws -> Bool {
    var at = 0
    while at < unpacked.size {
      let end = min(unpacked.size, at + 1 << 20)
      let part = at..<end
      if try output.read(part) != unpacked.read(at: at, count: part.count) { return false }
      at = end
    }
    return output.position == unpacked.size
  }
}
