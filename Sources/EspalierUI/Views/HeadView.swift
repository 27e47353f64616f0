import EspalierLoad
import EspalierTree

extension Canvas {
  /// Both files, what they hold, and whether a load would pass.
  mutating func drawHead(_ state: AppState, _ layout: Layout) {
    let columns = TreeColumns(layout.width, state)
    let hasDetails = layout.headHeight > (state.isSingle ? 1 : 2)
    let sides: [(Side, Int)] =
      state.isSingle
      ? [(.destination, columns.left)]
      : [(.destination, columns.left), (.source, columns.right)]
    for (side, x) in sides {
      drawName(state, side, x, columns)
      if hasDetails { drawDetails(state, side, x, 1, columns.sideWidth) }
    }
    if !state.isSingle {
      put(glyphs.arrow, columns.markColumn - (glyphs.ascii ? 1 : 0), 0, .dim)
      drawCoverage(state, layout, layout.headHeight - 1)
    }
    let theme = theme
    screen.restyle(x: 0, y: 0, width: layout.width, height: layout.headHeight) { theme.head(&$0) }
  }

  private mutating func drawName(
    _ state: AppState, _ side: Side, _ x: Int, _ columns: TreeColumns
  ) {
    let word = state.isSingle ? "" : side.name + "  "
    let end = put(word, x, 0, .dim)
    let room = columns.sideWidth - (end - x)
    let path = visibleText(Array((state.side(side).path ?? "").utf8))
    put(glyphs.fit(path, room, .start), end, 0, .title, width: room)
  }

  private mutating func drawDetails(
    _ state: AppState, _ side: Side, _ x: Int, _ y: Int, _ width: Int
  ) {
    switch state.side(side) {
    case .none: break
    case .opening(_, let done, let total):
      let text = total > 0 ? "reading \(percent(done, of: total))" : "reading…"
      put(glyphs.fit(text, width), x, y, .warning, width: width)
    case .failed: put("could not be read", x, y, .error, width: width)
    case .open(let file): put(details(of: file, side, state, width), x, y, .dim, width: width)
    }
  }

  /// As many facts as there is room for, the most telling first.
  private func details(
    of file: OpenFile, _ side: Side, _ state: AppState, _ width: Int
  ) -> String {
    var facts = [file.format]
    if let root = file.root { facts[0] += " \(glyphs.pointer) \(visibleText(Array(root.utf8)))" }
    if side == .source, let repair = state.browse?.comparison.repair {
      facts[0] += " \(glyphs.mark(.renamed)) \(counted(repair.rules.count, "rule"))"
      if repair.dropped > 0 { facts.append("\(grouped(repair.dropped)) dropped") }
    }
    if let comparison = state.browse?.comparison,
      comparison.alignment.node(0, side) != nil,
      side == .destination || comparison.plan != nil
    {
      let total = comparison.totals(0, side)
      facts.append(counted(total.arrays, "array"))
      facts.append("\(numbers.count(total.parameters)) parameters")
      facts.append(numbers.bytes(total.bytes))
    } else if let bytes = file.byteCount {
      facts.append(numbers.bytes(bytes))
    }
    while facts.count > 1, cellWidth(of: joined(facts)) > width { facts.removeLast() }
    return glyphs.fit(joined(facts), width)
  }

  private func joined(_ facts: [String]) -> String { facts.joined(separator: " \(glyphs.dot) ") }

  /// How much of the destination a load fills, and what a strict load would say.
  private mutating func drawCoverage(_ state: AppState, _ layout: Layout, _ y: Int) {
    guard let comparison = state.browse?.comparison, let plan = comparison.plan else {
      drawWaiting(state, layout, y)
      return
    }
    let (chip, role) = verdict(state, plan.issueCount, layout.width)
    let end = layout.width - 1
    putRight(chip, before: end, y, role)
    let coverage = plan.coverage
    let share = percent(coverage.parametersLoaded, of: coverage.parameters)
    let arrays = "\(grouped(coverage.tensorsLoaded)) of \(counted(coverage.tensors, "array"))"
    let words = layout.width < 70 ? "\(arrays), \(share)" : "\(arrays), \(share) of parameters"
    let room = end - cellWidth(of: chip) - 3
    let label = layout.width >= 100 ? "a load fills  " : ""
    var x = put(label, 1, y, .dim)
    let barWidth = max(0, min(32, room - x - cellWidth(of: words) - 2))
    if barWidth >= 4 {
      bar(x, y, barWidth, coverage.parametersLoaded, of: coverage.parameters)
      x += barWidth + 2
    }
    put(glyphs.fit(words, room - x), x, y, .text, width: room - x)
  }

  /// What a strict load would say, and whether something speaks against a load that passes: below a
  /// certain width the pane with the causes is not in sight.
  private func verdict(_ state: AppState, _ issues: Int, _ width: Int) -> (String, Role) {
    if issues > 0 {
      return ("strict load: \(glyphs.cross) \(counted(issues, "issue"))", .warning)
    }
    let open = state.openCauses
    guard open > 0 else { return ("strict load: \(glyphs.check) passes", .good) }
    let key = state.keyMap.spelling(of: .why).map { " (\($0))" } ?? ""
    let causes = counted(open, "cause")
    return (
      width < 70
        ? "passes, \(glyphs.bullet) \(causes)\(key)"
        : "strict load passes, \(glyphs.bullet) \(causes)" + (width < 110 ? key : " against it"),
      .warning
    )
  }

  private mutating func drawWaiting(_ state: AppState, _ layout: Layout, _ y: Int) {
    let width = layout.width - 2
    for side in Side.allCases {
      if case .failed(_, let sentence) = state.side(side) {
        put(glyphs.fit(sentence, width), 1, y, .error, width: width)
        return
      }
    }
    for side in Side.allCases {
      guard case .opening(_, let done, let total) = state.side(side) else { continue }
      let end = put("reading the \(side.name)  ", 1, y, .dim)
      if total > 0 {
        bar(end, y, min(32, width - end), done, of: total)
        put(percent(done, of: total), end + min(32, width - end) + 2, y)
      }
      return
    }
    put("comparing…", 1, y, .dim)
  }
}
