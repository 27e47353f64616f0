import EspalierLoad
import EspalierTree

extension AppState {
  /// Whether something small lies over the trees.
  var isDialogOpen: Bool {
    switch overlay {
    case .menu, .question, .prompt: true
    case .help, .report, .metadata, nil: false
    }
  }

  fileprivate var isReportOpen: Bool {
    if case .report = overlay { return true }
    return false
  }

  /// Whether a text to read lies over the trees, with no line to take.
  fileprivate var isPageOpen: Bool {
    switch overlay {
    case .help, .metadata: true
    case .report, .menu, .question, .prompt, nil: false
    }
  }

  /// Keys pressed so far of a longer sequence, or a count.
  fileprivate var pendingText: String {
    (count.map { "\($0) " } ?? "")
      + (pendingDone == nil ? pendingKeys.map(\.description).joined() : "")
  }
}

extension Canvas {
  /// The last line: what is typed, said or running; otherwise what the keys do now.
  mutating func drawStatus(_ state: AppState, _ layout: Layout) {
    let y = layout.statusLine
    var end = layout.width - 1
    let position = positionText(state)
    if state.overlay == nil || layout.width >= 100 {
      putRight(position, before: end, y, .dim)
      end -= cellWidth(of: position) + 2
    }
    if !state.isPromptOpen, !state.pendingText.isEmpty {
      putRight(state.pendingText, before: end, y, .accent)
      end -= cellWidth(of: state.pendingText) + 2
    }
    if case .prompt(let prompt) = state.overlay {
      drawPrompt(prompt, state, y, width: end)
    } else if let message = state.message {
      drawMessage(message, y, width: end - 1)
    } else if let work = state.work, work.kind != .planning {
      drawWork(work, y, width: end)
    } else {
      drawHints(state, y, width: end)
    }
    let theme = theme
    screen.restyle(x: 0, y: y, width: layout.width) { theme.head(&$0) }
  }

  /// A message that is too long for the line takes lines above it: what it says last is often what
  /// is to be done.
  private mutating func drawMessage(_ message: Message, _ y: Int, width: Int) {
    guard cellWidth(of: message.text) > width else {
      put(message.text, 1, y, message.tone.role, width: width)
      return
    }
    let lines = wrapped(message.text, screen.width - 2)
    let shown = Array(lines.prefix(Self.messageLines))
    let theme = theme
    for (index, line) in shown.enumerated() {
      let at = y - shown.count + 1 + index
      let isCut = index == shown.count - 1 && lines.count > shown.count
      screen.fill(x: 0, y: at, width: screen.width, height: 1)
      put(
        glyphs.fit(isCut ? line + " …" : line, screen.width - 2), 1, at, message.tone.role,
        width: screen.width - 2)
      screen.restyle(x: 0, y: at, width: screen.width) { theme.head(&$0) }
    }
  }

  private static var messageLines: Int { 4 }

  // MARK: Parts

  private func positionText(_ state: AppState) -> String {
    guard let browse = state.browse, !browse.visible.isEmpty else { return "" }
    var parts = ["row \(grouped(browse.position + 1)) of \(grouped(browse.visible.count))"]
    let issues = browse.comparison.issues
    if !issues.isEmpty {
      let isOn = issues.contains(browse.cursor)
      parts.append(
        isOn
          ? "issue \(grouped(issues.rank(browse.cursor) + 1)) of \(grouped(issues.count))"
          : counted(issues.count, "issue"))
    }
    if let hits = state.search?.hits, !hits.isEmpty {
      let isOn = hits.contains(browse.cursor)
      parts.append(
        isOn
          ? "match \(grouped(hits.rank(browse.cursor) + 1)) of \(grouped(hits.count))"
          : counted(hits.count, "match", "matches"))
    }
    if let filter = state.filter {
      parts.append("filter “\(filter.text)”" + (filter.hits.map { " \(grouped($0))" } ?? "…"))
    } else if browse.hidesEqual, browse.hiddenLeafCount > 0, screen.width >= 100 {
      parts.append("\(grouped(browse.hiddenLeafCount)) equal hidden")
    }
    if browse.hiddenTrainingCount > 0, screen.width >= 100 {
      parts.append("\(grouped(browse.hiddenTrainingCount)) of training hidden")
    }
    if state.isPreviewing { parts.append("preview") }
    return parts.joined(separator: " \(glyphs.dot) ")
  }

  private mutating func drawHints(_ state: AppState, _ y: Int, width: Int) {
    // A question says itself which keys answer it.
    if case .question = state.overlay { return }
    var x = 1
    for (row, keys) in state.keyMap.rows {
      guard let hint = row.hint, let key = keys.first, row.contexts.contains(state.hintContext)
      else { continue }
      guard row.whyDisabled(state) == nil else { continue }
      // What lies over the panes has to be closed first.
      if row.command == .nextPane, state.overlay != nil { continue }
      if row.command == .accept, state.isPageOpen { continue }
      // Of the report the verbs of a load are the next step; over other lists they would be noise.
      if state.overlay != nil, !state.isReportOpen, row.section != .view, row.section != .program {
        continue
      }
      let needed = cellWidth(of: key) + 1 + cellWidth(of: hint)
      guard x + needed <= width else { continue }
      x = put(key, x, y, .accent)
      x = put(" \(hint)", x, y, .dim) + 2
    }
  }

  private mutating func drawWork(_ work: Work, _ y: Int, width: Int) {
    var facts = [work.title]
    if work.total > 0 { facts.append(percent(work.done, of: work.total)) }
    if let speed = work.speed, speed < 1e15 { facts.append("\(numbers.bytes(Int(speed)))/s") }
    if let left = work.secondsLeft { facts.append("\(duration(left)) left") }
    facts.append("Ctrl-C stops")
    while facts.count > 2, cellWidth(of: facts.joined(separator: "  ")) > width - 12 {
      facts.remove(at: facts.count - 2)
    }
    let text = facts.joined(separator: "  ")
    let end = put(glyphs.fit(text, width - 1), 1, y, .text, width: width - 1) + 2
    if width - end > 8, work.total > 0 {
      bar(end, y, min(30, width - end - 1), work.done, of: work.total)
    }
  }

  private mutating func drawPrompt(_ prompt: Prompt, _ state: AppState, _ y: Int, width: Int) {
    var x = put(prompt.kind.sign, 1, y, .accent)
    let complaint = prompt.complaint ?? prompt.remark(state)
    let room = max(1, width - x - 1)
    let before = cellWidth(of: String(prompt.line.characters.prefix(prompt.line.cursor)))
    // A long line is scrolled so that the cursor stays in sight.
    let shift = max(0, before - room + 1)
    let start = x
    screen.put(prompt.line.text, at: x - shift, y, theme[.text])
    if shift > 0 { put(prompt.kind.sign, 1, y, .accent) }
    x = min(start + cellWidth(of: prompt.line.text) - shift, start + room)
    screen.restyle(x: start + before - shift, y: y, width: 1) { $0.reverse = true }
    screen.fill(x: width, y: y, width: max(0, screen.width - width), height: 1)
    if let complaint {
      let text = glyphs.fit(complaint, max(0, width - x - 3))
      put(text, x + 3, y, prompt.complaint == nil ? .dim : .error)
    }
  }
}

extension AppState {
  fileprivate var isPromptOpen: Bool {
    if case .prompt = overlay { return true }
    return false
  }

  fileprivate var hintContext: KeyContext { overlay == nil && focus == .tree ? .tree : .list }
}

extension Prompt.Kind {
  fileprivate var sign: String {
    switch self {
    case .search: "/"
    case .filter: "filter: "
    case .command: ":"
    case .save: "save to: "
    case .rules: "save rules to: "
    }
  }
}

extension Prompt {
  /// What stands after the line: how many hits, which format.
  fileprivate func remark(_ state: AppState) -> String? {
    switch kind {
    case .search:
      guard !line.isEmpty, let search = state.search else { return nil }
      return search.hits.map { counted($0.count, "match", "matches") } ?? "searching…"
    case .filter:
      guard !line.isEmpty, let filter = state.filter else {
        return "fuzzy  'exact  glob*  !not  :shape :missing :unexpected …"
      }
      return filter.hits.map { counted($0, "row") } ?? "filtering…"
    case .command: return nil
    case .save, .rules: return nil
    }
  }
}

extension Message.Tone {
  var role: Role {
    switch self {
    case .plain: .text
    case .good: .good
    case .warning: .warning
    case .error: .error
    }
  }
}

extension Work {
  var title: String {
    switch kind {
    case .planning: "comparing"
    case .loading(let mode): "\(mode.name) load"
    case .saving: "saving"
    case .statistics: "reading values"
    }
  }
}
