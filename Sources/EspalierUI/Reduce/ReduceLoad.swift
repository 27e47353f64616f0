import EspalierLoad
import EspalierTree

extension AppState {
  /// Loads, saves and changes rules; nil for other commands.
  mutating func performLoad(_ command: Command) -> [Effect]? {
    switch command {
    case .preview:
      isPreviewing.toggle()
      message = Message(
        isPreviewing ? "marks say what a lenient load would do" : "marks compare the two sides")
    case .load: overlay = .menu(Menu(kind: .load, selected: hasIssues ? 1 : 0))
    case .loadStrict: return load(.strict)
    case .loadLenient: return load(.lenient)
    case .report: overlay = .report(Overlay.Cursor())
    case .save: overlay = .prompt(Prompt(.save, defaultSavePath))
    case .skip: return skipRow()
    case .subtree: return restrictToSubtree()
    case .undo:
      rules.undo()
      return planAgain()
    case .redo:
      rules.redo()
      return planAgain()
    default: return nil
    }
    return []
  }

  private var hasIssues: Bool { browse?.comparison.issues.isEmpty == false }

  /// Beside the destination, under a name of its own: the default never replaces anything.
  private var defaultSavePath: String {
    var path = destination.path ?? "model"
    while path.count > 1, path.last == "/" { path.removeLast() }
    if let dot = path.lastIndex(of: "."), !path[dot...].contains("/"), dot != path.startIndex {
      path = String(path[..<dot])
    }
    return path + ".loaded." + (saveFormats.first?.suffix ?? "safetensors")
  }

  // MARK: Loading

  mutating func load(_ mode: LoadMode) -> [Effect] {
    guard let comparison = browse?.comparison, var plan = comparison.plan else { return [] }
    plan.mode = mode
    switch plan.refusal {
    case .issues?:
      overlay = .report(Overlay.Cursor())
      message = Message(
        "strict load refused: \(counted(plan.issueCount, "issue")); nothing has been changed",
        .error)
      return []
    case .undecided?:
      message = Message(
        "strict load refused: values that a rule asks for could not be read", .error)
      return []
    case .nothingToLoad?:
      message = Message("lenient load refused: it would load nothing", .error)
      return []
    case nil:
      overlay = nil
      work = Work(.loading(mode))
      return [.load(mode, comparison)]
    }
  }

  // MARK: Rules

  private mutating func skipRow() -> [Effect] {
    guard let browse, let row = browse.current else { return [] }
    let path = browse.comparison.alignment.path(row)
    rules.change { rules in
      if let at = rules.skipped.firstIndex(of: path) {
        rules.skipped.remove(at: at)
      } else {
        rules.skipped.append(path)
      }
    }
    message = Message(
      rules.current.skipped.contains(path)
        ? "\(path) is left out; u undoes" : "\(path) is loaded again; u undoes")
    self.browse?.move(by: browse.isFolded(row) || !browse.isBranch(row) ? 1 : 0)
    return planAgain()
  }

  private mutating func restrictToSubtree() -> [Effect] {
    guard let browse, let row = browse.current else { return [] }
    var at = row
    while !browse.comparison.alignment.hasChildren(at),
      let parent = browse.comparison.alignment.parent(of: at)
    {
      at = parent
    }
    let path = browse.comparison.alignment.path(at)
    let lifts = rules.current.subtree == path || path.isRoot
    guard !lifts || rules.current.subtree != nil else {
      message = Message("the whole tree is loaded already")
      return []
    }
    rules.change { $0.subtree = lifts ? nil : path }
    message = Message(
      lifts ? "everything is loaded again" : "only \(path) is loaded; S on it or u undoes")
    return planAgain()
  }

  /// Aligns and plans what has been read, under the rules in force.
  mutating func planAgain() -> [Effect] {
    guard let file = destination.file else { return [] }
    planNumber = nextRequest()
    if case .loading = work?.kind {} else { work = Work(.planning) }
    return [
      .plan(
        PlanRequest(
          number: planNumber, destination: file, source: source.file, rules: rules.current,
          options: planOptions))
    ]
  }
}
