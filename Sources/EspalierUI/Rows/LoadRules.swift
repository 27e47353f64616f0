import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// What the user has changed about the load. Undone and redone as a whole.
public struct LoadRules: Equatable, Sendable {
  /// Paths that are left out on both sides, with everything below.
  public var skipped: [TreePath] = []
  /// Where the load begins on both sides; nil for everything.
  public var subtree: TreePath?
  /// Under which names and in which form the source is read.
  public var repair = RepairRules()

  public init(
    skipped: [TreePath] = [], subtree: TreePath? = nil, repair: RepairRules = RepairRules()
  ) {
    self.skipped = skipped
    self.subtree = subtree
    self.repair = repair
  }

  /// Whether rows are left out.
  public var leavesNothingOut: Bool { skipped.isEmpty && subtree == nil }

  /// Why the row with this path is left out, in words; the session's filter did it where the rules
  /// did not.
  func reasonForLeavingOut(_ path: TreePath) -> String {
    if skipped.contains(where: { path.segments.starts(with: $0.segments) }) {
      return "left out of the load by hand; s takes it in again"
    }
    if let subtree, !path.segments.starts(with: subtree.segments) {
      return "left out: only \(subtree) is loaded"
    }
    return "left out by the filter of this session"
  }

  /// The nodes of a tree that the rules leave out, each with everything below it.
  func left(outOf tree: Tree, below root: NodeID) -> Set<NodeID> {
    var nodes = Set(skipped.compactMap { tree.node(at: $0, below: root) })
    guard let subtree, let keep = tree.node(at: subtree, below: root) else { return nodes }
    // Beside the way down to the subtree nothing is loaded.
    var at = keep
    while at != root, let parent = tree.parent(of: at) {
      for child in tree.children(of: parent) where child != at { nodes.insert(child) }
      at = parent
    }
    return nodes
  }
}

/// Two trees to be aligned and planned, off the main thread.
public struct PlanRequest: Equatable, Sendable {
  /// Later requests have larger numbers; an answer to an old one is dropped.
  public var number: Int
  public var destination: OpenFile
  /// nil for one file alone.
  public var source: OpenFile?
  public var rules: LoadRules
  /// What the load takes of both sides, before the rules leave anything out.
  public var selection: PathSelection
  public var options: PlanOptions

  public init(
    number: Int, destination: OpenFile, source: OpenFile?, rules: LoadRules = LoadRules(),
    selection: PathSelection = PathSelection(), options: PlanOptions = PlanOptions()
  ) {
    self.number = number
    self.destination = destination
    self.source = source
    self.rules = rules
    self.selection = selection
    self.options = options
  }

  /// Aligns the two trees: the first half of the work. The driver plans the result:
  ///
  ///     let pairing = request.pairing()
  ///     let plan = LoadPlan(pairing.planned, …)
  ///     send(.planned(request.number, Comparison(pairing, plan: plan)))
  public func pairing() -> Pairing {
    let (left, leftRoot) = side(destination)
    let (right, rightRoot) = source.map(side) ?? (.empty, .root)
    let shown = Alignment(left, right, destinationRoot: leftRoot, sourceRoot: rightRoot)
    guard !rules.leavesNothingOut || !selection.isEmpty else {
      return Pairing(shown: shown, planned: shown, repair: source?.repair)
    }
    let leftOut = rules.left(outOf: left, below: leftRoot)
    let rightOut = rules.left(outOf: right, below: rightRoot)
    let byHand = TreeFilter { tree, node in
      tree.isIdentical(to: left) ? !leftOut.contains(node) : !rightOut.contains(node)
    }
    let planned = Alignment(
      left, right, destinationRoot: leftRoot, sourceRoot: rightRoot,
      filter: selection.isEmpty ? byHand : selection.filter.and(byHand))
    var pairing = Pairing(shown: shown, planned: planned, repair: source?.repair)
    if source != nil, !selection.isEmpty {
      pairing.unusedPatterns = selection.unused(in: [(left, leftRoot), (right, rightRoot)])
    }
    return pairing
  }

  /// A file's tree in the order that was asked for, and where its rows begin.
  private func side(_ file: OpenFile) -> (Tree, NodeID) {
    guard options.fileOrder else { return (file.tree, file.rootNode) }
    let tree = file.tree.inFileOrder()
    return (tree, tree.node(at: file.tree.path(of: file.rootNode)) ?? .root)
  }
}

/// What a plan is asked to do differently, in terms of the interface.
public struct PlanOptions: Equatable, Sendable {
  /// Children in the order of the file instead of layer 2 before layer 10.
  public var fileOrder = false
  public var nothingKeeps = false
  public var ignoreInactive = false

  public init() {}
}

/// The rows to show, and the rows that the plan is made for: without what the rules leave out.
public struct Pairing: Sendable {
  public let shown: Alignment
  public let planned: Alignment
  /// What was done to the source; nil where it is as the file has it.
  public let repair: Repair?
  /// Patterns of the selection that name nothing on either side.
  public var unusedPatterns = PathSelection()

  public init(shown: Alignment, planned: Alignment, repair: Repair? = nil) {
    self.shown = shown
    self.planned = planned
    self.repair = repair
  }
}

extension Tree {
  /// The same leaves with children in order of their first leaf in the file. Leaf numbers stay.
  func inFileOrder() -> Tree {
    var builder = TreeBuilder(order: .asGiven)
    builder.reserve(leaves: leafCount)
    var handles: [NodeID: TreeBuilder.Handle] = [.root: .root]
    for leaf in leafIDs {
      var way: [NodeID] = []
      var at = node(of: leaf)
      while handles[at] == nil, let parent = parent(of: at) {
        way.append(at)
        at = parent
      }
      guard var handle = handles[at] else { return self }
      for node in way.reversed() {
        guard let next = try? builder.node(name(of: node), under: handle, joint: joint(of: node))
        else { return self }
        handle = next
        handles[node] = next
        builder.setKind(kind(of: node), of: next)
        if let label = label(of: node) { builder.setLabel(label, of: next) }
        if isHidden(node) { builder.hide(next) }
      }
      if (try? builder.setLeaf(self.leaf(leaf), at: handle)) == nil { return self }
    }
    return builder.finish()
  }
}
