/// A line of the help screen.
private struct HelpLine {
  var keys = ""
  var text: String
  var role = Role.text
  var isHeading = false
}

extension AppState {
  /// The help screen: the key table, then the marks.
  fileprivate var helpLines: [HelpLine] {
    var lines: [HelpLine] = []
    for section in KeyRow.Section.allCases {
      if !lines.isEmpty { lines.append(HelpLine(text: "")) }
      lines.append(HelpLine(text: section.rawValue, isHeading: true))
      for (row, keys) in keyMap.rows where row.section == section {
        let spelled = keys.isEmpty ? ":\(row.command.rawValue)" : keys.joined(separator: " ")
        let reason = row.whyDisabled(self)
        lines.append(
          HelpLine(
            keys: spelled, text: row.help + (reason.map { " (now: \($0))" } ?? ""),
            role: reason == nil ? .text : .dim))
      }
    }
    lines.append(HelpLine(text: ""))
    lines.append(HelpLine(text: "Marks between the two sides", isHeading: true))
    let glyphs = Glyphs(ascii: options.ascii)
    lines += RowMark.allCases.filter { $0 != .branch }.map {
      HelpLine(keys: glyphs.mark($0), text: $0.legend, role: $0.role)
    }
    lines.append(
      HelpLine(keys: "*", text: "something below the folded row differs", role: .warning))
    lines.append(
      HelpLine(keys: "ta tb", text: "arrays with one letter are tied: one storage", role: .tied))
    lines.append(HelpLine(text: ""))
    lines.append(HelpLine(text: "Marks of the preview", isHeading: true))
    lines += RowOutcome.allCases.filter { $0 != .none }.map {
      HelpLine(keys: glyphs.mark($0), text: $0.legend, role: $0.role)
    }
    return lines
  }

  var helpLineCount: Int { helpLines.count }
}

extension Canvas {
  mutating func drawHelp(_ state: AppState, _ layout: Layout, _ scroll: Int) {
    let lines = state.helpLines
    put("Help", 2, layout.listTop - 1, .title)
    put("Esc closes, \(glyphs.ascii ? "j k" : "↑ ↓") scroll", 8, layout.listTop - 1, .dim)
    for (index, line) in lines.dropFirst(scroll).prefix(layout.listHeight).enumerated() {
      let y = layout.listTop + index
      if line.isHeading {
        put(line.text, 2, y, .accent)
      } else {
        put(glyphs.fit(line.keys, 16), 4, y, line.role == .text ? .title : line.role)
        put(glyphs.fit(line.text, layout.width - 23), 22, y, line.role == .dim ? .dim : .text)
      }
    }
    let last = min(lines.count, scroll + layout.listHeight)
    putRight("\(last) of \(lines.count)", before: layout.width - 1, layout.listTop - 1, .dim)
  }
}

extension RowMark {
  var legend: String {
    switch self {
    case .branch: "a branch on both sides"
    case .equal: "same name, shape and element type"
    case .untouched: "no array on either side"
    case .shape: "other shape"
    case .dtype: "other element type"
    case .kind: "an array against something else"
    case .onlyDestination: "only in the destination"
    case .onlySource: "only in the source"
    case .inactive: "inactive: false where an array could stand"
    case .tied: "tied in the destination, the sources differ"
    case .renamed: "paired by a rule"
    case .skipped: "left out of the load"
    }
  }
}

extension RowOutcome {
  var legend: String {
    switch self {
    case .none: ""
    case .loaded: "loaded from the source"
    case .zeroFilled: "filled with zeros"
    case .kept: "keeps its values"
    case .tied: "loaded through its tie"
    case .unused: "of the source, not used"
    }
  }
}
