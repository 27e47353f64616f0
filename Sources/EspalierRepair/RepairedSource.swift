import EspalierDiagnosis
import EspalierTree

/// A source as the destination would name it: rules applied, values still where they are.
///
/// Every destination tensor that the rules give a source stands under the destination's path, with
/// the shape that the operation makes. Source leaves that no rule uses stay under their own name, as
/// far as rules change it, so that a load still shows them as unexpected. Where a rule says that a
/// tensor is skipped, there is `nothing`: a load with ``LoadOptions/nothingKeeps`` keeps the
/// destination's values. What is tied in the source, and what `tie` rules join, is tied.
///
/// Nothing is read before a reader is opened; values are moved and computed in bounded memory.
public struct RepairedSource: TensorSource {
  public let tree: Tree
  /// The node that corresponds to the destination's ``RepairSide/root``.
  public let root: NodeID
  /// What each rule does.
  package let trace: RuleTrace
  /// The same in words: each rule with the tensors it touches.
  public let previews: [RulePreview]
  /// What had to be assumed, because the source does not say it.
  public let notes: [String]
  /// Source arrays outside of what is loaded, which stand nowhere in the tree.
  public let leftOut: [LeafID]

  private let context: ReadContext
  private let feeds: [Feed]

  /// Where a leaf comes from.
  public struct Origin: Sendable, Hashable {
    /// Leaves of the source, in the order in which the operation takes them.
    public var sources: [LeafID]
    /// What is done with them.
    public var operation: Operation
    /// The place of the rule in its list, nil where names agree.
    public var rule: Int?

    /// Whether values are as in the source, under whatever name.
    public var keepsValues: Bool { operation.keepsValues }
  }

  struct Feed: Sendable {
    var node: ValueNode?
    var origin: Origin?
  }

  /// - Throws: ``RepairError`` for rules that name nothing, contradict each other, make another shape
  ///   than the destination's, or ask for a step that does not exist for these tensors.
  public init(
    _ source: RepairSide, rules: [Rule], destination: RepairSide
  ) throws(RepairError) {
    try self.init(source, rules: rules, destination: destination, blockBytes: 64 << 20)
  }

  /// - Parameter blockBytes: what one array may hold in memory while it is put in order.
  package init(
    _ source: RepairSide, rules: [Rule], destination: RepairSide, blockBytes: Int
  ) throws(RepairError) {
    let plan = try RepairPlan(source, rules: rules, destination: destination)
    var assembly = RepairAssembly(plan)
    do {
      try assembly.run()
    } catch {
      throw RepairError(.tree, found: "\(error)", expected: "a tree of the destination's names")
    }
    (tree, root) = assembly.finish()
    feeds = assembly.feeds
    leftOut = assembly.leftOut
    trace = plan.trace
    notes = plan.notes
    previews = zip(rules, plan.trace.touched).map { rule, touched in
      RulePreview(
        rule, touched, source: plan.inventory.source, destination: plan.inventory.destination)
    }
    context = ReadContext(
      source: source.values, destination: destination.values,
      reversesDestination: destination.reversesShapes, blockBytes: blockBytes)
  }

  /// Where the values of a leaf come from; nil for a leaf that a rule skips.
  public func origin(of leaf: LeafID) -> Origin? {
    feeds.indices.contains(leaf.index) ? feeds[leaf.index].origin : nil
  }

  /// The source as it is without rules.
  var sourceTree: Tree { context.source.tree }

  /// Whether rules ask the destination to keep tensors; see ``LoadOptions/nothingKeeps``.
  public var hasSkips: Bool { !trace.skipped.isEmpty }

  public func hasValues(_ leaf: LeafID) -> Bool {
    feeds.indices.contains(leaf.index) && (feeds[leaf.index].node.map(context.hasValues) ?? false)
  }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    guard feeds.indices.contains(leaf.index), let node = feeds[leaf.index].node else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    return try context.open(node)
  }
}
