import EspalierTree

/// The arrays of a BSON file.
struct BSONSource: TensorSource {
  enum Content: Sendable {
    /// In bytes from the start of the region.
    case range(Range<Int>)
    /// Why there are no values.
    case none(String)
  }

  let tree: Tree
  let region: ByteRegion
  /// By leaf number; leaves that are not arrays have none.
  private let contents: [Int32: Content]

  init(tree: Tree, region: ByteRegion, contents: [Int32: Content]) {
    self.tree = tree
    self.region = region
    self.contents = contents
  }

  /// Where the values of an array lie in the region.
  func range(of leaf: LeafID) -> Range<Int>? {
    if case .range(let range)? = contents[leaf.raw] { return range }
    return nil
  }

  func hasValues(_ leaf: LeafID) -> Bool { range(of: leaf) != nil }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let content = contents[leaf.raw], let array = tree.array(leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    switch content {
    case .none(let reason): throw NoValues(tree.path(of: leaf), reason: reason)
    case .range(let range):
      let part = try region.slice(at: range.lowerBound, count: range.count)
      if case .contiguous(.column) = array.layout {
        let fetch: StridedReader.Fetch = { offset, buffer in
          try part.read(at: offset, into: buffer)
        }
        if let reader = StridedReader(array, fetch: fetch) { return reader }
      }
      return FileRangeReader(part)
    }
  }
}
