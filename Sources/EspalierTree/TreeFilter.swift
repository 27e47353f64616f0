/// Chooses nodes of both trees before they are paired: what is not kept is left out with
/// everything below it.
public struct TreeFilter: Sendable {
  /// Whether a node is kept.
  public typealias Predicate = (_ node: NodeID) -> Bool

  /// Makes the filter ready for everything below a node of one tree, once for each side.
  public let prepare: @Sendable (_ tree: Tree, _ root: NodeID) -> Predicate

  /// A filter that looks at one node at a time.
  public init(_ keep: @escaping @Sendable (_ tree: Tree, _ node: NodeID) -> Bool) {
    prepare = { tree, _ in { node in keep(tree, node) } }
  }

  /// A filter that has to know where the load begins, or that looks at a whole side first.
  public init(
    preparing prepare: @escaping @Sendable (_ tree: Tree, _ root: NodeID) -> Predicate
  ) {
    self.prepare = prepare
  }

  /// Removes what the producer marks as beside the weights (optimiser state).
  public static let withoutHidden = TreeFilter { tree, node in !tree.isHidden(node) }

  /// Keeps what both filters keep.
  public func and(_ other: TreeFilter) -> TreeFilter {
    let first = self
    return TreeFilter(preparing: { tree, root in
      let (one, two) = (first.prepare(tree, root), other.prepare(tree, root))
      return { node in one(node) && two(node) }
    })
  }
}
