import EspalierTree

extension Canvas {
  /// The report over the whole window.
  mutating func drawReport(_ state: AppState, _ layout: Layout, _ cursor: Overlay.Cursor) {
    guard let report = state.report else { return }
    let isDone = state.isResultCurrent
    put(isDone ? "Report" : "Report of what a load would do", 2, layout.listTop - 1, .title)
    let hint = layout.width < 80 ? "Enter goes there" : "Enter goes to the row, Esc closes"
    putRight(hint, before: layout.width - 1, layout.listTop - 1, .dim)
    for index in 0..<layout.listHeight where cursor.top + index < report.lineCount {
      let y = layout.listTop + index
      switch report.line(cursor.top + index).kind {
      case .nothing: break
      case .heading(let title, let role, let count):
        let end = put(title, 2, y, role)
        put("  \(grouped(count))", end, y, .dim)
      case .row(let row): drawEntry(report.comparison, row, state, layout, y)
      case .note(let note):
        let path = report.comparison.alignment.path(note.row).description
        let text = (note.row == 0 ? "" : path + ": ") + noteWords(note.kind)
        put(glyphs.fit(text, layout.width - 6), 4, y, .dim)
      }
      guard cursor.top + index == cursor.selected else { continue }
      let theme = theme
      screen.restyle(x: 0, y: y, width: layout.width) { theme.highlight(&$0, focused: true) }
    }
  }

  private mutating func drawEntry(
    _ comparison: Comparison, _ row: Int, _ state: AppState, _ layout: Layout, _ y: Int
  ) {
    let describer = RowDescriber(comparison, row, state)
    let mark = comparison.mark(row)
    put(glyphs.mark(mark), 4, y, mark.role)
    let sides = Side.allCases.compactMap { side in
      describer.leaf(side) == nil ? nil : describer.short(side)
    }
    let facts =
      sides.count == 2 && sides[0] == sides[1]
      ? sides[0] : sides.joined(separator: " \(glyphs.arrow) ")
    let reason = describer.operation ?? describer.verdict.map(shortReason) ?? ""
    let width = layout.width - 8
    let factsWidth = min(cellWidth(of: facts), width / 2)
    let reasonWidth = width >= 90 ? 24 : 0
    let nameWidth = width - factsWidth - reasonWidth - 2
    put(glyphs.fit(describer.path, nameWidth, .middle), 6, y, .text)
    putRight(
      glyphs.fit(facts, factsWidth, .middle), before: layout.width - 2 - reasonWidth, y,
      mark.role == .equal ? .dim : mark.role)
    if reasonWidth > 0 {
      put(glyphs.fit(reason, reasonWidth - 2), layout.width - reasonWidth, y, .dim)
    }
  }
}
