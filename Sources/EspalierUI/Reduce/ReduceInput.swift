extension AppState {
  mutating func receive(_ event: InputEvent) -> [Effect] {
    switch event {
    case .key(let key):
      message = nil
      return press(key)
    case .mouse(let mouse, let x, let y, _): return point(mouse, x, y)
    case .paste(let text):
      guard case .prompt(var prompt) = overlay else {
        message = Message("nothing to paste into; / searches, : takes a command")
        return []
      }
      prompt.line.insert(text)
      return changed(prompt)
    case .resize(let width, let height):
      (self.width, self.height) = (max(0, width), max(0, height))
      return []
    case .interrupt: return perform(.interrupt)
    case .suspend: return [.suspend]
    }
  }

  private mutating func press(_ key: Key) -> [Effect] {
    switch overlay {
    case .question(let question): return answer(question, key)
    case .menu(let menu):
      if let effects = pressInMenu(menu, key) { return effects }
    case .prompt(var prompt):
      if let typed = key.typed {
        prompt.line.insert(String(Character(typed)))
        return changed(prompt)
      }
      return dispatch(key, [.prompt])
    default: break
    }
    if takesCount(key) { return [] }
    if overlay != nil { return dispatch(key, [.list]) }
    return dispatch(key, focus == .tree ? [.tree] : [.list, .tree])
  }

  /// Digits before a command say how often; a 0 counts only after another digit.
  private mutating func takesCount(_ key: Key) -> Bool {
    guard pendingKeys.isEmpty || pendingDone != nil, let typed = key.typed,
      let digit = Int(String(Character(typed))), "0"..."9" ~= typed, digit > 0 || count != nil
    else { return false }
    (pendingKeys, pendingDone) = ([], nil)
    // Past a billion the number stands still instead of overflowing.
    count = min((count ?? 0) * 10 + digit, 1_000_000_000)
    return true
  }

  private mutating func dispatch(_ key: Key, _ contexts: [KeyContext]) -> [Effect] {
    let sequence = pendingKeys + [key]
    if !pendingKeys.isEmpty, key == .escape {
      (pendingKeys, pendingDone, count) = ([], nil, nil)
      return []
    }
    let done = pendingDone
    for context in contexts {
      guard let command = keyMap.command(for: sequence, in: context) else { continue }
      let goesOn = keyMap.isPrefix(sequence, in: context)
      (pendingKeys, pendingDone) = goesOn ? (sequence, command) : ([], nil)
      // The `c` of `]c` when `]` alone has moved already.
      return done == command ? [] : perform(command)
    }
    if contexts.contains(where: { keyMap.isPrefix(sequence, in: $0) }) {
      pendingKeys = sequence
      return []
    }
    let hadPending = !pendingKeys.isEmpty
    (pendingKeys, pendingDone) = ([], nil)
    if done != nil { return dispatch(key, contexts) }
    count = nil
    let spelled = sequence.map(\.description).joined(separator: hadPending ? " " : "")
    let help = keyMap.spelling(of: .help) ?? ":help"
    message = Message("\(spelled) does nothing here; \(help) lists the keys")
    return []
  }

  // MARK: Mouse

  private mutating func point(_ mouse: InputEvent.Mouse, _ x: Int, _ y: Int) -> [Effect] {
    let lines = mouse == .wheelUp ? -3 : mouse == .wheelDown ? 3 : 0
    if lines != 0 {
      scroll(by: lines, at: (x, y))
      return []
    }
    guard mouse == .pressLeft else { return [] }
    message = nil
    if overlay != nil { return pointInOverlay(x, y) }
    let layout = Layout(self)
    if layout.tree.contains(x, y) { return pointInTree(layout, x, y) }
    if let why = layout.why, why.contains(x, y) {
      focus = .why
      if let entry = whyEntry(atLine: y - why.y - 1) { self.why.selected = entry }
    } else if let row = layout.row, row.contains(x, y) {
      focus = .row
    }
    return []
  }

  private mutating func pointInTree(_ layout: Layout, _ x: Int, _ y: Int) -> [Effect] {
    focus = .tree
    guard var browse, let first = browse.current.map({ _ in browse.visible.rank(browse.top) }),
      let row = browse.visible.select(first + y - layout.tree.y)
    else { return [] }
    let again = browse.cursor == row
    browse.reveal(row)
    // A second click, or one on the fold mark, opens and closes.
    if browse.isBranch(row), again || isFoldMark(browse, row, x, layout) {
      if browse.isFolded(row) { browse.unfold(row) } else { browse.fold(row) }
    }
    self.browse = browse
    return []
  }

  private func isFoldMark(_ browse: Browse, _ row: Int, _ x: Int, _ layout: Layout) -> Bool {
    let columns = TreeColumns(layout.tree.width, self)
    let mark = columns.indent(depth: browse.comparison.alignment.depth(of: row))
    return [columns.left, columns.right].contains { $0 + mark == x }
  }

  private mutating func scroll(by lines: Int, at point: (x: Int, y: Int)) {
    switch overlay {
    case .help(let scroll): overlay = .help(scroll: max(0, scroll + lines))
    case .report(var cursor):
      cursor.move(by: lines, count: report?.lineCount ?? 0)
      overlay = .report(cursor)
    case .metadata(var page):
      page.scroll += lines
      overlay = .metadata(page)
    case nil:
      let layout = Layout(self)
      if layout.row?.contains(point.x, point.y) == true {
        rowPaneTop = max(0, rowPaneTop + lines.signum())
      } else if layout.why?.contains(point.x, point.y) == true {
        why.move(by: lines.signum(), count: whyEntries.count)
      } else {
        browse?.scroll(by: lines, height: layout.tree.height)
      }
    default: break
    }
  }

  private mutating func pointInOverlay(_ x: Int, _ y: Int) -> [Effect] {
    guard case .report(var cursor) = overlay else { return [] }
    let line = cursor.top + y - Layout(self).listTop
    guard line >= cursor.top, line < report?.lineCount ?? 0 else { return [] }
    if cursor.selected == line { return performInList(.accept) ?? [] }
    cursor.selected = line
    overlay = .report(cursor)
    return []
  }
}
