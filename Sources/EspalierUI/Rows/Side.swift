import EspalierTree

/// The tree that is loaded into, or the one that is loaded from.
public enum Side: UInt8, Sendable, Hashable, CaseIterable {
  case destination, source

  public var name: String { self == .destination ? "destination" : "source" }
}

extension Alignment {
  @inline(__always) func node(_ row: Int, _ side: Side) -> NodeID? {
    side == .destination ? destinationNode(row) : sourceNode(row)
  }
  @inline(__always) func leaf(_ row: Int, _ side: Side) -> LeafID? {
    side == .destination ? destinationLeaf(row) : sourceLeaf(row)
  }
  func tree(_ side: Side) -> Tree { side == .destination ? destination : source }

  /// The key path of a row below the roots, the destination's where both sides have one.
  func path(_ row: Int) -> TreePath {
    if let node = destinationNode(row) {
      return destination.path(of: node, below: destinationRoot)
    }
    if let node = sourceNode(row) { return source.path(of: node, below: sourceRoot) }
    return .root
  }

  /// The row of a destination node. Rows keep the destination's order, so this is a binary search.
  func row(ofDestination node: NodeID) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      // Rows that the source alone has are passed over.
      var probe = middle
      while probe < high, destinationNode(probe) == nil { probe += 1 }
      guard probe < high, let found = destinationNode(probe) else {
        high = middle
        continue
      }
      if found == node { return probe }
      if found < node { low = probe + 1 } else { high = middle }
    }
    return nil
  }

  /// The row that a path leads to on either side.
  func row(at path: TreePath) -> Int? {
    var row = 0
    for segment in path.segments {
      guard let next = child(of: row, named: segment.name) else { return nil }
      row = next
    }
    return row
  }

  private func child(of row: Int, named name: Name) -> Int? {
    var at = row + 1
    while at < end(of: row) {
      for side in Side.allCases {
        if let node = node(at, side), tree(side).name(of: node) == name { return at }
      }
      at = end(of: at)
    }
    return nil
  }
}

extension Alignment {
  /// Adds the parents of all rows in a set.
  ///
  /// They are added up to the first that is there already: rows are visited in order, so that one
  /// has its own parents. The work is one step for each row and each branch.
  func addParents(to rows: inout RowBits) {
    let given = rows
    given.forEach(in: 0..<given.universe) { row in
      var at = parent(of: row)
      while let parent = at, !rows.contains(parent) {
        rows.insert(parent)
        at = self.parent(of: parent)
      }
      return row + 1
    }
  }
}
