// Why commands can do nothing now. Each is a sentence that says what to do instead.

extension KeyRow {
  static let noRowsAtAll: @Sendable (AppState) -> String? = { state in
    state.browse == nil ? "nothing has been read yet" : nil
  }

  static let noFile: @Sendable (AppState) -> String? = { state in
    Side.allCases.contains { state.side($0).file != nil } ? nil : "nothing has been read yet"
  }

  static let noRows: @Sendable (AppState) -> String? = { state in
    guard let browse = state.browse else { return "nothing has been read yet" }
    if browse.current != nil { return nil }
    return browse.filteredAway ? "no row fits the filter; F lifts it" : "the tree is empty"
  }

  static let noFolds: @Sendable (AppState) -> String? = { state in
    if state.browse?.isFlat == true { return "a flat list has no branches; t shows the tree" }
    return noRows(state)
  }

  static let noPlan: @Sendable (AppState) -> String? = { state in
    if state.browse?.comparison.plan != nil { return nil }
    switch state.source {
    case .none: return "there is one file alone; open a second one with :open"
    case .opening: return "the source is still being read"
    case .failed: return "the source could not be read"
    case .open: return "the two sides are being compared"
    }
  }

  static let noIssues: @Sendable (AppState) -> String? = { state in
    if let reason = noPlan(state) { return reason }
    return state.browse?.comparison.issues.isEmpty == true
      ? "there are no issues: a strict load would pass" : nil
  }

  static let noCauses: @Sendable (AppState) -> String? = { state in
    if let reason = noPlan(state) { return reason }
    return state.whyEntries.isEmpty ? "nothing stands against a load: everything fits" : nil
  }

  static let noSearch: @Sendable (AppState) -> String? = { state in
    guard let search = state.search else { return "nothing has been searched for; / searches" }
    if search.hits == nil { return "still searching for “\(search.text)”" }
    return search.hits?.isEmpty == true ? "no name contains “\(search.text)”" : nil
  }

  static let noFilter: @Sendable (AppState) -> String? = { state in
    state.filter == nil ? "there is no filter" : nil
  }

  static let cannotLoad: @Sendable (AppState) -> String? = { state in
    if let reason = noPlan(state) { return reason }
    return busy(state)
  }

  static let cannotRule: @Sendable (AppState) -> String? = { state in
    if let reason = noPlan(state) { return reason }
    return noRows(state) ?? busy(state)
  }

  static let cannotTie: @Sendable (AppState) -> String? = { state in
    if let reason = cannotRule(state) { return reason }
    return state.linkStart == nil
      ? "mark the row to tie to first: m on it, then M on this one" : nil
  }

  static let noPair: @Sendable (AppState) -> String? = { state in
    if let reason = cannotRule(state) { return reason }
    return state.arraysUnderCursor.count == 2
      ? nil : "only a row with an array on both sides can be transposed; m links rows"
  }

  static let isNotPairing: @Sendable (AppState) -> String? = { state in
    if let reason = cannotRule(state) { return reason }
    return state.rules.current.repair.likeness == nil
      ? "nothing is paired by likeness; ( begins with names that mean the same" : nil
  }

  static let nothingByHand: @Sendable (AppState) -> String? = { state in
    if let reason = cannotRule(state) { return reason }
    return state.rulesByHandUnderCursor.isEmpty
      ? "nothing was decided by hand here; u undoes the last change" : nil
  }

  static let noRemedies: @Sendable (AppState) -> String? = { state in
    if let reason = noPlan(state) { return reason }
    if state.openRemedies.isEmpty {
      return state.diagnoses.isEmpty
        ? "there is no remedy to apply" : "every remedy there is has been applied"
    }
    return busy(state)
  }

  static let noRules: @Sendable (AppState) -> String? = { state in
    if let reason = noPlan(state) { return reason }
    let rules = state.rules.current
    return rules.repair.isEmpty && rules.skipped.isEmpty
      ? "there are no rules yet; Enter on a cause applies some" : nil
  }

  static let nothingToUndo: @Sendable (AppState) -> String? = { state in
    state.rules.canUndo ? busy(state) : "nothing has been changed"
  }

  static let nothingToRedo: @Sendable (AppState) -> String? = { state in
    state.rules.canRedo ? busy(state) : "nothing has been undone"
  }

  static let nothingToSave: @Sendable (AppState) -> String? = { state in
    if let reason = busy(state) { return reason }
    if state.result == nil { return "there is no result to save yet; L loads" }
    return state.isResultCurrent || state.destination.file?.isModel == true
      ? nil : "the rules have changed since the load; L loads again, u goes back"
  }

  static let noValues: @Sendable (AppState) -> String? = { state in
    if let reason = noRows(state) { return reason }
    return state.arraysUnderCursor.isEmpty ? "there is no array under the cursor" : nil
  }

  private static let busy: @Sendable (AppState) -> String? = { state in
    switch state.work?.kind {
    case .loading: "a load is running; Ctrl-C stops it"
    case .saving: "a file is being saved; wait for it"
    default: nil
    }
  }
}
