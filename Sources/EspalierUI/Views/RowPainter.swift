import EspalierTree

/// What one row of the trees shows, apart from where.
struct RowPainter {
  let state: AppState
  let browse: Browse
  let columns: TreeColumns
  let row: Int
  let depth: Int

  enum Facts {
    case none
    /// A value, or what a folded branch holds.
    case text(String, Role)
    case array(LeafID)
  }

  var comparison: Comparison { browse.comparison }
  var alignment: Alignment { comparison.alignment }

  /// Whether a side has nothing only because it has not been read.
  func isAwaited(_ side: Side) -> Bool { side == .source && comparison.plan == nil }

  /// The sign between the sides.
  func mark(_ glyphs: Glyphs) -> (String, Role) {
    guard comparison.plan != nil else { return (" ", .dim) }
    let mark = comparison.mark(row)
    if state.isPreviewing, comparison.leaves.contains(row), mark != .skipped {
      let outcome = comparison.outcome(row)
      return (glyphs.mark(outcome), outcome.role)
    }
    if mark == .branch || mark == .skipped && browse.isBranch(row), browse.isFolded(row) {
      let below = row + 1..<alignment.end(of: row)
      if comparison.issues.count(in: below) > 0 { return ("*", .warning) }
      return comparison.differing.count(in: below) > 0 ? ("*", .dim) : ("=", .equal)
    }
    if mark == .inactive, comparison.isIssue(row) { return (glyphs.mark(mark), .error) }
    return (glyphs.mark(mark), mark.role)
  }

  /// In a flat list the end of a path tells rows apart; in a tree both ends of a name do.
  var shortening: Shortening { browse.isFlat ? .start : .middle }

  func name(_ side: Side) -> String {
    guard let node = alignment.node(row, side) else { return "" }
    let tree = alignment.tree(side)
    if side == .source, let name = nameInFile { return name }
    if browse.isFlat { return alignment.path(row).description }
    let name = tree.withName(of: node) { visibleText($0) }
    return name.isEmpty ? "(no name)" : name
  }

  /// What the file calls an array that rules have brought here, where that is another name.
  private var nameInFile: String? {
    guard let repair = comparison.repair, comparison.mark(row) == .renamed,
      let leaf = alignment.sourceLeaf(row), let origin = repair.origin(of: leaf)
    else { return nil }
    let tree = repair.original.tree
    let nodes = origin.sources.map { tree.node(of: $0) }
    guard let node = nodes.first else { return nil }
    let more = nodes.count > 1 ? " +\(nodes.count - 1)" : ""
    let path = tree.path(of: node, below: repair.original.rootNode)
    if browse.isFlat { return path.description + more }
    let own = alignment.node(row, .source).map { alignment.source.name(of: $0) }
    // The same last part is the same name: what rules did to the rest stands in the row's pane.
    guard let last = path.segments.last?.name, last != own || nodes.count > 1 else { return nil }
    return last.description + more
  }

  func nameRole(_ side: Side) -> Role {
    guard comparison.plan != nil else { return browse.isBranch(row) ? .accent : .text }
    let mark = comparison.mark(row)
    if browse.isBranch(row), mark == .branch { return .text }
    switch mark {
    case .equal, .untouched: return .text
    case .branch: return .text
    default: return mark.role
    }
  }

  /// Cells for the name: arrays leave their columns alone, folded branches need room for a number.
  func nameRoom(_ facts: Facts, _ room: Int) -> Int {
    switch facts {
    case .array: return room - 1
    case .text: return room + columns.dtypeWidth
    case .none: return room + columns.dtypeWidth + columns.shapeWidth
    }
  }

  func facts(_ side: Side, _ glyphs: Glyphs, _ numbers: NumberStyle) -> Facts {
    let tree = alignment.tree(side)
    guard let node = alignment.node(row, side) else { return .none }
    if let leaf = tree.leaf(at: node) {
      if tree.kind(of: leaf) == .array { return .array(leaf) }
      let value = tree.value(leaf) ?? .nothing
      let role: Role = value.kind == .bool ? .inactive : .dim
      return .text(glyphs.fit(value.description, columns.sideWidth / 2), role)
    }
    guard browse.isFolded(row) else { return .none }
    return .text(below(side, glyphs, numbers), .dim)
  }

  /// What lies below a folded row, as much of it as there is room for.
  private func below(_ side: Side, _ glyphs: Glyphs, _ numbers: NumberStyle) -> String {
    let total = comparison.totals(row, side)
    var facts = [counted(total.arrays, "array")]
    let issues =
      side == .destination || alignment.destinationNode(row) == nil
      ? comparison.issues.count(in: row..<alignment.end(of: row)) : 0
    if issues > 0 { facts.insert(counted(issues, "issue"), at: 0) }
    let room = columns.sideWidth * 3 / 5
    let more = [numbers.count(total.parameters), numbers.bytes(total.bytes)]
    for fact in more where total.parameters > 0 {
      let next = (facts + [fact]).joined(separator: " \(glyphs.dot) ")
      if cellWidth(of: next) <= room { facts.append(fact) }
    }
    return facts.joined(separator: " \(glyphs.dot) ")
  }

  // MARK: Against the other side

  private func otherArray(_ side: Side) -> LeafID? {
    let other: Side = side == .destination ? .source : .destination
    guard let leaf = alignment.leaf(row, other), alignment.tree(other).kind(of: leaf) == .array
    else { return nil }
    return leaf
  }

  func otherShape(_ side: Side) -> Shape? {
    let other: Side = side == .destination ? .source : .destination
    return otherArray(side).map { alignment.tree(other).shape(of: $0) }
  }

  func otherDtype(than leaf: LeafID, _ side: Side) -> Bool {
    let other: Side = side == .destination ? .source : .destination
    guard let partner = otherArray(side) else { return false }
    return alignment.tree(other).dtype(of: partner) != alignment.tree(side).dtype(of: leaf)
  }

  /// The element type, where it differs and has no column of its own but room before the shape.
  func narrowDtype(_ side: Side, shapeWidth: Int) -> String? {
    guard columns.dtypeWidth == 0, let leaf = alignment.leaf(row, side),
      otherDtype(than: leaf, side)
    else { return nil }
    let name = alignment.tree(side).dtype(of: leaf).name
    return cellWidth(of: name) + 1 + shapeWidth <= columns.shapeWidth ? name : nil
  }

  var shapeRole: Role {
    let mark = comparison.mark(row)
    return mark == .onlyDestination || mark == .onlySource ? mark.role : .text
  }
}
