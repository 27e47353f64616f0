import EspalierLoad
import EspalierTree

extension AppState {
  /// Takes in what an effect has led to.
  mutating func receive(result action: Action) -> [Effect] {
    switch action {
    case .opening(let side, let done, let total):
      if case .opening(let path, _, _) = self.side(side) {
        set(side, .opening(path: path, done: done, total: total))
      }
    case .opened(let side, let file): return opened(side, file)
    case .openFailed(let side, let sentence):
      set(side, .failed(path: self.side(side).path ?? "", sentence: sentence))
      message = Message(sentence, .error)
    case .planned(let number, let comparison): return planned(number, comparison)
    case .planFailed(let number, let sentence):
      guard number == planNumber else { return [] }
      finishWork()
      message = Message(sentence, .error)
    case .found(let result): receive(found: result)
    case .diagnosed(let comparison, let entries):
      if comparison == browse?.comparison { diagnoses = entries }
    case .statistics(let side, let leaf, let values):
      statistics[LeafKey(side: side, leaf: leaf)] = .read(values)
    case .statisticsFailed(let side, let leaf, let sentence):
      statistics[LeafKey(side: side, leaf: leaf)] = .failed(sentence)
      message = Message(sentence, .error)
    case .completions(let paths): receive(completions: paths)
    case .copied(let done):
      message = done ? Message("copied", .good) : Message("the terminal takes no copy", .warning)
    case .message(let message): self.message = message
    default: receive(work: action)
    }
    return []
  }

  private mutating func set(_ side: Side, _ state: SideState) {
    if side == .destination { destination = state } else { source = state }
  }

  private mutating func opened(_ side: Side, _ file: OpenFile) -> [Effect] {
    set(side, .open(file))
    diagnoses = []
    statistics = statistics.filter { $0.key.side != side }
    result = nil
    if let note = file.note { message = Message(note) }
    return planAgain()
  }

  private mutating func planned(_ number: Int, _ comparison: Comparison) -> [Effect] {
    guard number == planNumber else { return [] }
    finishWork()
    var next = Browse(comparison)
    if let browse {
      // The first plan decides anew what is hidden: only it knows what differs.
      let wasPlanned = browse.comparison.plan != nil
      next.takeOver(browse, keepsHiding: wasPlanned)
    }
    browse = next
    diagnoses = []
    why = Overlay.Cursor()
    if let remark = comparison.remark { message = Message(remark) }
    var effects: [Effect] = comparison.plan == nil ? [] : [.diagnose(comparison)]
    if let text = search?.text { effects += startSearch(text) }
    if let text = filter?.text { effects += setFilter(text) }
    return effects
  }

  private mutating func finishWork() {
    if work?.kind == .planning { work = nil }
  }

  private mutating func receive(work action: Action) {
    switch action {
    case .progress(let done, let total, let seconds):
      work?.done = max(0, done)
      work?.total = max(0, total)
      work?.seconds = seconds
    case .loaded(let mode):
      work = nil
      guard let comparison = browse?.comparison else { return }
      result = LoadResult(mode: mode, comparison: comparison)
      isPreviewing = true
      overlay = .report(Overlay.Cursor())
      let key = keyMap.spelling(of: .save) ?? ":w"
      message = Message("loaded; \(key) saves the result", .good)
    case .loadFailed(let sentence), .saveFailed(let sentence):
      work = nil
      message = Message(sentence, .error)
    case .saved(_, let sentence):
      work = nil
      result?.isSaved = true
      message = Message(sentence, .good)
    case .saveWouldReplace(let path, let format, let sentence):
      work = nil
      overlay = .question(
        Question(kind: .replace(path: path, format: format), sentence: sentence))
    case .cancelled:
      work = nil
      message = Message("stopped; nothing has been changed", .warning)
    default: break
    }
  }
}
