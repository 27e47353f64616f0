import EspalierTree

/// Looks through all rows of a comparison for a text or a filter, in slices.
///
/// The walk can stop after any number of rows, so that a driver runs it beside the interface and
/// gives it up when the next letter is typed:
///
///     var finder = RowFinder(request)
///     while !finder.advance(rows: 50_000) { if isStale() { return } }
///     send(.found(finder.result))
public struct RowFinder: Sendable {
  private let request: FindRequest
  private let comparison: Comparison
  private let names: [Pattern]
  private let width: Int
  private var row = 0
  private var ends = ContiguousArray<Int>()
  /// For each open branch and each name: places of the destination, of the source, and 1 when
  /// either has matched so far.
  private var frames = ContiguousArray<UInt64>()
  private var hits: RowBits

  public init(_ request: FindRequest) {
    self.request = request
    comparison = request.comparison
    switch request.target {
    case .search(let pattern, _): names = [pattern]
    case .filter(let query, _):
      names = query.terms.compactMap {
        if case .name(let pattern) = $0.condition { return pattern }
        return nil
      }
    }
    width = 3 * names.count
    hits = RowBits(universe: comparison.alignment.count)
  }

  /// Goes on for so many rows.
  ///
  /// - Returns: whether all rows have been seen.
  public mutating func advance(rows: Int) -> Bool {
    let end = min(comparison.alignment.count, row + max(1, rows))
    while row < end {
      visit()
      row += 1
    }
    return row == comparison.alignment.count
  }

  /// Rows seen so far, for a progress bar.
  public var progress: (done: Int, total: Int) { (row, comparison.alignment.count) }

  /// What was found: for a search the rows whose own name completes the match (for a flat list:
  /// leaves with a match anywhere in their path); for a filter the rows to show, parents included.
  public var result: FindResult {
    var shown = hits
    if case .filter = request.target {
      comparison.alignment.addParents(to: &shown)
      return FindResult(number: request.number, rows: RowSet(shown), hits: RowSet(hits).count)
    }
    let rows = RowSet(shown)
    return FindResult(number: request.number, rows: rows, hits: rows.count)
  }

  private mutating func visit() {
    let alignment = comparison.alignment
    while let end = ends.last, end <= row {
      ends.removeLast()
      frames.removeLast(width)
    }
    let parent = frames.count - width
    let depth = ends.count
    let own = advanceNames(parent: parent, depth: depth)
    if isHit(own: own) { hits.insert(row) }
    if alignment.hasChildren(row) {
      ends.append(alignment.end(of: row))
    } else {
      frames.removeLast(width)
    }
  }

  /// Appends the row's frame; the result says whether the first name matched in its own segment.
  private mutating func advanceNames(parent: Int, depth: Int) -> Bool {
    let alignment = comparison.alignment
    var own = false
    for (index, pattern) in names.enumerated() {
      var matched: UInt64 = 0
      var places = (Pattern.start, Pattern.start)
      if depth > 0 {
        let base = parent + 3 * index
        places = (frames[base], frames[base + 1])
        matched = frames[base + 2]
        var hit = false
        if let node = alignment.destinationNode(row) {
          hit = Self.read(alignment.destination, node, depth, pattern, &places.0) || hit
        }
        if let node = alignment.sourceNode(row) {
          hit = Self.read(alignment.source, node, depth, pattern, &places.1) || hit
        }
        if hit { matched = 1 }
        if index == 0 { own = hit }
      }
      frames.append(places.0)
      frames.append(places.1)
      frames.append(matched)
    }
    return own
  }

  private static func read(
    _ tree: Tree, _ node: NodeID, _ depth: Int, _ pattern: Pattern, _ places: inout UInt64
  ) -> Bool {
    var at = places
    var hit = false
    if depth > 1 {
      at = pattern.step(at, tree.joint(of: node) == .slash ? UInt8(ascii: "/") : UInt8(ascii: "."))
    }
    tree.withName(of: node) { bytes in
      for byte in bytes {
        at = pattern.step(at, byte)
        hit = hit || pattern.accepts(at)
      }
    }
    places = at
    return hit
  }

  private func isHit(own: Bool) -> Bool {
    switch request.target {
    case .search(_, let leavesOnly):
      if leavesOnly { return !comparison.alignment.hasChildren(row) && frames.last == 1 }
      return own
    case .filter(let query, let differingOnly):
      let mark = comparison.mark(row)
      guard !comparison.alignment.hasChildren(row) || mark != .branch else { return false }
      if differingOnly, !mark.differs { return false }
      var name = frames.count - width + 2
      for term in query.terms {
        var holds: Bool
        switch term.condition {
        case .name:
          holds = frames[name] == 1
          name += 3
        case .mark(let wanted): holds = mark == wanted
        case .outcome(let wanted): holds = comparison.outcome(row) == wanted
        case .issue: holds = comparison.issues.contains(row)
        case .tie: holds = comparison.isTied(row)
        }
        if holds == term.isInverted { return false }
      }
      return true
    }
  }
}

/// A search or a filter over all rows, to be run off the main thread.
public struct FindRequest: Equatable, Sendable {
  public enum Target: Equatable, Sendable {
    case search(Pattern, leavesOnly: Bool)
    case filter(FilterQuery, differingOnly: Bool)
  }

  /// Later requests have larger numbers; an answer to an old one is dropped.
  public var number: Int
  public var target: Target
  public var comparison: Comparison

  /// Runs to the end at once: for tests and small trees.
  public func run() -> FindResult {
    var finder = RowFinder(self)
    while !finder.advance(rows: .max / 2) {}
    return finder.result
  }
}

public struct FindResult: Equatable, Sendable {
  public var number: Int
  /// Hits of a search; rows to show for a filter.
  public var rows: RowSet
  public var hits: Int
}
