import EspalierTree

/// Saves values into a copy of a GGUF file, in its byte order. Metadata, table and padding stay byte
/// for byte, and so do tensors of quantised blocks, which may not change: blocks are made from
/// numbers in a way that every type has of its own.
struct GGUFWriter: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] {
    let (destination, source) = try CopyWriter.destination(of: request, GGUFSource.self)
    try checkBlocks(request, source, destination)
    return []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let (destination, source) = try CopyWriter.destination(of: request, GGUFSource.self)
    try checkBlocks(request, source, destination)
    let file = source.region.file
    return try CopyWriter.overwrite(file, of: destination, request) { output in
      // A tied tensor has one place; the first of its leaves is written.
      var seen: Set<Int> = []
      for leaf in source.tree.leafIDs {
        guard let range = source.range(of: leaf), let array = source.tree.array(leaf),
          seen.insert(range.lowerBound).inserted, array.dtype.isWholeBytes
        else { continue }
        let blocks = StoredBlocks(array: array, path: source.tree.path(of: leaf), file: file.path)
        var reader = try request.source.reader(for: leaf)
        if source.byteOrder == .big, array.dtype.bytesPerBlock > 1 {
          reader = SwappingReader(reader, itemSize: array.dtype.componentSize)
        }
        try blocks.write(reader, to: output, at: source.region.range.lowerBound + range.lowerBound)
      }
      return seen.count
    }
  }

  /// Throws where a tensor of quantised blocks is to have other values.
  private func checkBlocks(
    _ request: SaveRequest, _ source: GGUFSource, _ destination: Checkpoint
  ) throws {
    for leaf in source.tree.leafIDs {
      guard let array = source.tree.array(leaf), !array.dtype.isWholeBytes else { continue }
      if source.hasValues(leaf) {
        if try UnchangedValues.areEqual(leaf, request.source, destination) { continue }
      } else if !request.source.hasValues(leaf) {
        continue
      }
      throw CheckpointError(
        .unsupported, file: request.path, place: source.tree.path(of: leaf).flatName.bytes,
        found: "new values for a tensor of quantised blocks (\(array.dtype))",
        expected: "the values that it has, or a tensor of plain numbers",
        advice: "load into an unquantised GGUF file and quantise that with llama.cpp")
    }
  }
}
