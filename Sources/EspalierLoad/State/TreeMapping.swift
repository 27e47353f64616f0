import EspalierTree

extension Tree {
  /// A tree with the same branches and other leaves.
  ///
  /// - Parameters:
  ///   - labels: whether branches keep the names of their types.
  ///   - leaf: what stands in a leaf's place; nil for `()`.
  /// - Returns: the tree, and for each of its leaves the leaf of this one that it came from.
  func mapLeaves(
    labels: Bool = true, _ leaf: (LeafID) -> Leaf?
  ) throws -> (tree: Tree, origins: [LeafID]) {
    var builder = TreeBuilder()
    builder.reserve(leaves: leafCount)
    var handles: [TreeBuilder.Handle] = [.root]
    handles.reserveCapacity(nodeCount)
    builder.copyTraits(of: .root, in: self, to: .root, labels: labels)
    for index in 1..<max(1, nodeCount) {
      let node = NodeID(Int32(truncatingIfNeeded: index))
      let parent = parent(of: node)?.index ?? 0
      let handle = try builder.node(
        name(of: node), under: handles[parent], joint: joint(of: node))
      builder.copyTraits(of: node, in: self, to: handle, labels: labels)
      handles.append(handle)
    }
    var origins: [LeafID] = []
    for old in leafIDs {
      guard let new = leaf(old) else { continue }
      try builder.setLeaf(new, at: handles[node(of: old).index])
      origins.append(old)
    }
    return (builder.finish(), origins)
  }
}

extension TreeBuilder {
  fileprivate mutating func copyTraits(
    of node: NodeID, in tree: Tree, to handle: Handle, labels: Bool
  ) {
    setKind(tree.kind(of: node), of: handle)
    if labels, let label = tree.label(of: node) { setLabel(label, of: handle) }
    if tree.isHidden(node) { hide(handle) }
  }
}
