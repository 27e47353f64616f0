extension AppState {
  /// A letter more or less in a prompt: searches and filters follow at once.
  mutating func changed(_ prompt: Prompt) -> [Effect] {
    var prompt = prompt
    prompt.complaint = nil
    prompt.completions = []
    prompt.selected = 0
    prompt.followEnding(saveFormats)
    overlay = .prompt(prompt)
    switch prompt.kind {
    case .search:
      let origin = search?.origin ?? browse?.place
      if let origin { browse?.restore(origin) }
      let effects = startSearch(prompt.line.text)
      search?.origin = origin
      return effects
    case .filter: return setFilter(prompt.line.text)
    case .command, .save, .rules: return []
    }
  }

  /// Editing keys; nil for other commands.
  mutating func performInPrompt(_ command: Command, _ prompt: Prompt) -> [Effect]? {
    var next = prompt
    switch command {
    case .accept: return accept(prompt)
    case .complete: return complete(prompt)
    case .down, .up:
      next.select(command == .down ? 1 : -1, paletteCount: palette(prompt).count, saveFormats)
    case .deleteBackward:
      // Backspace in an empty line leaves it, as it does in vi.
      if prompt.line.isEmpty {
        closeOverlay()
        return []
      }
      next.line.deleteBackward()
    case .deleteForward: next.line.deleteForward()
    case .deleteWord: next.line.deleteWord()
    case .deleteToStart: next.line.deleteToStart()
    case .cursorLeft: next.line.move(by: -1)
    case .cursorRight: next.line.move(by: 1)
    case .cursorStart: next.line.moveToStart()
    case .cursorEnd: next.line.moveToEnd()
    default: return nil
    }
    if next.line.text != prompt.line.text { return changed(next) }
    overlay = .prompt(next)
    return []
  }

  private mutating func accept(_ prompt: Prompt) -> [Effect] {
    switch prompt.kind {
    case .search:
      overlay = nil
      if prompt.line.isEmpty, let last = searchHistory.last { return startSearch(last) }
      if !prompt.line.isEmpty {
        searchHistory =
          searchHistory.filter { $0 != prompt.line.text }.suffix(50)
          + [prompt.line.text]
      }
      search?.origin = nil
      if search?.hits?.isEmpty == true { jumpToMatch(forward: true) }
    case .filter:
      if prompt.complaint != nil { return [] }
      overlay = nil
      if let hits = filter?.hits, hits == 0 {
        message = Message("no row fits “\(prompt.line.text)”; F lifts the filter", .warning)
      }
    case .command:
      overlay = nil
      let entries = palette(prompt)
      let line = prompt.line.text
      // What is typed in full is meant; otherwise the selected line of the list is.
      if !CommandLine.isKnown(line), entries.indices.contains(prompt.selected) {
        return perform(entries[prompt.selected].command)
      }
      return run(line: line)
    case .save, .rules:
      guard !prompt.line.isEmpty else {
        var prompt = prompt
        prompt.complaint = "type where to save"
        overlay = .prompt(prompt)
        return []
      }
      overlay = nil
      if prompt.kind == .rules { return saveRules(to: prompt.line.text) }
      return save(to: prompt.line.text, format: saveFormats[clamped: prompt.format]?.name)
    }
    return []
  }

  /// Leaves a prompt: what it had begun is taken back.
  mutating func abandon(_ prompt: Prompt) {
    switch prompt.kind {
    case .search:
      if let origin = search?.origin { browse?.restore(origin) }
      search = nil
    case .filter:
      // Esc leaves the filter as it was when the prompt was opened.
      if prompt.before.isEmpty {
        filter = nil
        browse?.setFilter(nil)
      }
    case .command, .save, .rules: break
    }
  }

  private mutating func complete(_ prompt: Prompt) -> [Effect] {
    var next = prompt
    switch prompt.kind {
    case .save, .rules:
      guard prompt.completions.isEmpty else {
        next.selected = (prompt.selected + 1) % prompt.completions.count
        next.line.replace(with: prompt.completions[next.selected])
        next.followEnding(saveFormats)
        overlay = .prompt(next)
        return []
      }
      return [.completePath(prompt.line.text)]
    case .command:
      if let path = CommandLine.pathArgument(of: prompt.line.text) {
        if !prompt.completions.isEmpty {
          next.selected = (prompt.selected + 1) % prompt.completions.count
          next.line.replace(
            with: prompt.line.text.dropLast(path.count) + prompt.completions[next.selected])
          overlay = .prompt(next)
          return []
        }
        return [.completePath(path)]
      }
      let entries = palette(prompt)
      if entries.indices.contains(prompt.selected) {
        next.line.replace(with: entries[prompt.selected].name)
        next.selected = 0
        overlay = .prompt(next)
      }
    case .filter:
      // The last word after a colon is a status.
      let words = prompt.line.text.split(separator: " ", omittingEmptySubsequences: false)
      guard let last = words.last, let colon = last.firstIndex(of: ":") else { return [] }
      let start = last[last.index(after: colon)...]
      if let name = FilterQuery.statusNames.first(where: { $0.hasPrefix(start) && $0 != start }) {
        next.line.replace(with: prompt.line.text.dropLast(start.count) + name)
        return changed(next)
      }
    case .search: break
    }
    return []
  }

  mutating func receive(completions: [String]) {
    guard case .prompt(var prompt) = overlay, !completions.isEmpty else { return }
    let typed =
      prompt.kind == .save || prompt.kind == .rules
      ? prompt.line.text : CommandLine.pathArgument(of: prompt.line.text) ?? prompt.line.text
    let start = prompt.line.text.dropLast(typed.count)
    let common = completions.dropFirst().reduce(completions[0]) { $0.commonPrefix(with: $1) }
    if common.count > typed.count || completions.count == 1 {
      prompt.line.replace(with: start + (completions.count == 1 ? completions[0] : common))
    }
    prompt.completions = completions.count == 1 ? [] : completions
    prompt.selected = -1
    prompt.followEnding(saveFormats)
    overlay = .prompt(prompt)
  }

  mutating func save(to path: String, format: String?, replace: Bool = false) -> [Effect] {
    work = Work(.saving(path: path))
    let format = format ?? saveFormats.first?.name ?? "safetensors"
    return [.save(path: path, format: format, replace: replace)]
  }
}

extension Prompt {
  /// A path that ends as files of a format do is saved in it.
  fileprivate mutating func followEnding(_ formats: [AppState.SaveFormat]) {
    guard kind == .save, formats[clamped: format]?.isEnding(of: line.text) != true,
      let meant = formats.firstIndex(where: { $0.isEnding(of: line.text) })
    else { return }
    format = meant
  }

  fileprivate mutating func select(
    _ step: Int, paletteCount: Int, _ formats: [AppState.SaveFormat]
  ) {
    switch kind {
    case .command: selected = min(max(0, selected + step), max(0, paletteCount - 1))
    case .save:
      guard !formats.isEmpty else { return }
      let old = formats[clamped: format]
      format = (format + step + formats.count) % formats.count
      // The ending follows the format as long as it is the ending of the last one.
      if let old, line.text.hasSuffix("." + old.suffix) {
        line.replace(with: line.text.dropLast(old.suffix.count) + formats[format].suffix)
      }
    case .search, .filter, .rules: break
    }
  }
}

extension LineEditor {
  mutating func replace(with text: Substring) { replace(with: String(text)) }
}

extension Array {
  subscript(clamped index: Int) -> Element? {
    isEmpty ? nil : self[Swift.min(Swift.max(0, index), count - 1)]
  }
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
