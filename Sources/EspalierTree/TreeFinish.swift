extension TreeBuilder {
  /// The finished tree: nodes renumbered in walk order, ties found.
  public consuming func finish() -> Tree {
    var nodes = ContiguousArray<Tree.Node>()
    nodes.reserveCapacity(drafts.count)
    var newLabels: [Int32: [UInt8]] = [:]
    var stack: [Int32] = [0]
    var open: [Int32] = []  // new numbers of the branches that are not closed yet
    var isNatural = true
    let children = ChildOrderer(
      drafts: drafts, segments: interner.table, sorts: order == .natural)

    while let old = stack.popLast() {
      let draft = drafts[Int(old)]
      while Int32(open.count) > draft.depth {
        nodes[Int(open.removeLast())].end = Int32(nodes.count)
      }
      let id = Int32(nodes.count)
      nodes.append(
        Tree.Node(
          segment: draft.segment, parent: open.last ?? -1, end: id + 1, leaf: draft.leaf,
          joint: draft.joint, kind: draft.kind, isHidden: draft.isHidden))
      if draft.leaf >= 0 { leaves[Int(draft.leaf)].node = id }
      if !labels.isEmpty, let label = labels[old] { newLabels[id] = label }
      open.append(id)
      if draft.firstChild >= 0 { isNatural = children.push(of: draft, onto: &stack) && isNatural }
    }
    while let branch = open.popLast() { nodes[Int(branch)].end = Int32(nodes.count) }
    return Tree(
      storage: Tree.Storage(
        segments: interner.table, nodes: nodes, leaves: leaves, dimensions: shapes.dimensions,
        shapeEnds: shapes.ends, layouts: layouts, values: values, labels: newLabels,
        ties: TieTable(leaves: leaves, shapes: shapes, layouts: layouts),
        isNaturallyOrdered: isNatural))
  }

  /// The tree of a builder that nothing was added to.
  consuming func finishedEmpty() -> Tree { finish() }
}

/// Puts the children of a branch in order, without touching (and so copying) the builder.
private struct ChildOrderer {
  let drafts: ContiguousArray<TreeBuilder.Draft>
  let segments: SegmentTable
  let sorts: Bool

  /// Pushes the children so that the first comes off the stack first; returns whether they stand
  /// in natural order.
  func push(of draft: TreeBuilder.Draft, onto stack: inout [Int32]) -> Bool {
    let start = stack.count
    var child = draft.firstChild
    var previous: Int32 = -1
    var isSorted = true
    while child >= 0 {
      if isSorted, previous >= 0 { isSorted = precedes(previous, child) }
      stack.append(child)
      previous = child
      child = drafts[Int(child)].nextSibling
    }
    if !isSorted, sorts {
      sort(&stack, from: start)
      isSorted = true
    }
    stack[start...].reverse()
    return isSorted
  }

  private func sort(_ stack: inout [Int32], from start: Int) {
    guard stack.count - start <= 16 else {
      stack[start...].sort { precedes($0, $1) }
      return
    }
    // Most branches are small: insertion beats a general sort several times over.
    for k in start + 1..<stack.count {
      let child = stack[k]
      var at = k
      while at > start, precedes(child, stack[at - 1]) {
        stack[at] = stack[at - 1]
        at -= 1
      }
      stack[at] = child
    }
  }

  private func precedes(_ a: Int32, _ b: Int32) -> Bool {
    let x = drafts[Int(a)]
    let y = drafts[Int(b)]
    if x.segment == y.segment { return x.joint.rawValue < y.joint.rawValue }
    return segments.naturalOrder(x.segment, y.segment) < 0
  }
}
