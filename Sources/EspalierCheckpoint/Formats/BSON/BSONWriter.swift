import EspalierTree

/// Saves values into a copy of a BSON file. What is not an array's values stays byte for byte.
struct BSONWriter: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] {
    _ = try source(request)
    return []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let (destination, source) = try source(request)
    let file = source.region.file
    return try CopyWriter.overwrite(file, of: destination, request) { output in
      // A tied array has one place; the first of its leaves is written.
      var seen: Set<Int> = []
      for leaf in source.tree.leafIDs {
        guard let range = source.range(of: leaf), let array = source.tree.array(leaf),
          seen.insert(range.lowerBound).inserted
        else { continue }
        let blocks = StoredBlocks(array: array, path: source.tree.path(of: leaf), file: file.path)
        try blocks.write(
          try request.source.reader(for: leaf), to: output,
          at: source.region.range.lowerBound + range.lowerBound)
      }
      return seen.count
    }
  }

  private func source(
    _ request: SaveRequest
  ) throws(CheckpointError) -> (destination: Checkpoint, source: BSONSource) {
    guard let destination = request.destination, CopyWriter.canCopy(request),
      let source = destination.values as? BSONSource
    else {
      throw CheckpointError(
        .unsupported, file: request.path, found: "a tree without a file of this format behind it",
        expected: "values for the arrays of such a file", advice: "choose another format")
    }
    return (destination, source)
  }
}
