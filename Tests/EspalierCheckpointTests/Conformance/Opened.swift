import EspalierCheckpoint
import EspalierTree

/// What a checkpoint holds, wherever it lies in memory, to compare two of them.
struct Opened: Equatable {
  var format: String
  var leaves: [String]
  var values: [[UInt8]?]
  var metadata: [MetadataEntry]

  init(_ checkpoint: Checkpoint) throws {
    format = checkpoint.format.name
    let tree = checkpoint.tree
    leaves = tree.leafIDs.map { leaf in
      let kind =
        tree.value(leaf).map { "\($0)" } ?? "\(tree.dtype(of: leaf)) \(tree.shape(of: leaf))"
      return "\(tree.path(of: leaf).components) \(kind)"
    }
    values = try checkpoint.tree.leafIDs.map { leaf in
      checkpoint.hasValues(leaf) ? try checkpoint.bytes(of: leaf) : nil
    }
    metadata = checkpoint.metadata
  }

  init(_ path: FilePath) throws { try self.init(Checkpoint.open(path)) }
}

/// Opens a file and reads everything in it; errors are as good as success.
func openAndReadAll(_ path: FilePath) -> CheckpointError? {
  do throws(CheckpointError) {
    let checkpoint = try Checkpoint.open(path)
    for leaf in checkpoint.tree.leafIDs where checkpoint.hasValues(leaf) {
      try? checkpoint.withChunks(of: leaf) { _ in }
    }
    return nil
  } catch {
    return error
  }
}
