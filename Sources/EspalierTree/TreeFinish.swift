extension TreeBuilder {
  /// The finished tree: nodes numbered in walk order, ties found.
  public consuming func finish() -> Tree {
    var isNatural = true
    if !closeAsMade(&isNatural) { isNatural = renumber() }
    labels.sort()
    return Tree(
      storage: Tree.Storage(
        segments: interner.table, nodes: nodes, leaves: leaves, dimensions: shapes.dimensions,
        shapeEnds: shapes.ends, layouts: layouts, values: values, labels: labels,
        ties: TieTable(leaves: leaves, shapes: shapes, layouts: layouts),
        isNaturallyOrdered: isNatural, isSorted: order == .natural))
  }

  /// The tree of a builder that nothing was added to.
  consuming func finishedEmpty() -> Tree { finish() }

  /// Finds where every node ends, when the nodes were made in the order of the finished tree: then
  /// they keep their numbers. Most files have their names in this order.
  ///
  /// - Parameter isNatural: becomes whether children stand in natural order.
  /// - Returns: false when the nodes have to be numbered anew.
  private mutating func closeAsMade(_ isNatural: inout Bool) -> Bool {
    let names = NameOrder(interner.table, nodeCount: nodes.count)
    let sorts = order == .natural
    var isSorted = true
    let done = nodes.withUnsafeMutableBufferPointer { nodes in
      for id in 1..<max(1, nodes.count) {
        // What lies between the node before and this one's parent is complete.
        let parent = nodes[id].parent
        var at = Int32(truncatingIfNeeded: id - 1)
        var previous: Int32 = -1
        while at != parent {
          guard at > 0 else { return false }
          nodes[Int(at)].end = Int32(truncatingIfNeeded: id)
          previous = at
          at = nodes[Int(at)].parent
        }
        if isSorted, previous >= 0, !names.precedes(nodes[Int(previous)], nodes[id]) {
          if sorts { return false }
          isSorted = false
        }
      }
      var at = Int32(truncatingIfNeeded: nodes.count - 1)
      while at >= 0 {
        nodes[Int(at)].end = Int32(truncatingIfNeeded: nodes.count)
        at = nodes[Int(at)].parent
      }
      return true
    }
    isNatural = isSorted
    return done
  }

  /// Numbers nodes in walk order; whether children stand in natural order.
  private mutating func renumber() -> Bool {
    let names = NameOrder(interner.table, nodeCount: nodes.count)
    let sorts = order == .natural
    return nodes.withUnsafeMutableBufferPointer { nodes in
      links.withUnsafeMutableBufferPointer { links in
        var walk = WalkOrder(nodes: nodes, links: links, names: names)
        let isNatural = leaves.withUnsafeMutableBufferPointer { walk.number($0, sorts: sorts) }
        labels.renumber { links[Int($0)].last }
        walk.rearrange()
        return isNatural
      }
    }
  }
}

/// Numbers the nodes of a builder anew, each branch before what is below it. It does so in place:
/// for a large tree handing out memory takes longer than the work.
private struct WalkOrder {
  let nodes: UnsafeMutableBufferPointer<Tree.Node>
  let links: UnsafeMutableBufferPointer<TreeBuilder.Links>
  let names: NameOrder
  private var children = ContiguousArray<Int32>()

  init(
    nodes: UnsafeMutableBufferPointer<Tree.Node>,
    links: UnsafeMutableBufferPointer<TreeBuilder.Links>, names: NameOrder
  ) {
    self.nodes = nodes
    self.links = links
    self.names = names
  }

  /// Finds every node's new number, and says everything in new numbers.
  ///
  /// - Returns: whether children stand in natural order.
  mutating func number(
    _ leaves: UnsafeMutableBufferPointer<Tree.LeafRecord>, sorts: Bool
  ) -> Bool {
    var isNatural = true
    var at: Int32 = 0
    var count: Int32 = 0
    while true {
      let leaf = nodes[Int(at)].leaf
      if leaf >= 0 { leaves[Int(leaf)].node = count }
      var first: Int32 = -1
      if links[Int(at)].last >= 0 {
        if !isSorted(at) {
          if sorts { sort(at) } else { isNatural = false }
        }
        let last = Int(links[Int(at)].last)
        first = links[last].next
        links[last].next = -1
      }
      links[Int(at)].last = count
      count += 1
      if first >= 0 {
        at = first
        continue
      }
      // Up to the first branch that goes on.
      while true {
        nodes[Int(at)].end = count
        let parent = nodes[Int(at)].parent
        if parent < 0 { return isNatural }
        nodes[Int(at)].parent = links[Int(parent)].last
        let next = links[Int(at)].next
        at = next < 0 ? parent : next
        if next >= 0 { break }
      }
    }
  }

  /// Moves every node to its new number.
  func rearrange() {
    for place in 0..<nodes.count {
      while true {
        let number = Int(links[place].last)
        if number == place { break }
        nodes.swapAt(place, number)
        links[place].last = links[number].last
        links[number].last = Int32(truncatingIfNeeded: number)
      }
    }
  }

  @inline(__always)
  private func isSorted(_ branch: Int32) -> Bool {
    let last = links[Int(branch)].last
    var child = links[Int(last)].next
    while child != last {
      let next = links[Int(child)].next
      if !names.precedes(nodes[Int(child)], nodes[Int(next)]) { return false }
      child = next
    }
    return true
  }

  private mutating func sort(_ branch: Int32) {
    children.removeAll(keepingCapacity: true)
    let last = links[Int(branch)].last
    var child = last
    repeat {
      child = links[Int(child)].next
      children.append(child)
    } while child != last
    Self.sort(&children) { names.precedes(nodes[Int($0)], nodes[Int($1)]) }
    var before = children[children.count - 1]
    links[Int(branch)].last = before
    for child in children {
      links[Int(before)].next = child
      before = child
    }
  }

  @inline(__always)
  private static func sort(
    _ children: inout ContiguousArray<Int32>, _ precedes: (Int32, Int32) -> Bool
  ) {
    if children.count > 16 { return children.sort(by: precedes) }
    // Most branches are small: insertion beats a general sort several times over.
    for k in 1..<children.count {
      let child = children[k]
      var at = k
      while at > 0, precedes(child, children[at - 1]) {
        children[at] = children[at - 1]
        at -= 1
      }
      children[at] = child
    }
  }
}

/// The natural order of siblings.
private struct NameOrder {
  private let segments: SegmentTable
  /// Of each segment its place among all, in natural order; empty where there are many segments.
  private var ranks = ContiguousArray<Int32>()

  init(_ segments: SegmentTable, nodeCount: Int) {
    self.segments = segments
    // Few segments in a large tree are compared again and again.
    guard segments.count < nodeCount / 64 else { return }
    let sorted = (0..<Int32(segments.count)).sorted { segments.naturalOrder($0, $1) < 0 }
    ranks = ContiguousArray(repeating: 0, count: segments.count)
    for (rank, segment) in sorted.enumerated() { ranks[Int(segment)] = Int32(rank) }
  }

  @inline(__always)
  func precedes(_ a: Tree.Node, _ b: Tree.Node) -> Bool {
    if a.segment == b.segment { return a.joint.rawValue < b.joint.rawValue }
    if !ranks.isEmpty { return ranks[Int(a.segment)] < ranks[Int(b.segment)] }
    return segments.naturalOrder(a.segment, b.segment) < 0
  }
}
