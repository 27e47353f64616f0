/// Changes the state as an action says, and tells what has to be done for it.
///
/// Pure, and quick whatever the size of the trees: whatever walks over all rows is an effect.
public func reduce(into state: inout AppState, _ action: Action) -> [Effect] {
  let effects: [Effect]
  switch action {
  case .input(let event): effects = state.receive(event)
  case .command(let command, let count):
    state.count = count
    effects = state.perform(command)
  case .line(let line): effects = state.run(line: line)
  default: effects = state.receive(result: action)
  }
  state.settle()
  return effects
}

extension AppState {
  /// Keeps cursors inside their windows.
  mutating func settle() {
    let layout = Layout(self)
    browse?.settle(height: layout.tree.height)
    if case .report(var cursor) = overlay {
      cursor.settle(height: layout.listHeight, count: report?.lineCount ?? 0)
      overlay = .report(cursor)
    }
    if case .metadata(var page) = overlay {
      page.settle(self, height: layout.listHeight)
      overlay = .metadata(page)
    }
    why.selected = min(why.selected, max(0, whyEntries.count - 1))
    if focus == .row, layout.row == nil { focus = .tree }
    if focus == .why, layout.why == nil { focus = .tree }
  }

  /// Runs a command, or says why it can do nothing.
  mutating func perform(_ command: Command) -> [Effect] {
    defer { count = nil }
    if let row = KeyRow.table.first(where: { $0.command == command }),
      let reason = row.whyDisabled(self)
    {
      message = Message(reason, .warning)
      return []
    }
    if let effects = performInList(command) { return effects }
    return performMove(command) ?? performFind(command) ?? performLoad(command)
      ?? performView(command)
  }

  private mutating func performView(_ command: Command) -> [Effect] {
    switch command {
    case .nextPane: cyclePane(by: 1)
    case .previousPane: cyclePane(by: -1)
    case .why: if Layout(self).offersWhy { focus = .why }
    case .statistics: return readStatistics()
    case .copy: overlay = .menu(Menu(kind: .copy))
    case .options: overlay = .menu(Menu(kind: .options))
    case .commandLine: overlay = .prompt(Prompt(.command))
    case .metadata: overlay = .metadata(MetadataPage())
    case .help: overlay = .help(scroll: 0)
    case .back: return backOut()
    case .quit: return leave()
    case .quitNow: return [.quit]
    case .interrupt: return interrupt()
    case .suspend: return [.suspend]
    case .redraw: return [.redraw]
    default: break
    }
    return []
  }

  private mutating func cyclePane(by step: Int) {
    guard overlay == nil else { return }
    let layout = Layout(self)
    var panes: [Pane] = [.tree]
    if layout.offersRow { panes.append(.row) }
    if layout.offersWhy { panes.append(.why) }
    let at = panes.firstIndex(of: focus) ?? 0
    focus = panes[(at + step + panes.count) % panes.count]
  }

  private mutating func readStatistics() -> [Effect] {
    let wanted = arraysUnderCursor.filter { key in
      switch statistics[key] {
      case .read?, .reading?: return false
      case .failed?, nil: return true
      }
    }
    if wanted.isEmpty { message = Message("the values have been read") }
    // Old ones go when there are many: they are cheap to read again.
    if statistics.count > 256 { statistics = [:] }
    for key in wanted { statistics[key] = .reading }
    let repair = browse?.comparison.repair
    return wanted.map { .readStatistics($0.side, $0.leaf, $0.side == .source ? repair : nil) }
  }

  // MARK: Leaving

  /// Takes back the last thing that was begun: an overlay, a pane, a search, a filter.
  private mutating func backOut() -> [Effect] {
    if overlay != nil {
      closeOverlay()
    } else if linkStart != nil {
      linkStart = nil
      message = Message("nothing is marked any more")
    } else if focus != .tree {
      focus = .tree
    } else if search != nil {
      search = nil
    } else if filter != nil {
      return performFind(.clearFilter) ?? []
    } else if isPreviewing {
      isPreviewing = false
    } else {
      message = Message("q quits")
    }
    return []
  }

  mutating func closeOverlay() {
    if case .prompt(let prompt) = overlay { abandon(prompt) }
    overlay = nil
  }

  private mutating func leave() -> [Effect] {
    if overlay != nil {
      closeOverlay()
      return []
    }
    if case .saving = work?.kind {
      message = Message("a file is being saved; Ctrl-C stops it", .warning)
      return []
    }
    guard let result, !result.isSaved else { return [.quit] }
    overlay = .question(
      Question(
        kind: .quitUnsaved,
        sentence: "The result of the load has not been saved"
          + (isResultCurrent ? "." : "; the rules have changed since.")))
    return []
  }

  /// Stops the work at hand; without any, quits. A second one quits whatever is unsaved.
  private mutating func interrupt() -> [Effect] {
    if let work, work.kind != .statistics {
      message = Message("stopping…")
      return [.cancel]
    }
    if case .question(let question) = overlay, question.kind == .quitUnsaved { return [.quit] }
    if overlay != nil { closeOverlay() }
    return leave()
  }
}
