import EspalierTree

/// The arrays of a TensorFlow checkpoint.
struct TensorFlowSource: TensorSource {
  enum Content: Sendable {
    case whole(StoredValues)
    case parts([SlicedReader.Part])
    /// Why there are no values.
    case none(String)
  }

  let tree: Tree
  /// By leaf number; leaves that are not arrays have none.
  private let contents: [Int32: Content]

  init(tree: Tree, contents: [Int32: Content]) {
    self.tree = tree
    self.contents = contents
  }

  func hasValues(_ leaf: LeafID) -> Bool {
    switch contents[leaf.raw] {
    case .whole, .parts: true
    case .some(.none), nil: false
    }
  }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let content = contents[leaf.raw], let array = tree.array(leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    switch content {
    case .none(let reason): throw NoValues(tree.path(of: leaf), reason: reason)
    case .whole(let values): return try values.reader()
    case .parts(let parts):
      return try SlicedReader(array, parts, name: tree.path(of: leaf))
    }
  }
}
