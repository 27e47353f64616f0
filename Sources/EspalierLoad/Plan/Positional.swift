import EspalierTree

extension Alignment {
  /// Pairs arrays by their place: the first array of one tree with the first of the other.
  ///
  /// Row 0 pairs the roots, each further row two arrays in walk order; a tree that has more
  /// arrays ends in rows that it has alone. Later paths of one array in the destination are left
  /// out, so that a flat list has each array once.
  public static func byPosition(
    _ destination: Tree, _ source: Tree, destinationRoot: NodeID = .root,
    sourceRoot: NodeID = .root, filter: TreeFilter? = nil
  ) -> Alignment {
    var leftOut = LeftOut()
    let left = arrays(destination, destinationRoot, filter, &leftOut.destination)
    let right = arrays(source, sourceRoot, filter, &leftOut.source)
    let pairs = (0..<max(left.count, right.count)).map { index in
      (index < left.count ? left[index] : nil, index < right.count ? right[index] : nil)
    }
    return Alignment(
      destination, source, destinationRoot: destinationRoot, sourceRoot: sourceRoot, pairs: pairs,
      leftOut: leftOut)
  }

  private static func arrays(
    _ tree: Tree, _ root: NodeID, _ filter: TreeFilter?, _ leftOut: inout [NodeID]
  ) -> [NodeID] {
    let keeps = filter?.prepare(tree, root)
    var result: [NodeID] = []
    var at = root.index
    while at < tree.end(of: root) {
      let node = NodeID(Int32(truncatingIfNeeded: at))
      if node != root, let keeps, !keeps(node) {
        leftOut.append(node)
        at = tree.end(of: node)
        continue
      }
      if let leaf = tree.leaf(at: node), tree.kind(of: leaf) == .array, !tree.isRepeat(leaf) {
        result.append(node)
      }
      at += 1
    }
    return result
  }
}

extension Tree {
  /// Whether another leaf has all elements of this one: an earlier one, or a later one that has more.
  func isRepeat(_ leaf: LeafID) -> Bool {
    guard let group = tie(of: leaf) else { return false }
    let view = TieView(self, leaf)
    var isLater = false
    for other in tiedGroups[group].leaves {
      if other == leaf {
        isLater = true
        continue
      }
      let another = TieView(self, other)
      if isLater, another.count <= view.count { continue }
      if view.lies(in: another) { return true }
    }
    return false
  }
}
