import EspalierTree

/// Finds the node where the weights are.
///
/// Training loops wrap them: `{"epoch": 3, "state_dict": {…}, "optimizer": {…}}`. Such a container is
/// entered by itself, and that is said.
enum WeightsRoot {
  struct Choice {
    var root: NodeID
    var notes: [String] = []
  }

  /// Keys that say what they hold, the best first.
  static let certainKeys = [
    "state_dict", "model_state_dict", "model_state", "model_weights", "weights_dict", "params",
  ]
  /// Keys that models also use for their own parts: entered only where nothing beside them could be a
  /// part of the model too.
  static let likelyKeys = [
    "model", "module", "net", "network", "weights", "generator", "model_ema", "ema_state_dict",
    "ema", "params_ema", "state",
  ]
  /// Beginnings of keys under which arrays are that belong to no model.
  static let besideKeys = [
    "optim", "opt_", "lr_sched", "sched", "scaler", "rng", "cuda_rng", "grad",
  ]

  static func choose(
    in content: OpenedContent, _ options: OpenOptions, path: FilePath
  ) throws(CheckpointError) -> Choice {
    let tree = content.values.tree
    if let wanted = options.root {
      return Choice(root: try named(wanted, in: tree, path: path))
    }
    if let root = content.root { return Choice(root: root) }
    var choice = Choice(root: .root)
    var wasAlone = false
    while let step = container(below: choice.root, in: tree) {
      choice.root = step.node
      // The path to a container names those around it.
      if wasAlone { choice.notes.removeLast() }
      choice.notes.append(note(step, tree))
      wasAlone = step.others.isEmpty
    }
    return choice
  }

  private static func named(
    _ name: [UInt8], in tree: Tree, path: FilePath
  ) throws(CheckpointError) -> NodeID {
    if let node = tree.node(named: Name(name)) { return node }
    let top = tree.children(of: .root).prefix(8).map { "\(tree.name(of: $0))" }
    throw CheckpointError(
      .badValue, file: path, place: name, found: "no node of this name",
      expected: top.isEmpty
        ? "a node of an empty tree" : "a node below " + top.joined(separator: ", "),
      advice: "give a path as “ls” shows it")
  }

  private struct Step {
    var node: NodeID
    /// Other containers that could have been meant.
    var others: [NodeID]
  }

  private static func container(below root: NodeID, in tree: Tree) -> Step? {
    let children = Array(tree.children(of: root).prefix(maximumSiblings + 1))
    // A wrapper has a handful of keys.
    guard !children.isEmpty, children.count <= maximumSiblings else { return nil }
    let holders = children.filter { holdsArrays($0, in: tree) }
    let containers = holders.filter { isContainer($0, in: tree) }
    func find(_ keys: [String]) -> [NodeID] {
      keys.compactMap { key in containers.first { tree.name(of: $0) == Name(key) } }
    }
    let certain = find(certainKeys)
    let likely = find(likelyKeys)
    if let best = certain.first {
      return Step(node: best, others: Array(certain.dropFirst()) + likely)
    }
    guard let best = likely.first else { return nil }
    let isAlone = holders.allSatisfy { likely.contains($0) || isBeside($0, in: tree) }
    return isAlone ? Step(node: best, others: Array(likely.dropFirst())) : nil
  }

  private static let maximumSiblings = 64

  /// A dictionary, a struct or a group, as opposed to a part of a dotted name.
  private static func isContainer(_ node: NodeID, in tree: Tree) -> Bool {
    var children = tree.children(of: node)
    guard let first = children.next() else { return false }
    return tree.joint(of: node) == .level && tree.joint(of: first) == .level
      && tree.leaf(at: node) == nil
  }

  private static func holdsArrays(_ node: NodeID, in tree: Tree) -> Bool {
    (node.index..<tree.end(of: node)).contains { index in
      tree.leaf(at: NodeID(Int32(truncatingIfNeeded: index))).map { tree.kind(of: $0) == .array }
        ?? false
    }
  }

  private static func isBeside(_ node: NodeID, in tree: Tree) -> Bool {
    if tree.isHidden(node) { return true }
    let name = tree.name(of: node).bytes
    return besideKeys.contains { name.starts(with: $0.utf8) }
  }

  private static func note(_ step: Step, _ tree: Tree) -> String {
    let name = tree.path(of: step.node).description
    var text = "the weights are taken from “\(name)”"
    if !step.others.isEmpty {
      let others = step.others.map { "“\(tree.path(of: $0))”" }.joined(separator: ", ")
      text += "; \(others) could be meant too (choose with --root)"
    }
    return text
  }
}
