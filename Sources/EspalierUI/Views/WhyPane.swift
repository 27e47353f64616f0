import EspalierDiagnosis
import EspalierTree

extension Canvas {
  /// Why the load does not go through; the selected reason with its evidence and its remedy.
  mutating func drawWhyPane(_ state: AppState, _ rect: Rect) {
    let entries = state.whyEntries
    let more = entries.isEmpty ? "" : "\(state.why.selected + 1) of \(entries.count)"
    drawPaneTitle("why", rect, isFocused: state.focus == .why, more)
    let inside = Rect(x: rect.x + 2, y: rect.y + 1, width: rect.width - 3, height: rect.height - 1)
    guard !entries.isEmpty else {
      let text =
        state.browse?.comparison.plan == nil
        ? "Nothing has been compared yet." : "Nothing stands against a load: everything fits."
      paragraph(text, inside, from: inside.y, .dim)
      return
    }
    let lines = state.whyLines(inside.width)
    let top = WhyLine.top(lines, selected: state.why.selected, height: inside.height)
    for (index, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
      let y = inside.y + index
      if let harm = line.harm {
        if line.isApplied {
          put(glyphs.mark(.renamed), inside.x, y, .good)
        } else {
          put(symbol(harm), inside.x, y, harm.role)
        }
      }
      put(line.text, inside.x + 2, y, line.role, width: inside.width - 2)
      guard line.entry == state.why.selected, line.harm != nil else { continue }
      let (theme, focused) = (theme, state.focus == .why)
      if focused {
        screen.restyle(x: inside.x, y: y, width: inside.width) {
          theme.highlight(&$0, focused: true)
        }
      }
    }
  }

  private func symbol(_ harm: WhyEntry.Harm) -> String {
    switch harm {
    case .blocks: glyphs.bullet
    case .decision: glyphs.ascii ? "?" : "◆"
    case .harmless: glyphs.ring
    }
  }
}

extension WhyEntry.Harm {
  var role: Role {
    switch self {
    case .blocks: .error
    case .decision: .dtype
    case .harmless: .dim
    }
  }
}

/// One line of the why pane.
struct WhyLine {
  var entry: Int
  var text: String
  var role: Role
  /// Set on the first line of an entry.
  var harm: WhyEntry.Harm?
  /// Whether the remedy of the entry is in force.
  var isApplied = false

  /// The first line to draw, so that the whole selected entry is in sight.
  static func top(_ lines: [WhyLine], selected: Int, height: Int) -> Int {
    let first = lines.firstIndex { $0.entry == selected } ?? 0
    let last = lines.lastIndex { $0.entry == selected } ?? 0
    return min(first, max(0, last - height + 1))
  }
}

extension AppState {
  func whyLines(_ width: Int) -> [WhyLine] {
    let room = max(1, width - 2)
    var lines: [WhyLine] = []
    for (index, entry) in whyEntries.enumerated() {
      let isApplied = isApplied(entry)
      for (number, text) in wrapped(entry.sentence + (entry.isAssumption ? " (assumed)" : ""), room)
        .enumerated()
      {
        lines.append(
          WhyLine(
            entry: index, text: text,
            role: entry.harm == .harmless || isApplied ? .dim : .text,
            harm: number == 0 ? entry.harm : nil, isApplied: isApplied))
      }
      guard index == why.selected else { continue }
      for (text, role) in details(of: entry, isApplied) where !text.isEmpty {
        lines += wrapped(text, room).map { WhyLine(entry: index, text: $0, role: role) }
      }
    }
    // Read with the last entry: a row that nobody selects.
    if let sizes = differingSizes, !lines.isEmpty {
      lines += wrapped(sizes, room).map {
        WhyLine(entry: whyEntries.count - 1, text: $0, role: .dim)
      }
    }
    return lines
  }

  /// Where the two models are not of one size.
  private var differingSizes: String? {
    let rows = sizes.filter { $0.differs && $0.name != "parameters" }
    guard !rows.isEmpty else { return nil }
    let words = rows.map { "\($0.name) \($0.destination ?? "") and \($0.source ?? "")" }
    return "Sizes that differ: \(words.joined(separator: "; "))"
  }

  /// What the selected entry says below its sentence; what Enter does comes first.
  private func details(of entry: WhyEntry, _ isApplied: Bool) -> [(String, Role)] {
    var lines: [(String, Role)] = []
    switch entry.action {
    case .remedy:
      let verb =
        isByItself(entry)
        ? "Done when the file was opened: "
        : isApplied
          ? "Applied; Enter takes it back: "
          : entry.isChoice ? "Enter applies, if you want it: " : "Enter applies: "
      lines.append((verb + entry.remedy, .good))
    case .filter, .none: lines.append((entry.remedy, .good))
    }
    if entry.isAssumption {
      lines.append(
        ("Shapes cannot decide this: it is an assumption. Look at the values.", .warning))
    }
    let evidence = (entry.evidence, Role.dim)
    if case .remedy = entry.action { return lines + [evidence] }
    return [evidence] + lines
  }

  /// The entry that a line of the pane belongs to, counted from its first line below the title.
  func whyEntry(atLine line: Int) -> Int? {
    guard let rect = Layout(self).why, line >= 0 else { return nil }
    let lines = whyLines(rect.width - 3)
    let index = line + WhyLine.top(lines, selected: why.selected, height: rect.height - 1)
    return lines.indices.contains(index) ? lines[index].entry : nil
  }
}
