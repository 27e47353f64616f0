import EspalierTree

/// What a load takes part of, said in patterns for key paths: `encoder`, `!**.num_batches_tracked`.
///
/// Kept is what at least one pattern names (everything, where there are only exclusions), without
/// what an exclusion names. A pattern that names a branch stands for everything below it. Paths
/// begin where the load begins on each side: below `--into` and `--from`, or below the container
/// that was entered by itself.
public struct PathSelection: Sendable, Hashable {
  /// What is kept; everything where there are none.
  public var included: [PathGlob]
  /// What is left out of that.
  public var excluded: [PathGlob]

  /// A selection of patterns that have been read.
  public init(including included: [PathGlob] = [], excluding excluded: [PathGlob] = []) {
    self.included = included
    self.excluded = excluded
  }

  /// Reads patterns as they are typed; one that begins with `!` excludes, and `\!` begins a name
  /// with that character.
  ///
  /// - Throws: ``BadGlob`` for a pattern that cannot be read.
  public init(_ patterns: [String]) throws {
    self.init()
    for pattern in patterns {
      if pattern.hasPrefix("!") {
        excluded.append(try PathGlob(String(pattern.dropFirst())))
      } else {
        included.append(try PathGlob(pattern))
      }
    }
  }

  /// Whether the selection keeps everything.
  public var isEmpty: Bool { included.isEmpty && excluded.isEmpty }

  /// The selection for a walk over two trees.
  public var filter: TreeFilter {
    TreeFilter(preparing: { [self] tree, root in
      let kept = SelectedNodes(self, tree, below: root).kept
      return { node in kept[node.index - root.index] }
    })
  }

  /// Patterns that name nothing below any of the places: most likely spelled wrong.
  public func unused(in places: [(tree: Tree, root: NodeID)]) -> PathSelection {
    let used = places.map { SelectedNodes(self, $0.tree, below: $0.root).used }
    func isUnused(_ index: Int) -> Bool { !used.contains { $0[index] } }
    return PathSelection(
      including: included.indices.filter { isUnused($0) }.map { included[$0] },
      excluding: excluded.indices.filter { isUnused(included.count + $0) }.map { excluded[$0] })
  }
}

extension TreeFilter {
  /// Removes what one of the patterns names, and everything below it.
  ///
  /// Paths begin at the nodes where the load begins.
  public static func removing(_ patterns: [PathGlob]) -> TreeFilter {
    PathSelection(excluding: patterns).filter
  }

  /// Keeps what one of the patterns names, with everything below it; everything where there are
  /// none.
  ///
  /// Paths begin at the nodes where the load begins.
  public static func keeping(_ patterns: [PathGlob]) -> TreeFilter {
    PathSelection(including: patterns).filter
  }
}

/// The nodes below a root that a selection keeps, found in one walk.
private struct SelectedNodes {
  /// By index below the root, which stays itself.
  private(set) var kept: [Bool]
  /// By pattern, exclusions behind the others: whether it names a node.
  private(set) var used: [Bool]

  private let includedCount: Int
  private var open: [Branch] = []

  /// A node on the way to the one that is looked at.
  private struct Branch {
    var index: Int
    var end: Int
    /// For each pattern its forms, at the end of this node's name.
    var walks: [[GlobWalk]]
    var isIncluded: Bool
    var isExcluded: Bool
  }

  init(_ selection: PathSelection, _ tree: Tree, below root: NodeID) {
    includedCount = selection.included.count
    let patterns = selection.included + selection.excluded
    used = Array(repeating: false, count: patterns.count)
    kept = Array(repeating: false, count: tree.end(of: root) - root.index)
    kept[0] = true
    open = [
      Branch(
        index: 0, end: kept.count, walks: patterns.map(\.walks), isIncluded: includedCount == 0,
        isExcluded: false)
    ]
    for index in 1..<max(1, kept.count) {
      let node = NodeID(Int32(truncatingIfNeeded: root.index + index))
      visit(index, tree.end(of: node) - root.index, tree.name(of: node))
    }
  }

  private mutating func visit(_ index: Int, _ end: Int, _ name: Name) {
    while open.count > 1, open[open.count - 1].end <= index { open.removeLast() }
    var next = open[open.count - 1]
    let isBelowRoot = open.count == 1
    next.index = index
    next.end = end
    for pattern in next.walks.indices {
      for form in next.walks[pattern].indices {
        if !isBelowRoot { next.walks[pattern][form].take(UInt8(ascii: ".")) }
        next.walks[pattern][form].take(name.bytes)
      }
      guard next.walks[pattern].contains(where: \.isAtEnd) else { continue }
      used[pattern] = true
      if pattern < includedCount { next.isIncluded = true } else { next.isExcluded = true }
    }
    if next.isIncluded, !next.isExcluded { keep(index) }
    open.append(next)
  }

  /// A branch stays for what is kept below it.
  private mutating func keep(_ index: Int) {
    kept[index] = true
    for branch in open.reversed() {
      if kept[branch.index] { return }
      kept[branch.index] = true
    }
  }
}
