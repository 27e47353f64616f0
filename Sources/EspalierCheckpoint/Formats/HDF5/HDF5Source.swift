import EspalierTree

/// The arrays of an HDF5 file.
struct HDF5Source: TensorSource {
  enum Content: Sendable {
    case values(HDF5Values)
    /// Why there are no values.
    case none(String)
  }

  let tree: Tree
  let file: HDF5File
  /// By leaf number; leaves that are not arrays have none.
  private let contents: [Int32: Content]

  init(tree: Tree, file: HDF5File, contents: [Int32: Content]) {
    self.tree = tree
    self.file = file
    self.contents = contents
  }

  /// The stored values of an array leaf.
  func values(of leaf: LeafID) -> HDF5Values? {
    if case .values(let values)? = contents[leaf.raw] { return values }
    return nil
  }

  func hasValues(_ leaf: LeafID) -> Bool { values(of: leaf).map { $0.obstacle == nil } ?? false }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let content = contents[leaf.raw], let array = tree.array(leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    switch content {
    case .none(let reason): throw NoValues(tree.path(of: leaf), reason: reason)
    case .values(let values):
      if let obstacle = values.obstacle { throw NoValues(tree.path(of: leaf), reason: obstacle) }
      // One axis, or all but one of length one, have the same order either way.
      if case .contiguous(.column) = array.layout, array.shape.dimensions.count > 1 {
        if let reader = StridedReader(array, fetch: try values.fetch()) { return reader }
      }
      return try values.reader()
    }
  }
}
