extension Alignment {
  /// Leaves out what is no array in the destination, has no partner, and could have none, because
  /// the source has arrays and nothing else; nil when there is nothing to leave out.
  ///
  /// Files like safetensors hold arrays alone. Opposite them, a model's activation functions,
  /// dropout rates and absent biases are not missing: a strict load is about what the file can say.
  func settingsThatTheSourceCannotHold() -> TreeFilter? {
    let below = (sourceRoot.index..<source.end(of: sourceRoot)).lazy.compactMap {
      source.leaf(at: NodeID(Int32(truncatingIfNeeded: $0)))
    }
    guard below.first != nil, below.allSatisfy({ source.kind(of: $0) == .array }) else {
      return nil
    }
    var silent: Set<NodeID> = []
    for row in 1..<max(1, count) where sourceNode(row) == nil {
      guard let node = destinationNode(row), !destination.hasChildren(node) else { continue }
      if let leaf = destination.leaf(at: node), destination.kind(of: leaf) == .array { continue }
      silent.insert(node)
    }
    guard !silent.isEmpty else { return nil }
    let tree = destination
    return TreeFilter { [silent] other, node in
      !(other.isIdentical(to: tree) && silent.contains(node))
    }
  }
}
