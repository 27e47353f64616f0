import EspalierTree

/// Saves values into a copy of an HDF5 file, or of an archive around one.
///
/// Arrays that lie in the file as plain values, in one run, in chunks or in an object header, are
/// written over; chunks that are compressed are compressed anew. Checksums over all of them are made
/// anew. Everything else stays byte for byte.
struct HDF5Writer: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] {
    _ = try CopyWriter.destination(of: request, HDF5Source.self)
    return []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let (destination, source) = try CopyWriter.destination(of: request, HDF5Source.self)
    if let weights = try CompressedWeights(destination, source.file) {
      return try weights.save(request) { try writeArrays(request, source, $0) }
    }
    return try CopyWriter.overwrite(source.file.region.file, of: destination, request) { output in
      let arrays = try writeArrays(request, source, output)
      try ZipChecksums(destination, member: source.file)?.update(output)
      return arrays
    }
  }

  /// Returns how many arrays there are, each counted once.
  private func writeArrays(
    _ request: SaveRequest, _ source: HDF5Source, _ output: AtomicFile
  ) throws -> Int {
    var patches = HDF5Patches(source.file)
    var end = try HDF5FileEnd(source.file)
    var seen: Set<Int> = []
    for leaf in source.tree.leafIDs {
      guard let values = source.values(of: leaf), values.obstacle == nil,
        seen.insert(values.dataset.address).inserted, let array = source.tree.array(leaf)
      else { continue }
      if isUnchanged(try request.source.reader(for: leaf), values) { continue }
      let writer = try HDF5ValueWriter(values, array, path: source.tree.path(of: leaf))
      let isWritten = try writer.write(
        { try request.source.reader(for: leaf) }, output, &patches, &end)
      if !isWritten {
        try UnchangedValues.check(
          leaf, request, source, "new values for an array that was never written to the file",
          advice: "save as safetensors")
      }
    }
    try end.update(&patches)
    try patches.write(to: output)
    return seen.count
  }

  /// Whether the values are the very bytes that the copy has already.
  private func isUnchanged(_ reader: any TensorReader, _ values: HDF5Values) -> Bool {
    guard let plain = reader as? FileRangeReader, let run = values.run,
      plain.file === values.file.region.file, values.element.swapped == 1
    else { return false }
    let start = values.file.region.range.lowerBound
    return plain.rest == (start + run.lowerBound)..<(start + run.upperBound)
  }
}
