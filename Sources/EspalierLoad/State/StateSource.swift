import EspalierTree

/// The state of a model: its tree without layer types, with what a load would carry.
///
/// Arrays, Booleans, numbers, text and `nothing` stay; `()` stands for everything else. Pruned,
/// an array that is tied appears once, under its first path, and `nothing` elsewhere; such a tree
/// loads back into the model that it came from.
public struct StateSource: TensorSource {
  /// The tree of the state.
  public let tree: Tree
  private let model: any TensorSource
  private let origins: [LeafID]

  /// - Throws: ``TreeError`` when the tree cannot be built again.
  public init(of model: any TensorSource, pruned: Bool = false) throws {
    self.model = model
    (tree, origins) = try model.tree.state(pruned: pruned)
  }

  public func hasValues(_ leaf: LeafID) -> Bool {
    tree.kind(of: leaf) == .array && model.hasValues(origins[leaf.index])
  }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    try model.reader(for: origins[leaf.index])
  }
}

extension Tree {
  /// The state's tree, and the leaf that each of its leaves came from.
  func state(pruned: Bool) throws -> (tree: Tree, origins: [LeafID]) {
    try mapLeaves(labels: false) { leaf in
      if case .opaque? = value(leaf) { return nil }
      return pruned && isRepeat(leaf) ? .value(.nothing) : self.leaf(leaf)
    }
  }
}

/// The state of a model; see ``StateSource``.
public func state(of model: any TensorSource, pruned: Bool = false) throws -> StateSource {
  try StateSource(of: model, pruned: pruned)
}
