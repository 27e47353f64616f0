import EspalierTree

/// A file that has been opened: its tree and what the head line says about it.
public struct OpenFile: Sendable {
  /// As the user gave it.
  public var path: String
  /// The format's name.
  public var format: String
  /// Of the file, or of all shards together; nil where there is no file.
  public var byteCount: Int?
  public var tree: Tree
  /// Where the rows begin: the container that was entered, or the tree's own root.
  public var rootNode: NodeID
  /// The container that was entered (`state_dict`), if any.
  public var root: String?
  /// Where names in rules begin: the tree's own root, or the container that the user named.
  public var nameRoot = NodeID.root
  /// Whether the format lists dimensions fastest first; rules speak of the slowest first.
  public var reversesShapes = false
  /// How the tree came about, when rules changed it.
  public var repair: Repair?
  /// One sentence about how it was opened, when there is something to say.
  public var note: String?
  /// Everything there is to say about how it was opened.
  public var notes: [String] = []
  /// What the file says about itself.
  public var metadata: [FileFact] = []
  /// Whether it is no file but a model of the running program, which a load changes at once.
  public var isModel: Bool

  public init(
    path: String, format: String, byteCount: Int? = nil, tree: Tree, rootNode: NodeID = .root,
    root: String? = nil, note: String? = nil, isModel: Bool = false
  ) {
    self.isModel = isModel
    self.rootNode = rootNode
    self.path = path
    self.format = format
    self.byteCount = byteCount
    self.tree = tree
    self.root = root
    self.note = note
  }
}

extension OpenFile: Equatable {
  /// Trees are compared by identity: a frame may not cost a walk over a million nodes.
  public static func == (a: OpenFile, b: OpenFile) -> Bool {
    a.path == b.path && a.format == b.format && a.byteCount == b.byteCount
      && a.tree.isIdentical(to: b.tree) && a.rootNode == b.rootNode && a.root == b.root
      && a.note == b.note && a.notes == b.notes && a.metadata == b.metadata
      && a.nameRoot == b.nameRoot && a.reversesShapes == b.reversesShapes
      && a.repair == b.repair && a.isModel == b.isModel
  }
}

/// Where one side of the interface stands.
public enum SideState: Equatable, Sendable {
  /// No file was asked for: one file alone.
  case none
  /// Being read; bytes or tensors done and in all, where known.
  case opening(path: String, done: Int, total: Int)
  case open(OpenFile)
  case failed(path: String, sentence: String)

  public var file: OpenFile? {
    if case .open(let file) = self { return file }
    return nil
  }

  public var path: String? {
    switch self {
    case .none: nil
    case .opening(let path, _, _), .failed(let path, _): path
    case .open(let file): file.path
    }
  }
}
