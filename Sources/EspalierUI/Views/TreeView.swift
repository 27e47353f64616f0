import EspalierLoad
import EspalierTree

extension Canvas {
  /// The two trees, one row for each pair.
  mutating func drawTrees(_ state: AppState, _ layout: Layout) {
    guard let browse = state.browse else {
      drawNothingRead(state, layout.tree)
      return
    }
    let columns = TreeColumns(layout.tree.width, state)
    var row = browse.visible.isEmpty ? nil : browse.visible.next(from: browse.top)
    if row == nil { drawNoRows(state, browse, layout.tree) }
    var depth = DepthCounter(browse.comparison.alignment)
    for line in 0..<layout.tree.height {
      guard let at = row else { break }
      let painter = RowPainter(
        state: state, browse: browse, columns: columns, row: at,
        depth: browse.isFlat ? 1 : depth.depth(of: at))
      drawRow(painter, layout.tree.y + line)
      row = browse.visible.next(from: at + 1)
    }
    drawScrollMark(browse, layout.tree)
  }

  private mutating func drawRow(_ painter: RowPainter, _ y: Int) {
    let columns = painter.columns
    draw(painter, .destination, columns.left, y)
    if !columns.isSingle {
      draw(painter, .source, columns.right, y)
      let (mark, role) = painter.mark(glyphs)
      put(mark, columns.markColumn, y, role)
    }
    let theme = theme
    let state = painter.state
    if state.search?.hits?.contains(painter.row) == true {
      for x in [columns.left, columns.right] {
        let name = columns.indent(depth: painter.depth) + 2
        screen.restyle(x: x + name, y: y, width: columns.nameWidth - name) { theme.match(&$0) }
      }
    }
    if painter.row == painter.browse.cursor {
      let focused = state.focus == .tree && !state.isDialogOpen
      screen.restyle(x: 0, y: y, width: screen.width) { theme.highlight(&$0, focused: focused) }
    }
  }

  private mutating func draw(_ painter: RowPainter, _ side: Side, _ x: Int, _ y: Int) {
    let columns = painter.columns
    let alignment = painter.alignment
    let indent = columns.indent(depth: painter.depth)
    guard let node = alignment.node(painter.row, side) else {
      if painter.isAwaited(side) { return }
      let width = min(3, columns.sideWidth - indent - 2)
      put(String(repeating: glyphs.filler, count: max(0, width)), x + indent + 2, y, .faint)
      return
    }
    drawGuides(painter, x, y, indent)
    let tree = alignment.tree(side)
    if painter.browse.isBranch(painter.row), tree.hasChildren(node) {
      let folded = painter.browse.isFolded(painter.row)
      put(folded ? glyphs.folded : glyphs.unfolded, x + indent, y, .dim)
    }
    let start = x + indent + (painter.browse.isFlat ? 0 : 2)
    let facts = painter.facts(side, glyphs, numbers)
    let room = x + columns.nameWidth - start
    let name = painter.name(side)
    let nameEnd = put(
      glyphs.fit(name, painter.nameRoom(facts, room), painter.shortening), start, y,
      painter.nameRole(side))
    switch facts {
    case .none: break
    case .text(let text, let role):
      let end = x + columns.sideWidth
      putRight(glyphs.fit(text, max(0, end - nameEnd - 1)), before: end, y, role)
    case .array(let leaf): drawArray(painter, tree, leaf, side, x, y)
    }
  }

  private mutating func drawGuides(_ painter: RowPainter, _ x: Int, _ y: Int, _ indent: Int) {
    let step = painter.columns.indent(depth: 2)
    guard step > 0 else { return }
    for place in stride(from: 0, to: indent, by: step) { put(glyphs.guide, x + place, y, .faint) }
  }

  private mutating func drawArray(
    _ painter: RowPainter, _ tree: Tree, _ leaf: LeafID, _ side: Side, _ x: Int, _ y: Int
  ) {
    let columns = painter.columns
    var at = x + columns.nameWidth
    if let group = tree.tie(of: leaf) {
      put(glyphs.fit("t" + tieLetters(group), 3), at, y, .tied, width: TreeColumns.tieWidth)
    }
    at += TreeColumns.tieWidth
    if columns.dtypeWidth > 0 {
      let role: Role = painter.otherDtype(than: leaf, side) ? .dtype : .dim
      put(
        glyphs.fit(tree.dtype(of: leaf).name, columns.dtypeWidth - 1), at, y, role,
        width: columns.dtypeWidth - 1)
      at += columns.dtypeWidth
    }
    if columns.shapeWidth > 0 {
      drawShape(painter, tree.shape(of: leaf), side, before: at + columns.shapeWidth, y)
      at += columns.shapeWidth
    }
    if columns.bytesWidth > 0 {
      putRight(numbers.bytes(tree.byteCount(of: leaf)), before: at + columns.bytesWidth, y, .dim)
    }
  }

  /// A shape whose dimensions that differ from the other side's stand out.
  private mutating func drawShape(
    _ painter: RowPainter, _ shape: Shape, _ side: Side, before end: Int, _ y: Int
  ) {
    let other = painter.otherShape(side)
    let parts = shape.dimensions.map(String.init)
    guard !parts.isEmpty else {
      putRight("[]", before: end, y, other == nil || other == shape ? .dim : .dimension)
      return
    }
    let whole = parts.joined(separator: glyphs.times)
    if let dtype = painter.narrowDtype(side, shapeWidth: cellWidth(of: whole)) {
      putRight(dtype, before: end - cellWidth(of: whole) - 1, y, .dtype)
    }
    let room = painter.columns.shapeWidth - 1
    guard cellWidth(of: whole) <= room else {
      let differs = other != nil && other != shape
      putRight(glyphs.fit(whole, room, .middle), before: end, y, differs ? .dimension : .text)
      return
    }
    var x = end - cellWidth(of: whole)
    for (axis, part) in parts.enumerated() {
      if axis > 0 { x = put(glyphs.times, x, y, .dim) }
      let differs = other.map {
        $0.rank != shape.rank || $0.dimensions[axis] != shape.dimensions[axis]
      }
      x = put(part, x, y, differs == true ? .dimension : painter.shapeRole)
    }
  }

  // MARK: Without rows

  private mutating func drawNothingRead(_ state: AppState, _ rect: Rect) {
    let middle = rect.y + rect.height / 3
    switch state.destination {
    case .failed(_, let sentence):
      paragraph(
        sentence, Rect(x: 3, y: middle, width: rect.width - 6, height: 6), from: middle, .error)
    case .opening(let path, let done, let total):
      put(glyphs.fit("reading \(visibleText(Array(path.utf8)))", rect.width - 6), 3, middle)
      if total > 0 { bar(3, middle + 1, min(40, rect.width - 6), done, of: total) }
    default: put("comparing…", 3, middle, .dim)
    }
  }

  private mutating func drawNoRows(_ state: AppState, _ browse: Browse, _ rect: Rect) {
    let text =
      browse.filteredAway
      ? "no row fits the filter; F lifts it"
      : browse.hidesEqual ? "everything is equal; e shows it" : "this file holds no arrays"
    put(text, 3, rect.y + rect.height / 3, .dim)
  }

  /// Where the window stands among all rows in sight, at the right edge.
  private mutating func drawScrollMark(_ browse: Browse, _ rect: Rect) {
    let count = browse.visible.count
    guard count > rect.height, rect.height > 1 else { return }
    let size = max(1, rect.height * rect.height / count)
    let first = browse.visible.rank(browse.top)
    let start = first * (rect.height - size) / max(1, count - rect.height)
    for line in start..<min(rect.height, start + size) {
      put(glyphs.ascii ? "|" : "▐", rect.x + rect.width - 1, rect.y + line, .faint)
    }
  }
}

/// Depths of rows that are asked for in ascending order, each from the one before.
struct DepthCounter {
  private let alignment: Alignment
  private var open: [Int] = []

  init(_ alignment: Alignment) { self.alignment = alignment }

  mutating func depth(of row: Int) -> Int {
    while let last = open.last, alignment.end(of: last) <= row { open.removeLast() }
    var way: [Int] = []
    var at: Int? = row
    while let next = at, next != open.last {
      way.append(next)
      at = alignment.parent(of: next)
    }
    open += way.reversed()
    return open.count - 1
  }
}
