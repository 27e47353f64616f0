import EspalierTree

/// The two trees as they are on the screen: which rows are in sight, and where the cursor is.
///
/// Rows in sight are a set of bits over the rows of the comparison; folding clears a range of it and
/// unfolding sets one, so that no key costs a walk over the rows.
public struct Browse: Equatable, Sendable {
  public let comparison: Comparison
  /// What the filter and the hiding of equal rows leave, parents included.
  public private(set) var shown: RowSet
  /// What is in sight: shown and below no folded row. Row 0, the pair of roots, never is.
  public private(set) var visible: RowSet
  private(set) var folded: RowBits
  public private(set) var cursor = 0
  /// The first row of the window.
  public private(set) var top = 0
  public private(set) var hidesEqual: Bool
  public private(set) var isFlat = false
  /// Whether the optimizer and its like are in sight; a filter finds them either way.
  public private(set) var showsTrainingState = false
  /// The rows that the filter found, parents included; nil without a filter.
  private(set) var filtered: RowSet?
  private var foldedUnfiltered: RowBits?

  /// More rows than this are folded at first, so that the first screen is an overview.
  static let unfoldedAtFirst = 400
  private static let firstScreen = 24

  public init(_ comparison: Comparison) {
    self.comparison = comparison
    hidesEqual = !comparison.differing.isEmpty
    folded = RowBits(universe: comparison.rowCount)
    shown = RowSet(universe: 0)
    visible = shown
    refreshShown()
    if visible.count > Self.unfoldedAtFirst { foldAll() }
    unfoldWhileShort()
    cursor = visible.next(from: 0) ?? 0
    top = cursor
  }

  /// The row under the cursor; nil when no row is in sight.
  public var current: Int? { visible.contains(cursor) ? cursor : nil }
  /// Place of the cursor among the rows in sight.
  public var position: Int { visible.rank(cursor) }
  public func isFolded(_ row: Int) -> Bool { !isFlat && folded.contains(row) }
  public func isBranch(_ row: Int) -> Bool { !isFlat && comparison.branches.contains(row) }
  /// Leaves that the filter or the hiding of equal rows takes out of sight.
  public private(set) var hiddenLeafCount = 0
  /// Leaves that are out of sight because they belong to training.
  public private(set) var hiddenTrainingCount = 0

  // MARK: Cursor

  /// Moves by rows in sight; stops at both ends.
  mutating func move(by rows: Int) {
    let (target, overflow) = position.addingReportingOverflow(rows)
    move(toPosition: overflow ? (rows < 0 ? 0 : .max) : target)
  }

  mutating func move(toPosition position: Int) {
    if let row = visible.select(min(max(0, position), visible.count - 1)) { cursor = row }
  }

  /// Puts the cursor on a row, opening what is folded above it, and showing training state where it
  /// is part of that.
  ///
  /// - Returns: false when a filter hides the row.
  @discardableResult
  mutating func reveal(_ row: Int) -> Bool {
    if !shown.contains(row), comparison.trainingState.contains(row) {
      setShowsTrainingState(true)
    }
    guard shown.contains(row), row > 0 else { return false }
    if isFlat {
      guard let leaf = visible.next(from: row) else { return false }
      cursor = leaf
      return true
    }
    var above: [Int] = []
    var at = comparison.alignment.parent(of: row)
    while let parent = at {
      if folded.contains(parent) { above.append(parent) }
      at = comparison.alignment.parent(of: parent)
    }
    // Outermost first: each opens the sight of the next.
    for parent in above.reversed() { unfold(parent) }
    cursor = row
    return true
  }

  /// Keeps the cursor on a row in sight and the window around it.
  ///
  /// - Parameter height: rows of the window.
  mutating func settle(height: Int) {
    if !visible.contains(cursor) { cursor = nearestVisible(cursor) }
    let height = max(1, height)
    let position = visible.rank(cursor)
    var first = visible.rank(top)
    let margin = min(3, (height - 1) / 4)
    first = min(first, max(0, position - margin))
    first = max(first, position - (height - 1 - margin))
    first = max(0, min(first, visible.count - height))
    top = visible.select(first) ?? 0
  }

  /// Scrolls the window; the cursor moves only when it would leave it.
  mutating func scroll(by rows: Int, height: Int) {
    let last = max(0, visible.count - height)
    let first = min(max(0, visible.rank(top) + rows), last)
    top = visible.select(first) ?? 0
    let margin = min(3, (height - 1) / 4)
    let low = first == 0 ? 0 : first + margin
    let high = first == last ? visible.count - 1 : first + height - 1 - margin
    move(toPosition: min(max(position, low), max(low, high)))
  }

  private func nearestVisible(_ row: Int) -> Int {
    var at = comparison.alignment.count > row ? comparison.alignment.parent(of: row) : nil
    while let parent = at {
      if visible.contains(parent) { return parent }
      at = comparison.alignment.parent(of: parent)
    }
    return visible.next(from: row) ?? visible.previous(from: row) ?? 0
  }

  // MARK: Folding

  mutating func fold(_ row: Int) {
    guard isBranch(row), !folded.contains(row) else { return }
    folded.insert(row)
    let end = comparison.alignment.end(of: row)
    visible.update { $0.remove(row + 1..<end) }
  }

  mutating func unfold(_ row: Int) {
    guard isBranch(row), folded.contains(row) else { return }
    folded.remove(row)
    let end = comparison.alignment.end(of: row)
    let (shown, folded) = (shown.bits, folded)
    visible.update { bits in
      bits.copy(row + 1..<end, from: shown)
      comparison.alignment.hide(folded, in: row + 1..<end, &bits)
    }
  }

  /// Unfolds a row and everything below it.
  mutating func unfoldBelow(_ row: Int) {
    guard isBranch(row) else { return }
    let end = comparison.alignment.end(of: row)
    folded.remove(row..<end)
    let shown = shown.bits
    visible.update { $0.copy(row + 1..<end, from: shown) }
  }

  mutating func foldAll() {
    guard !isFlat else { return }
    folded = comparison.branches
    folded.remove(0)
    refreshVisible()
  }

  mutating func unfoldAll() {
    guard !isFlat else { return }
    folded = RowBits(universe: comparison.rowCount)
    refreshVisible()
  }

  /// Unfolds from the top as long as everything fits on one screen.
  private mutating func unfoldWhileShort() {
    var row = visible.next(from: 0)
    while let at = row, visible.count < Self.firstScreen {
      if folded.contains(at) {
        unfold(at)
        if visible.count > Self.firstScreen { fold(at) }
      }
      row = visible.next(from: at + 1)
    }
  }

  /// Takes over what was folded in another comparison of the same destination.
  ///
  /// - Parameter keepsHiding: whether to hide what is equal as before.
  mutating func takeOver(_ old: Browse, keepsHiding: Bool) {
    if keepsHiding { hidesEqual = old.hidesEqual && !comparison.differing.isEmpty }
    isFlat = old.isFlat
    showsTrainingState = old.showsTrainingState
    let sameRows = old.comparison.alignment.count == comparison.alignment.count
    if sameRows {
      folded = old.folded
      folded.formIntersection(comparison.branches)
      cursor = old.cursor
      top = old.top
      refreshShown()
    } else {
      refreshShown()
      let path = old.comparison.alignment.path(old.cursor)
      // The second file may have put rows before the first one; nobody has chosen that row.
      let isChosen = keepsHiding || old.position > 0
      if isChosen, let row = comparison.alignment.row(at: path), row > 0 { reveal(row) }
    }
  }

  // MARK: What is shown

  mutating func setHidesEqual(_ hides: Bool) {
    hidesEqual = hides
    refreshShown()
  }

  mutating func setShowsTrainingState(_ shows: Bool) {
    guard shows != showsTrainingState else { return }
    showsTrainingState = shows
    refreshShown()
  }

  mutating func setFlat(_ flat: Bool) {
    isFlat = flat
    refreshVisible()
  }

  /// - Parameter rows: what the filter found; nil lifts it, and folds are as they were before.
  mutating func setFilter(_ rows: RowSet?) {
    if rows != nil, filtered == nil { foldedUnfiltered = folded }
    if rows == nil, let before = foldedUnfiltered {
      folded = before
      foldedUnfiltered = nil
    }
    filtered = rows
    refreshShown()
  }

  private mutating func refreshShown() {
    var bits =
      filtered?.bits
      ?? (hidesEqual
        ? comparison.differingWithParents.bits
        : RowBits(universe: comparison.rowCount, filled: true))
    bits.remove(0)
    var leaves = bits
    leaves.formIntersection(comparison.leaves.bits)
    hiddenLeafCount = comparison.leaves.count - RowSet(leaves).count
    hideTrainingState(&bits, leaves)
    shown = RowSet(bits)
    refreshVisible()
  }

  /// A file that holds nothing else is shown all the same.
  private mutating func hideTrainingState(_ bits: inout RowBits, _ leaves: RowBits) {
    hiddenTrainingCount = 0
    guard !showsTrainingState, filtered == nil else { return }
    var rest = bits
    rest.subtract(comparison.trainingState)
    guard rest.next(from: 0) != nil else { return }
    bits = rest
    var hidden = leaves
    hidden.formIntersection(comparison.trainingState)
    hiddenTrainingCount = RowSet(hidden).count
  }

  private mutating func refreshVisible() {
    var bits = shown.bits
    if isFlat {
      bits.formIntersection(comparison.leaves.bits)
    } else {
      comparison.alignment.hide(folded, in: 0..<bits.universe, &bits)
    }
    visible = RowSet(bits)
  }

  /// What a search that is given up puts back.
  struct Place: Equatable, Sendable {
    var cursor: Int
    var top: Int
    var folded: RowBits
  }

  var place: Place { Place(cursor: cursor, top: top, folded: folded) }

  mutating func restore(_ place: Place) {
    guard place.folded.universe == folded.universe else { return }
    cursor = place.cursor
    top = place.top
    guard place.folded != folded else { return }
    folded = place.folded
    refreshVisible()
  }
}

extension Alignment {
  /// Clears what lies below folded rows; a folded row inside another is jumped over.
  fileprivate func hide(_ folded: RowBits, in rows: Range<Int>, _ bits: inout RowBits) {
    folded.forEach(in: rows) { row in
      let end = end(of: row)
      bits.remove(row + 1..<end)
      return end
    }
  }
}
