import EspalierTree

extension Canvas {
  /// Both sides of the row under the cursor in full.
  mutating func drawRowPane(_ state: AppState, _ rect: Rect) {
    drawPaneTitle("row", rect, isFocused: state.focus == .row)
    guard let browse = state.browse, let row = browse.current else { return }
    let describer = RowDescriber(browse.comparison, row, state)
    let inside = Rect(x: rect.x + 1, y: rect.y + 1, width: rect.width - 2, height: rect.height - 1)
    var lines: [[(String, Role)]] = []
    // A hostile path may be longer than anyone can read: its ends are shown.
    let path = glyphs.fit(describer.path, inside.width * 4, .middle)
    lines += wrapped(path, inside.width).map { [($0, .title)] }
    if let verdict = describer.verdict {
      let role: Role = verdict.isIssue ? .warning : .dim
      lines += wrapped(ruleWords(verdict), inside.width).map { [($0, role)] }
    } else if browse.comparison.mark(row) == .skipped {
      let reason = state.rules.current.reasonForLeavingOut(browse.comparison.alignment.path(row))
      lines += wrapped(reason, inside.width).map { [($0, .skipped)] }
    }
    if let words = describer.tieWords {
      lines += wrapped(glyphs.fit(words, inside.width * 3, .middle), inside.width).map {
        [($0, .tied)]
      }
    }
    for line in state.doubts(row) {
      lines += wrapped(line, inside.width).map { [($0, .dtype)] }
    }
    for line in describer.ruleLines {
      lines += wrapped(glyphs.fit(line, inside.width * 3, .middle), inside.width).map {
        [($0, .renamed)]
      }
    }
    let sideLines = lines.count
    lines += sides(describer, state, inside.width)
    let top = min(state.rowPaneTop, max(0, lines.count - inside.height))
    let half = (inside.width - 3) / 2
    for (index, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
      let isSide = index + top >= sideLines && !state.isSingle
      for (column, piece) in line.enumerated() {
        let x = inside.x + (isSide ? column * (half + 3) : 0)
        let width = isSide ? half : inside.width
        put(glyphs.fit(piece.0, width), x, inside.y + index, piece.1, width: width)
      }
    }
    if lines.count > inside.height + top {
      put(glyphs.ascii ? "v" : "▾", rect.x + rect.width - 2, rect.y + rect.height - 1, .dim)
    }
  }

  private func sides(
    _ describer: RowDescriber, _ state: AppState, _ width: Int
  ) -> [[(String, Role)]] {
    let half = state.isSingle ? width : (width - 3) / 2
    let shown: [Side] = state.isSingle ? [.destination] : Side.allCases
    let columns = shown.map { side -> [(String, Role)] in
      var lines: [(String, Role)] = state.isSingle ? [] : [(side.name, .dim)]
      for (index, line) in describer.lines(side).enumerated() {
        let role: Role = line.hasPrefix("tied") ? .tied : index == 0 ? .text : .dim
        lines += wrapped(line, half).map { ($0, role) }
      }
      return lines + statisticsLines(describer, side, state, half)
    }
    return (0..<(columns.map(\.count).max() ?? 0)).map { line in
      columns.map { line < $0.count ? $0[line] : ("", .dim) }
    }
  }

  private func statisticsLines(
    _ describer: RowDescriber, _ side: Side, _ state: AppState, _ width: Int
  ) -> [(String, Role)] {
    guard let leaf = describer.leaf(side),
      describer.comparison.alignment.tree(side).kind(of: leaf) == .array
    else { return [] }
    switch state.statistics[LeafKey(side: side, leaf: leaf)] {
    case nil: return [("v reads the values", .faint)]
    case .reading?: return [("reading the values…", .dim)]
    case .failed(let sentence)?: return wrapped(sentence, width).map { ($0, .error) }
    case .read(let values)?:
      let odd = [(values.zeros, "zero"), (values.nans, "NaN"), (values.infinities, "infinity")]
        .filter { $0.0 > 0 }
        .map { ", \(percent($0.0, of: values.count)) \($0.1)" }
      let range = "\(shortNumber(values.minimum)) to \(shortNumber(values.maximum))"
      let isBad = values.nans > 0 || values.infinities > 0
      var lines: [(String, Role)] = wrapped(range + odd.joined(), width).map {
        ($0, isBad ? .error : .text)
      }
      lines += wrapped(
        "mean \(shortNumber(values.mean)), deviation \(shortNumber(values.deviation))", width
      ).map { ($0, .text) }
      lines.append((glyphs.sparkline(values.histogram, width: min(width, 40)), .accent))
      return lines
    }
  }

  mutating func drawPaneTitle(_ title: String, _ rect: Rect, isFocused: Bool, _ more: String = "") {
    rule(rect.x, rect.y, rect.width)
    if rect.x > 0 {
      put(glyphs.ruleDown, rect.x, rect.y, .faint)
      for line in 1..<rect.height { put(glyphs.guide, rect.x, rect.y + line, .faint) }
    }
    let end = put(" \(title) ", rect.x + 2, rect.y, isFocused ? .accent : .dim)
    if !more.isEmpty { put("\(more) ", end, rect.y, .faint) }
  }
}
