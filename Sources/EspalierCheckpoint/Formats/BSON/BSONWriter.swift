import EspalierTree

/// Saves values into a copy of a BSON file. What is not an array's values stays byte for byte.
struct BSONWriter: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] {
    _ = try CopyWriter.destination(of: request, BSONSource.self)
    return []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let (destination, source) = try CopyWriter.destination(of: request, BSONSource.self)
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
}
