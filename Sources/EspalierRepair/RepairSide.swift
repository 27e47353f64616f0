import EspalierDiagnosis
import EspalierTree

/// One side of a repair: a tree with values, and how the diagnosis reads its names and shapes.
public struct RepairSide: Sendable {
  /// The tree, and its values where it has them.
  public var values: any TensorSource
  /// The node that a load begins at: below it, both sides are compared.
  public var root: NodeID
  /// The node that names in rules begin at. The tree's own root shows containers, too.
  public var nameRoot: NodeID
  /// For files that list dimensions fastest first (GGUF): rules speak of the slowest first.
  public var reversesShapes: Bool
  /// What the file says about itself.
  public var metadata: [String: String]
  /// Which arrays take part below ``root``, where its paths begin; all of them without it.
  public var filter: TreeFilter?

  /// A side with all its arrays; see the properties.
  public init(
    _ values: any TensorSource, root: NodeID = .root, nameRoot: NodeID = .root,
    reversesShapes: Bool = false, metadata: [String: String] = [:]
  ) {
    self.values = values
    self.root = root
    self.nameRoot = nameRoot
    self.reversesShapes = reversesShapes
    self.metadata = metadata
  }

  /// A side of which only the tree is known.
  public init(tree: Tree, root: NodeID = .root) {
    self.init(MemorySource(tree: tree, values: []), root: root)
  }

  /// The tree of ``values``.
  public var tree: Tree { values.tree }

  /// What the diagnosis sees of this side.
  public var inventory: Inventory {
    Inventory(tree, at: nameRoot, reversesShapes: reversesShapes, metadata: metadata, keeps: keeps)
  }

  /// The leaves of the tensors in ``inventory``, in its order.
  var arrayLeaves: [LeafID] { Inventory.arrayLeaves(of: tree, below: nameRoot, keeps: keeps) }

  /// The filter below the root; what stands beside it is kept.
  private var keeps: TreeFilter.Predicate? {
    guard let filter else { return nil }
    let inside = root.index..<tree.end(of: root)
    let keeps = filter.prepare(tree, root)
    return { node in !inside.contains(node.index) || keeps(node) }
  }
}
