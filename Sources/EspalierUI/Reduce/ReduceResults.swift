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
      // What stood there before is still at hand.
      let before = replaced.removeValue(forKey: side)
      set(side, before ?? .failed(path: self.side(side).path ?? "", sentence: sentence))
      // One file alone leaves room to say it where its rows would stand.
      if !isSingle { message = Message(sentence, .error) }
    case .planned(let number, let comparison): return planned(number, comparison)
    case .planFailed(let number, let sentence):
      guard number == planNumber else { return [] }
      finishWork()
      message = Message(sentence, .error)
    case .found(let result): receive(found: result)
    case .diagnosed(let pair, let entries, let rules, let sizes):
      guard pair == self.pair else { return [] }
      diagnoses = entries
      self.sizes = sizes
      if case .metadata = overlay { overlay = .metadata(MetadataPage()) }
      why = Overlay.Cursor()
      why.selected = entries.firstIndex { !isApplied($0) } ?? 0
      ruleOrder = rules
      findMetByHand()
    case .repaired(let number, let file): return receive(repaired: number, file)
    case .repairFailed(let number, let sentence): return receive(repairFailed: number, sentence)
    case .rulesRead(let path, let rules, let skipped):
      return take(rules: rules, skipped: skipped, from: path)
    case .rulesSaved(let path, let count): say(savedRules: count, in: path)
    case .rulesWouldReplace(let path, let sentence):
      overlay = .question(Question(kind: .replaceRules(path: path), sentence: sentence))
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
    // Rules are about the names of this pair.
    if replaced.removeValue(forKey: side) != nil { rules = RuleHistory() }
    diagnoses = []
    sizes = []
    pair += 1
    repaired = nil
    statistics = statistics.filter { $0.key.side != side }
    result = nil
    if let note = file.note { message = Message(note) }
    if let path = rulesFile, let left = destination.file, let right = source.file {
      rulesFile = nil
      return planAgain() + [.readRules(path: path, destination: left, source: right)]
    }
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
    if browse?.comparison.repair != comparison.repair {
      statistics = statistics.filter { $0.key.side == .destination }
    }
    browse = next
    linkStart = nil
    findMetByHand()
    announce(comparison)
    var effects: [Effect] = []
    // Causes belong to the files as they are; they stay while rules come and go. A load without an
    // issue may be wrong all the same: square matrices that are transposed show in values only.
    if comparison.plan != nil, diagnosedPair != pair,
      let left = destination.file, let right = source.file
    {
      diagnosedPair = pair
      why = Overlay.Cursor()
      effects = [
        .diagnose(
          DiagnosisRequest(pair: pair, destination: left, source: right, selection: selection))
      ]
    }
    if let text = search?.text {
      effects += startSearch(text)
      search?.isRerun = true
    }
    if let text = filter?.text { effects += setFilter(text) }
    return effects
  }

  /// What changed rules have brought.
  private mutating func announce(_ comparison: Comparison) {
    if let remark = comparison.remark { message = Message(remark) }
    guard let note = repairNote, let plan = comparison.plan else { return }
    repairNote = nil
    let coverage = plan.coverage
    let marks = comparison.counts.marks
    let paired = [RowMark.equal, .renamed, .dtype].reduce(0) { $0 + marks[$1, default: 0] }
    let key = keyMap.spelling(of: .undo) ?? ":undo"
    var undo = rules.canUndo ? "; \(key) undoes" : ""
    if let result, destination.file?.isModel != true {
      let load = keyMap.spelling(of: .load) ?? ":load"
      undo +=
        isResultCurrent
        ? (result.isSaved ? "" : "; what was loaded is not saved yet")
        : "; what was loaded went by other rules, \(load) loads again"
    }
    if coverage.tensorsLoaded == 0, paired > 0 {
      message = Message(
        "\(note): \(grouped(paired)) of \(counted(coverage.tensors, "array")) fit, but the source "
          + "holds no values" + undo)
      return
    }
    let share = percent(coverage.parametersLoaded, of: coverage.parameters)
    message = Message(
      "\(note): a load fills \(grouped(coverage.tensorsLoaded)) of "
        + "\(counted(coverage.tensors, "array")), \(share)" + undo,
      plan.issueCount == 0 ? .good : .plain)
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
      guard let done = running, done.mode == mode else { return }
      result = done
      running = nil
      isPreviewing = true
      overlay = .report(.firstEntry)
      let key = keyMap.spelling(of: .save) ?? ":w"
      if destination.file?.isModel == true {
        // The program has it, so that leaving loses nothing.
        result?.isSaved = true
        message = Message("the model is loaded; \(key) saves it to a file as well", .good)
      } else {
        message = Message("loaded; \(key) saves the result", .good)
      }
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
