import EspalierTree

/// An opened checkpoint: a tree of descriptions now, values on demand.
///
///     let model = try Checkpoint.open("model.safetensors")
///     print(model.tree.dump)
///
/// Opening reads headers only. The files stay open for as long as the checkpoint lives.
public final class Checkpoint: TensorSource {
  /// As the user named it: a file, or a folder.
  public let path: FilePath
  /// The format that the content was known by.
  public let format: any CheckpointFormat
  /// Everything in the file.
  public let tree: Tree
  /// The node where the weights are.
  public let root: NodeID
  /// What the file says about itself, in its order.
  public let metadata: [MetadataEntry]
  /// Sentences for the user, among them why ``root`` is not the tree's own.
  public let notes: [String]
  /// What a user should know before handing the file to another program.
  public let findings: [Finding]
  /// All files it was read from; those with values, in order of ``Shards/files``, first.
  public let files: [InputFile]
  /// How the tree is spread over files; nil for one file.
  public let shards: Shards?

  let values: any TensorSource

  init(
    path: FilePath, format: any CheckpointFormat, content: OpenedContent, root: NodeID,
    notes: [String], files: [InputFile], shards: Shards? = nil
  ) {
    self.path = path
    self.format = format
    self.root = root
    self.notes = notes
    self.files = files
    self.shards = shards
    tree = content.values.tree
    values = content.values
    metadata = content.metadata
    findings = content.findings
  }

  /// The path to ``root``, empty when that is the tree's own.
  public var rootPath: TreePath { tree.path(of: root) }

  /// Bytes of all files together.
  public var size: Int { files.reduce(0) { $0 &+ $1.size } }

  public func hasValues(_ leaf: LeafID) -> Bool { values.hasValues(leaf) }

  public func reader(for leaf: LeafID) throws -> any TensorReader { try values.reader(for: leaf) }
  public func memoryReader(for leaf: LeafID) throws -> (any TensorReader)? {
    try values.memoryReader(for: leaf)
  }

  /// Throws `changedOnDisk` when a file is not what it was when it was opened.
  public func checkUnchanged() throws(CheckpointError) {
    for file in files { try file.checkUnchanged() }
  }
}

/// The files of a checkpoint that is spread over several.
public struct Shards: Sendable {
  /// The index file, where there is one.
  public var index: InputFile?
  /// File names of the shards, in the order in which they were read.
  public var names: [[UInt8]]
  /// The open shards, in the order of ``names``.
  public var files: [InputFile]
}
