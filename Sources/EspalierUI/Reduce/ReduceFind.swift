import EspalierTree

extension AppState {
  /// Searches, filters and jumps; nil for other commands.
  mutating func performFind(_ command: Command) -> [Effect]? {
    switch command {
    case .nextIssue: jumpToIssue(forward: true)
    case .previousIssue: jumpToIssue(forward: false)
    case .search:
      overlay = .prompt(Prompt(.search))
      search = nil
    case .nextMatch: jumpToMatch(forward: search?.isForward ?? true, times: count ?? 1)
    case .previousMatch: jumpToMatch(forward: !(search?.isForward ?? true), times: count ?? 1)
    case .filter: overlay = .prompt(Prompt(.filter, filter?.text ?? ""))
    case .clearFilter:
      filter = nil
      browse?.setFilter(nil)
    case .toggleEqual: return toggleEqual()
    case .toggleFlat:
      let isFlat = browse?.isFlat ?? false
      browse?.setFlat(!isFlat)
      // Hits are leaves in a flat list and the rows that complete a match in a tree.
      if let search { return startSearch(search.text) }
    default: return nil
    }
    return []
  }

  private mutating func toggleEqual() -> [Effect] {
    guard var browse else { return [] }
    if browse.comparison.differing.isEmpty, !browse.hidesEqual {
      message = Message("everything is equal; hiding it would leave nothing")
      return []
    }
    browse.setHidesEqual(!browse.hidesEqual)
    self.browse = browse
    message = Message(
      browse.hidesEqual ? "what is equal is hidden" : "what is equal is shown")
    if let filter { return setFilter(filter.text) }
    return []
  }

  // MARK: Issues

  private mutating func jumpToIssue(forward: Bool) {
    guard var browse else { return }
    let issues = browse.comparison.issues
    let here = issues.rank(browse.cursor)
    let times = count ?? 1
    let isOn = issues.contains(browse.cursor)
    let wanted = forward ? here + times - (isOn ? 0 : 1) : here - times
    let index = ((wanted % issues.count) + issues.count) % issues.count
    guard let row = issues.select(index) else { return }
    if !browse.reveal(row) {
      // A filter is in the way of what was asked for by name.
      filter = nil
      browse.setFilter(nil)
      browse.reveal(row)
      message = Message("the filter was lifted to show the issue")
    } else if wanted != index {
      message = Message(forward ? "from the first issue again" : "from the last issue again")
    }
    self.browse = browse
    rowPaneTop = 0
  }

  // MARK: Search

  /// Looks through all rows anew.
  mutating func startSearch(_ text: String) -> [Effect] {
    guard let browse else { return [] }
    guard let pattern = Pattern(text) else {
      search = nil
      if !text.isEmpty {
        message = Message(
          "search: at most \(Pattern.maximumLength) bytes; shorten the text", .warning)
      }
      return []
    }
    let number = nextRequest()
    search = Search(text: text, number: number, hits: nil, origin: search?.origin)
    return [
      .find(
        FindRequest(
          number: number, target: .search(pattern, leavesOnly: browse.isFlat),
          comparison: browse.comparison))
    ]
  }

  mutating func jumpToMatch(forward: Bool, times: Int = 1, including start: Bool = false) {
    guard var browse, let hits = search?.hits else { return }
    let reachable = hits.reachable(in: browse.shown)
    guard !reachable.isEmpty else {
      message = Message(
        hits.isEmpty
          ? "no name contains “\(search?.text ?? "")”"
          : "\(counted(hits.count, "match", "matches")) in rows that are hidden", .warning)
      return
    }
    let here = reachable.rank(browse.cursor)
    let isOn = reachable.contains(browse.cursor)
    let forwardIndex = here + times - (isOn && !(start && times == 1) ? 0 : 1)
    let wanted = forward ? forwardIndex : here - times
    let index = ((wanted % reachable.count) + reachable.count) % reachable.count
    if wanted != index, !start {
      message = Message(forward ? "from the first match again" : "from the last match again")
    }
    if let row = reachable.select(index) { browse.reveal(row) }
    self.browse = browse
    rowPaneTop = 0
  }

  // MARK: Filter

  /// Puts a filter in force; an empty one lifts it.
  mutating func setFilter(_ text: String) -> [Effect] {
    guard let browse else { return [] }
    if trimmed(text[...]).isEmpty {
      filter = nil
      self.browse?.setFilter(nil)
      return []
    }
    do throws(FilterQuery.Refusal) {
      let query = try FilterQuery(text)
      let number = nextRequest()
      filter = Filter(text: text, number: number, hits: nil)
      return [
        .find(
          FindRequest(
            number: number, target: .filter(query, differingOnly: browse.hidesEqual),
            comparison: browse.comparison))
      ]
    } catch {
      if case .prompt(var prompt) = overlay {
        prompt.complaint = error.sentence
        overlay = .prompt(prompt)
      } else {
        message = Message(error.sentence, .warning)
      }
      return []
    }
  }

  /// The answer to a search or a filter.
  mutating func receive(found result: FindResult) {
    if result.number == search?.number {
      search?.hits = result.rows
      if search?.isRerun == true { return }
      guard case .prompt(let prompt) = overlay, prompt.kind == .search else {
        if result.rows.isEmpty { jumpToMatch(forward: true) }
        return
      }
      if let origin = search?.origin { browse?.restore(origin) }
      jumpToMatch(forward: search?.isForward ?? true, including: true)
    } else if result.number == filter?.number {
      guard let browse, result.rows.universe == browse.comparison.rowCount else { return }
      filter?.hits = result.hits
      self.browse?.setFilter(result.rows)
      // What was searched for is found, not left folded.
      if result.hits <= Browse.unfoldedAtFirst { self.browse?.unfoldAll() }
    }
  }
}

extension RowSet {
  func reachable(in shown: RowSet) -> RowSet {
    var bits = bits
    bits.formIntersection(shown.bits)
    return RowSet(bits)
  }
}

func counted(_ count: Int, _ one: String, _ many: String) -> String {
  "\(grouped(count)) \(count == 1 ? one : many)"
}
