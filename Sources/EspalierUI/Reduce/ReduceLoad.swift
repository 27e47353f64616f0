import EspalierLoad
import EspalierTree

extension AppState {
  /// Loads and saves; nil for other commands.
  mutating func performLoad(_ command: Command) -> [Effect]? {
    switch command {
    case .preview:
      isPreviewing.toggle()
      message = Message(
        isPreviewing ? "marks say what a lenient load would do" : "marks compare the two sides")
    case .load: overlay = .menu(Menu(kind: .load, selected: hasIssues ? 1 : 0))
    case .loadStrict: return load(.strict)
    case .loadLenient: return load(.lenient)
    case .report: overlay = .report(.firstEntry)
    case .save: overlay = .prompt(savePrompt)
    default: return performRules(command)
    }
    return []
  }

  private var hasIssues: Bool { browse?.comparison.issues.isEmpty == false }

  /// Beside the destination, under a name of its own: the default never replaces anything. In the
  /// destination's own format, which keeps everything else that it holds.
  private var savePrompt: Prompt {
    let own = saveFormats.firstIndex { $0.holdsValues && $0.name == destination.file?.format } ?? 0
    var prompt = Prompt(
      .save, besideDestination(".loaded." + (saveFormats[clamped: own]?.suffix ?? "safetensors")))
    prompt.format = own
    return prompt
  }

  /// A path beside the destination with another ending.
  func besideDestination(_ ending: String) -> String {
    var path = destination.path ?? "model"
    while path.count > 1, path.last == "/" { path.removeLast() }
    if let dot = path.lastIndex(of: "."), !path[dot...].contains("/"), dot != path.startIndex {
      path = String(path[..<dot])
    }
    return path + ending
  }

  // MARK: Loading

  mutating func load(_ mode: LoadMode) -> [Effect] {
    guard let comparison = browse?.comparison, var plan = comparison.plan else { return [] }
    plan.mode = mode
    switch plan.refusal {
    case .issues?:
      overlay = .report(.firstEntry)
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
      running = LoadResult(
        mode: mode, comparison: comparison, rules: rules.current, options: planOptions)
      return [.load(mode, comparison)]
    }
  }
}
