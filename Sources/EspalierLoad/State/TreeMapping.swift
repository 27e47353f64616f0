import EspalierTree

extension Tree {
  /// A tree with the same branches and other leaves.
  ///
  /// - Parameters:
  ///   - labels: whether branches keep the names of their types.
  ///   - leaf: what stands in a leaf's place; nil for `()`.
  ///   - isLeftOut: nodes that the new tree does not have, with all below them.
  ///   - name: another name for a node; nil for its own.
  ///   - place: another node for a leaf, which has none yet; nil for its own.
  /// - Returns: the tree, and for each of its leaves the leaf of this one that it came from.
  package func mapLeaves(
    labels: Bool = true, where isLeftOut: (NodeID) -> Bool = { _ in false },
    name: (NodeID) -> Name? = { _ in nil }, place: (LeafID) -> NodeID? = { _ in nil },
    _ leaf: (LeafID) -> Leaf?
  ) throws -> (tree: Tree, origins: [LeafID]) {
    var builder = TreeBuilder()
    builder.reserve(leaves: leafCount)
    var handles: [TreeBuilder.Handle?] = [.root]
    handles.reserveCapacity(nodeCount)
    builder.copyTraits(of: .root, in: self, to: .root, labels: labels)
    for index in 1..<max(1, nodeCount) {
      let node = NodeID(Int32(truncatingIfNeeded: index))
      guard !isLeftOut(node), let parent = handles[parent(of: node)?.index ?? 0] else {
        handles.append(nil)
        continue
      }
      let handle = try builder.node(
        name(node) ?? self.name(of: node), under: parent, joint: joint(of: node))
      builder.copyTraits(of: node, in: self, to: handle, labels: labels)
      handles.append(handle)
    }
    var origins: [LeafID] = []
    for old in leafIDs {
      guard let handle = handles[(place(old) ?? node(of: old)).index], let new = leaf(old) else {
        continue
      }
      try builder.setLeaf(new, at: handle)
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
