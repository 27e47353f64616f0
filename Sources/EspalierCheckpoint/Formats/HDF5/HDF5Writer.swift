import EspalierTree

/// Saves values into a copy of an HDF5 file, or of an archive around one.
///
/// Arrays that lie in the file as plain values, in one run, in chunks or in an object header, are
/// written over; checksums over them are made anew. Everything else stays byte for byte. Compressed
/// arrays would change in size and move what is behind them: they may stay as they are, but not change.
struct HDF5Writer: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] {
    _ = try source(request)
    return []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let (destination, source) = try source(request)
    return try CopyWriter.overwrite(source.file.region.file, of: destination, request) { output in
      let arrays = try writeArrays(request, source, output)
      try ZipChecksums(destination, member: source.file)?.update(output)
      return arrays
    }
  }

  private func source(
    _ request: SaveRequest
  ) throws(CheckpointError) -> (destination: Checkpoint, source: HDF5Source) {
    guard let destination = request.destination, CopyWriter.canCopy(request),
      let source = destination.values as? HDF5Source
    else {
      throw CheckpointError(
        .unsupported, file: request.path, found: "a tree without a file of this format behind it",
        expected: "values for the arrays of such a file", advice: "choose another format")
    }
    return (destination, source)
  }

  /// Returns how many arrays there are, each counted once.
  private func writeArrays(
    _ request: SaveRequest, _ source: HDF5Source, _ output: AtomicFile
  ) throws -> Int {
    var headers = HDF5HeaderPatches(source.file)
    var seen: Set<Int> = []
    for leaf in source.tree.leafIDs {
      guard let values = source.values(of: leaf), values.obstacle == nil,
        seen.insert(values.dataset.address).inserted, let array = source.tree.array(leaf)
      else { continue }
      let reader = try request.source.reader(for: leaf)
      if isUnchanged(reader, values) { continue }
      let writer = try HDF5ValueWriter(values, array, path: source.tree.path(of: leaf))
      if writer.isWritable {
        try writer.write(reader, output, &headers)
      } else {
        try checkEqual(leaf, request, source)
      }
    }
    try headers.write(to: output)
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

  private func checkEqual(
    _ leaf: LeafID, _ request: SaveRequest, _ source: HDF5Source
  ) throws {
    var new = try request.source.reader(for: leaf)
    var old = try source.reader(for: leaf)
    let unit = max(1, source.tree.dtype(of: leaf).bytesPerBlock)
    let size = (1 << 20) / unit * unit
    var buffers = ([UInt8](repeating: 0, count: size), [UInt8](repeating: 0, count: size))
    while true {
      let a = try buffers.0.withUnsafeMutableBytes { try new.read(into: $0) }
      let b = try buffers.1.withUnsafeMutableBytes { try old.read(into: $0) }
      guard a == b, buffers.0[..<a] == buffers.1[..<b] else {
        throw CheckpointError(
          .unsupported, file: request.path, place: source.tree.path(of: leaf).flatName.bytes,
          found: "new values for an array that is compressed in the file, or not whole in it",
          expected: "an array that lies in the file as plain values",
          advice: "save as safetensors, or rewrite the file without compression first")
      }
      if a == 0 { return }
      if request.monitor.report(0, 1) == false { throw Cancelled() }
    }
  }
}
