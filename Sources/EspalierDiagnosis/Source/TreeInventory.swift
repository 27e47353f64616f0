import EspalierTree

extension Inventory {
  /// The arrays of a tree, in file order, and beside them what it says in numbers and words.
  ///
  /// - Parameters:
  ///   - root: where names begin. The tree's own root shows containers, too.
  ///   - reversesShapes: for files that list dimensions fastest first (GGUF); the engine wants the
  ///     slowest first.
  ///   - metadata: what the file says about itself.
  ///   - keeps: which leaves are taken; all without it.
  public init(
    _ tree: Tree, at root: NodeID = .root, reversesShapes: Bool = false,
    metadata: [String: String] = [:], keeps: TreeFilter.Predicate? = nil
  ) {
    var facts: [TensorFacts] = []
    var metadata = metadata
    var firstOfTie: [Int: Int] = [:]
    for leaf in Inventory.leaves(of: tree, below: root) where keeps?(tree.node(of: leaf)) ?? true {
      let name = tree.path(of: tree.node(of: leaf), below: root).flatName.bytes
      guard let array = tree.array(leaf) else {
        metadata[String(decoding: name, as: UTF8.self)] = tree.value(leaf)?.description ?? ""
        continue
      }
      let isColumn = array.order == .column && array.shape.rank > 1
      if isColumn, !reversesShapes { metadata["memory order"] = "column-major" }
      var tiedTo: Int?
      if let tie = tree.tie(of: leaf) {
        tiedTo = firstOfTie[tie]
        if tiedTo == nil { firstOfTie[tie] = facts.count }
      }
      facts.append(
        TensorFacts(
          name: name,
          shape: reversesShapes ? array.shape.dimensions.reversed() : array.shape.dimensions,
          dtype: array.dtype.name, tiedTo: tiedTo))
    }
    self.init(tensors: facts, metadata: metadata)
    container = tree.path(of: root).segments.map(\.name.bytes)
  }

  /// The leaves whose tensors ``init(_:at:reversesShapes:metadata:keeps:)`` lists, in its order.
  public static func arrayLeaves(
    of tree: Tree, below root: NodeID, keeps: TreeFilter.Predicate? = nil
  ) -> [LeafID] {
    leaves(of: tree, below: root).filter {
      tree.kind(of: $0) == .array && keeps?(tree.node(of: $0)) ?? true
    }
  }

  private static func leaves(of tree: Tree, below root: NodeID) -> [LeafID] {
    let range = root.index..<tree.end(of: root)
    return tree.leafIDs.filter { range.contains(tree.node(of: $0).index) }
  }
}
