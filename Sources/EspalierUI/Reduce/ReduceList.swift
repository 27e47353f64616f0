extension AppState {
  /// Commands while a list or a prompt has the keys; nil when they are meant for the trees.
  mutating func performInList(_ command: Command) -> [Effect]? {
    switch overlay {
    case .prompt(let prompt):
      return performInPrompt(command, prompt)
    case .help(var scroll):
      guard let lines = listStep(command) else { return nil }
      scroll = min(max(0, scroll + lines), max(0, helpLineCount - Layout(self).listHeight))
      overlay = .help(scroll: scroll)
      return []
    case .menu(var menu):
      if command == .accept { return take(menu, menu.selected) }
      guard let lines = listStep(command) else { return nil }
      menu.selected = min(max(0, menu.selected + lines), max(0, items(of: menu).count - 1))
      overlay = .menu(menu)
      return []
    case .report(var cursor):
      if command == .accept { return openReportLine(cursor.selected) }
      guard let lines = listStep(command) else { return nil }
      cursor.move(by: lines, count: report?.lineCount ?? 0)
      overlay = .report(cursor)
      return []
    case .metadata(var page):
      guard let lines = listStep(command) else { return nil }
      page.scroll += lines
      overlay = .metadata(page)
      return []
    case .question: return nil
    case nil: return performInPane(command)
    }
  }

  private mutating func performInPane(_ command: Command) -> [Effect]? {
    switch focus {
    case .tree: return nil
    case .row:
      guard let lines = listStep(command) else { return nil }
      rowPaneTop = min(max(0, rowPaneTop + lines), 200)
      return []
    case .why:
      if command == .accept { return takeWhy() }
      guard let lines = listStep(command) else { return nil }
      why.move(by: lines, count: whyEntries.count)
      return []
    }
  }

  /// How far a moving command goes in a list; nil for other commands.
  private func listStep(_ command: Command) -> Int? {
    let page = max(1, Layout(self).listHeight - 1)
    let times = count ?? 1
    switch command {
    case .down: return times
    case .up: return -times
    case .halfPageDown: return times * max(1, page / 2)
    case .halfPageUp: return -times * max(1, page / 2)
    case .pageDown: return times * page
    case .pageUp: return -times * page
    case .top: return -1_000_000_000
    case .bottom: return 1_000_000_000
    default: return nil
    }
  }

  private mutating func takeWhy() -> [Effect] {
    guard let entry = whyEntries[clamped: why.selected] else { return [] }
    switch entry.action {
    case .none:
      message = Message(
        entry.harm == .harmless
          ? "this is harmless: nothing has to be done"
          : "there is no remedy that a rule could apply")
      return []
    case .filter(let text):
      focus = .tree
      return setFilter(text)
    case .remedy(let remedy):
      guard let reason = KeyRow.cannotLoad(self) else { return toggle(remedy) }
      message = Message(reason, .warning)
      return []
    }
  }

  private mutating func openReportLine(_ line: Int) -> [Effect] {
    guard let row = report?.line(line).row, var browse else { return [] }
    overlay = nil
    focus = .tree
    if !browse.reveal(row) {
      filter = nil
      browse.setFilter(nil)
      if !browse.reveal(row) {
        browse.setHidesEqual(false)
        browse.reveal(row)
      }
    }
    self.browse = browse
    return []
  }

  mutating func answer(_ question: Question, _ key: Key) -> [Effect] {
    let cancels = key == .escape || key.typed == "n" || key.typed == "q" || key == .control("c")
    switch question.kind {
    case .replace(let path, let format):
      if key.typed == "y" {
        overlay = nil
        return save(to: path, format: format, replace: true)
      }
      if cancels {
        overlay = nil
        message = Message("not saved; \(path) is as it was")
      }
    case .replaceRules(let path):
      if key.typed == "y" {
        overlay = nil
        return saveRules(to: path, replace: true)
      }
      if cancels {
        overlay = nil
        message = Message("not saved; \(path) is as it was")
      }
    case .quitUnsaved:
      if key.typed == "y" || key == .control("c") { return [.quit] }
      if key.typed == "w" {
        overlay = nil
        return perform(.save)
      }
      if cancels { overlay = nil }
    }
    return []
  }
}
