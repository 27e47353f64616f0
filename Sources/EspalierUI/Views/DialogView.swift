import EspalierTree

extension Canvas {
  /// Menus, questions, and the lists above prompts.
  mutating func drawDialog(_ state: AppState, _ layout: Layout) {
    switch state.overlay {
    case .menu(let menu): drawMenu(menu, state, layout)
    case .question(let question): drawQuestion(question, state, layout)
    case .prompt(let prompt):
      switch prompt.kind {
      case .command where prompt.completions.isEmpty: drawPalette(prompt, state, layout)
      case .save, .command, .rules: drawPaths(prompt, state, layout)
      default: break
      }
    case .help, .report, .metadata, nil: break
    }
  }

  private mutating func drawMenu(_ menu: Menu, _ state: AppState, _ layout: Layout) {
    let items = state.items(of: menu)
    let titles = items.map { cellWidth(of: $0.title) }.max() ?? 0
    let details = items.map { cellWidth(of: $0.detail) }.max() ?? 0
    let width = min(layout.width - 8, max(30, titles + details + 12))
    let box = frame(
      menu.kind.title, lines: items.count, width: width, layout,
      hint: "Enter takes, Esc closes")
    for (index, item) in items.enumerated() {
      let y = box.y + index
      put(String(Character(item.key)), box.x + 1, y, .accent)
      put(item.title, box.x + 4, y)
      let room = box.width - titles - 8
      put(glyphs.fit(item.detail, room), box.x + titles + 7, y, .dim, width: room)
      if index == menu.selected { highlight(box, y) }
    }
  }

  private mutating func drawQuestion(
    _ question: Question, _ state: AppState, _ layout: Layout
  ) {
    let width = min(layout.width - 8, 64)
    let lines = wrapped(question.sentence, width - 4)
    let hint =
      switch question.kind {
      case .replace, .replaceRules: "y replaces it, n or Esc leaves it alone"
      case .quitUnsaved:
        state.isResultCurrent
          ? "w saves it, y quits without, Esc stays" : "y quits without it, Esc stays"
      }
    let box = frame(
      question.kind.title, lines: lines.count, width: width, layout, hint: hint)
    for (index, line) in lines.enumerated() { put(line, box.x + 1, box.y + index) }
  }

  private mutating func drawPalette(_ prompt: Prompt, _ state: AppState, _ layout: Layout) {
    let entries = state.palette(prompt)
    let height = min(entries.count, layout.height - layout.headHeight - 5, 12)
    guard height > 0 else { return }
    let width = min(layout.width - 4, 76)
    let box = bottomFrame("commands", lines: height, width: width, layout)
    let top = max(0, min(prompt.selected - height / 2, entries.count - height))
    for (index, entry) in entries.dropFirst(top).prefix(height).enumerated() {
      let y = box.y + index
      let isOff = entry.disabled != nil
      put(entry.name, box.x + 1, y, isOff ? .dim : .text)
      let keys = entry.keys.prefix(2).joined(separator: " ")
      put(glyphs.fit(keys, 11), box.x + 20, y, .accent)
      let room = box.width - 33
      put(glyphs.fit(entry.disabled ?? entry.help, room), box.x + 32, y, .dim, width: room)
      if top + index == prompt.selected { highlight(box, y) }
    }
  }

  private mutating func drawPaths(_ prompt: Prompt, _ state: AppState, _ layout: Layout) {
    let width = min(layout.width - 4, 76)
    var lines = prompt.completions.prefix(8).map { visibleText(Array($0.utf8)) }
    if prompt.kind == .save {
      let format = state.saveFormats[clamped: prompt.format]?.name ?? ""
      let keys = state.saveFormats.count > 1 ? (glyphs.ascii ? " (up, down)" : " (↑ ↓)") : ""
      lines.append("format: \(format)\(keys)   Tab completes, Enter saves")
      lines.append("an existing file is never replaced without asking")
    }
    if prompt.kind == .rules {
      lines.append("“espalier load DST SRC --rules FILE -o OUT” does the same again")
      lines.append("Tab completes, Enter saves; an existing file is not replaced without asking")
    }
    guard !lines.isEmpty else { return }
    let titles: [Prompt.Kind: String] = [.save: "save the result", .rules: "save the rules"]
    let box = bottomFrame(
      titles[prompt.kind] ?? "files", lines: lines.count, width: width, layout)
    for (index, line) in lines.enumerated() {
      let isPath = index < min(8, prompt.completions.count)
      put(glyphs.fit(line, box.width - 2, .start), box.x + 1, box.y + index, isPath ? .text : .dim)
      if isPath, index == prompt.selected { highlight(box, box.y + index) }
    }
  }

  // MARK: Frames

  private mutating func highlight(_ box: Rect, _ y: Int) {
    let theme = theme
    screen.restyle(x: box.x, y: y, width: box.width) { theme.highlight(&$0, focused: true) }
  }

  /// A frame in the middle; the result is what is inside it.
  private mutating func frame(
    _ title: String, lines: Int, width: Int, _ layout: Layout, hint: String
  ) -> Rect {
    let height = min(lines + 2, layout.height - 2)
    let x = (layout.width - width) / 2
    let y = max(1, (layout.height - height) / 3)
    drawFrame(Rect(x: x, y: y, width: width, height: height), title)
    let text = " \(glyphs.fit(hint, width - 6)) "
    putRight(text, before: x + width - 2, y + height - 1, .dim)
    return Rect(x: x + 1, y: y + 1, width: width - 2, height: height - 2)
  }

  /// A frame right above the status line.
  private mutating func bottomFrame(
    _ title: String, lines: Int, width: Int, _ layout: Layout
  ) -> Rect {
    let height = lines + 2
    let y = layout.statusLine - height
    drawFrame(Rect(x: 1, y: y, width: width, height: height), title)
    return Rect(x: 2, y: y + 1, width: width - 2, height: height - 2)
  }

  private mutating func drawFrame(_ rect: Rect, _ title: String) {
    let (x, y, width, height) = (rect.x, rect.y, rect.width, rect.height)
    screen.fill(x: x, y: y, width: width, height: height)
    rule(x, y, width)
    rule(x, y + height - 1, width)
    let corners = glyphs.ascii ? ["+", "+", "+", "+"] : ["╭", "╮", "╰", "╯"]
    for line in 1..<max(1, height - 1) {
      put(glyphs.guide, x, y + line, .faint)
      put(glyphs.guide, x + width - 1, y + line, .faint)
    }
    put(corners[0], x, y, .faint)
    put(corners[1], x + width - 1, y, .faint)
    put(corners[2], x, y + height - 1, .faint)
    put(corners[3], x + width - 1, y + height - 1, .faint)
    put(" \(title) ", x + 2, y, .accent)
  }
}

extension Menu.Kind {
  var title: String {
    switch self {
    case .copy: "copy"
    case .options: "options"
    case .load: "load"
    }
  }
}

extension Question.Kind {
  var title: String {
    switch self {
    case .replace, .replaceRules: "replace a file?"
    case .quitUnsaved: "quit?"
    }
  }
}
