/// The walk in step over two trees.
struct Aligner {
  let destination: Tree
  let source: Tree
  private let keepsDestination: TreeFilter.Predicate?
  private let keepsSource: TreeFilter.Predicate?
  private(set) var leftOut = Alignment.LeftOut()
  /// For each segment number of the source, the destination's number of the same name, or -1.
  let translated: ContiguousArray<Int32>
  /// Destination children of the branch at hand by segment number; valid where the stamp is.
  private var slot: ContiguousArray<Int32>
  private var stamp: ContiguousArray<Int32>
  private var round: Int32 = 0
  private var rows = ContiguousArray<Alignment.Row>()
  private var stack = ContiguousArray<Pending>()

  private struct Pending {
    var destination: Int32
    var source: Int32
    var parent: Int32
    var depth: Int32
  }

  init(
    _ destination: Tree, _ source: Tree, keepsDestination: TreeFilter.Predicate?,
    keepsSource: TreeFilter.Predicate?
  ) {
    self.destination = destination
    self.source = source
    self.keepsDestination = keepsDestination
    self.keepsSource = keepsSource
    let interner = SegmentInterner(destination.storage.segments)
    let table = source.storage.segments
    translated = ContiguousArray(
      (0..<Int32(table.count)).map { id in
        table.withBytes(id) { interner.find($0) } ?? -1
      })
    slot = ContiguousArray(repeating: -1, count: destination.segmentCount)
    stamp = ContiguousArray(repeating: -1, count: destination.segmentCount)
  }

  mutating func run(_ a: NodeID, _ b: NodeID) -> ContiguousArray<Alignment.Row> {
    rows.reserveCapacity(
      max(destination.end(of: a) - a.index, source.end(of: b) - b.index) + 1)
    stack.append(Pending(destination: a.raw, source: b.raw, parent: -1, depth: 0))
    var open: [Int32] = []
    while let next = stack.popLast() {
      while open.count > Int(next.depth) { rows[Int(open.removeLast())].end = Int32(rows.count) }
      let row = Int32(rows.count)
      rows.append(
        Alignment.Row(
          destination: next.destination, source: next.source, end: row + 1, parent: next.parent))
      open.append(row)
      pushChildren(of: next, row: row)
    }
    while let row = open.popLast() { rows[Int(row)].end = Int32(rows.count) }
    return rows
  }

  /// Pushes the pairs below a row so that the first comes off the stack first.
  private mutating func pushChildren(of pair: Pending, row: Int32) {
    let start = stack.count
    let depth = pair.depth + 1
    func pending(_ a: Int32, _ b: Int32) -> Pending {
      Pending(destination: a, source: b, parent: row, depth: depth)
    }
    var dst = children(destination, pair.destination)
    var src = children(source, pair.source)
    let isFiltered = keepsDestination != nil
    if !isFiltered, pushIfInStep(&dst, &src, pending) {
      stack[start...].reverse()
      return
    }
    let left = kept(
      children(destination, pair.destination), keepsDestination, &leftOut.destination)
    let right = kept(children(source, pair.source), keepsSource, &leftOut.source)
    if isPositional(pair), isFiltered {
      for k in 0..<max(left.count, right.count) {
        stack.append(
          pending(k < left.count ? left[k] : -1, k < right.count ? right[k] : -1))
      }
    } else {
      pushMerged(left, right, pending)
    }
    stack[start...].reverse()
  }

  private func children(_ tree: Tree, _ node: Int32) -> Tree.Children {
    node < 0
      ? Tree.Children(tree: tree, at: 0, end: 0) : tree.children(of: NodeID(node))
  }

  private func kept(
    _ children: Tree.Children, _ keeps: TreeFilter.Predicate?, _ leftOut: inout [NodeID]
  ) -> ContiguousArray<Int32> {
    var result = ContiguousArray<Int32>()
    for child in children {
      if keeps?(child) ?? true { result.append(child.raw) } else { leftOut.append(child) }
    }
    return result
  }

  private func isPositional(_ pair: Pending) -> Bool {
    pair.destination >= 0 && pair.source >= 0
      && destination.kind(of: NodeID(pair.destination)) == .positional
      && source.kind(of: NodeID(pair.source)) == .positional
  }

  /// The common case: the same names in the same order, or one side alone.
  private mutating func pushIfInStep(
    _ dst: inout Tree.Children, _ src: inout Tree.Children,
    _ pending: (Int32, Int32) -> Pending
  ) -> Bool {
    let start = stack.count
    let oneSided = dst.at == dst.end || src.at == src.end
    while true {
      let a = dst.next()
      let b = src.next()
      if a == nil, b == nil { return true }
      if !oneSided {
        guard let a, let b, sameName(a, b) else {
          stack.removeSubrange(start...)
          return false
        }
      }
      stack.append(pending(a?.raw ?? -1, b?.raw ?? -1))
    }
  }

  private func sameName(_ a: NodeID, _ b: NodeID) -> Bool {
    Int32(destination.segmentNumber(of: a)) == translated[source.segmentNumber(of: b)]
  }

  /// Pairs children by name. What only the source has stands in natural order between the
  /// destination's where both are so ordered, otherwise after the source's child before it.
  private mutating func pushMerged(
    _ left: ContiguousArray<Int32>, _ right: ContiguousArray<Int32>,
    _ pending: (Int32, Int32) -> Pending
  ) {
    let partners = pairs(left, right)
    var used = ContiguousArray<Bool>(repeating: false, count: right.count)
    for partner in partners where partner >= 0 { used[partner] = true }
    let natural = destination.isNaturallyOrdered && source.isNaturallyOrdered
    let lone = loneAnchors(left, right, partners, used: used, natural: natural)
    var nextLone = 0
    for (k, child) in left.enumerated() {
      while nextLone < lone.count, lone[nextLone].before <= k {
        stack.append(pending(-1, right[lone[nextLone].index]))
        nextLone += 1
      }
      stack.append(pending(child, partners[k] < 0 ? -1 : right[partners[k]]))
    }
    for entry in lone[nextLone...] { stack.append(pending(-1, right[entry.index])) }
  }

  /// For each destination child the index of its source child, or -1. Where one side spells a
  /// name twice (as a container and as a part of a dotted name), joints decide, then order.
  private mutating func pairs(
    _ left: ContiguousArray<Int32>, _ right: ContiguousArray<Int32>
  ) -> [Int] {
    round += 1
    var partners = [Int](repeating: -1, count: left.count)
    var twins: [Int: [Int]] = [:]
    for (k, child) in left.enumerated() {
      let segment = destination.segmentNumber(of: NodeID(child))
      if stamp[segment] == round {
        twins[segment, default: []].append(k)
      } else {
        stamp[segment] = round
        slot[segment] = Int32(k)
      }
    }
    for (j, child) in right.enumerated() {
      let segment = Int(translated[source.segmentNumber(of: NodeID(child))])
      guard segment >= 0, stamp[segment] == round else { continue }
      let joint = source.joint(of: NodeID(child))
      let candidates = [Int(slot[segment])] + (twins[segment] ?? [])
      let free = candidates.filter { partners[$0] < 0 }
      if let best = free.first(where: { destination.joint(of: NodeID(left[$0])) == joint })
        ?? free.first
      {
        partners[best] = j
      }
    }
    return partners
  }

  private func loneAnchors(
    _ left: ContiguousArray<Int32>, _ right: ContiguousArray<Int32>, _ partners: [Int],
    used: ContiguousArray<Bool>, natural: Bool
  ) -> [(before: Int, index: Int)] {
    var place = [Int](repeating: 0, count: right.count)  // left index + 1 of a paired child
    for (k, partner) in partners.enumerated() where partner >= 0 { place[partner] = k + 1 }
    var result: [(before: Int, index: Int)] = []
    var anchor = 0
    for j in right.indices {
      if used[j] {
        anchor = max(anchor, place[j])
        continue
      }
      if natural {
        while anchor < left.count, precedes(left[anchor], right[j]) { anchor += 1 }
      }
      result.append((anchor, j))
    }
    return result
  }

  private func precedes(_ a: Int32, _ b: Int32) -> Bool {
    destination.withName(of: NodeID(a)) { x in
      source.withName(of: NodeID(b)) { y in naturalCompare(x, y) < 0 }
    }
  }
}
