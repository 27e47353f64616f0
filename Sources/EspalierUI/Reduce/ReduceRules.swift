import EspalierDiagnosis
import EspalierLoad
import EspalierTree

extension AppState {
  /// Changes the rules of the load; nil for other commands.
  mutating func performRules(_ command: Command) -> [Effect]? {
    switch command {
    case .skip: return skipRow()
    case .subtree: return restrictToSubtree()
    case .link: return linkRow()
    case .tie: return tieRow()
    case .transpose: return transposeRow()
    case .pairMore: return changeLikeness(by: -10)
    case .pairLess: return changeLikeness(by: 10)
    case .dropRules: return dropRules()
    case .applyAll: return applyAll()
    case .saveRules:
      overlay = .prompt(Prompt(.rules, besideDestination(".rules.toml")))
      return []
    case .undo:
      rules.undo()
      repairNote = "undone"
      return planAgain()
    case .redo:
      rules.redo()
      repairNote = "done again"
      return planAgain()
    default: return nil
    }
  }

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

  /// Moves the threshold of likeness, from 100 percent down to 30. One undo takes back a whole run
  /// of steps.
  private mutating func changeLikeness(by step: Int) -> [Effect] {
    let now = rules.current.repair.likeness
    let next = now.map { $0 + step } ?? 100
    guard next >= 30 else {
      message = Message("names that are less than 30 % alike say nothing about each other")
      return []
    }
    rules.change(continues: now != nil && rules.isTuning) {
      $0.repair.likeness = next > 100 ? nil : next
    }
    rules.isTuning = next <= 100
    repairNote =
      next > 100
      ? "nothing is paired by likeness" : "names at least \(next) % alike are paired"
    return planAgain()
  }

  // MARK: Remedies

  /// Rules that are in force without anybody's asking: containers that were entered at the start.
  private var enteredRules: [Rule] {
    (source.file?.entered ?? []).map { .enter(String(decoding: $0.bytes, as: UTF8.self)) }
  }

  /// Whether everything that a remedy asks for is in force.
  func isApplied(_ remedy: WhyEntry.Remedy) -> Bool {
    let current = rules.current
    let inForce = current.repair.rules + enteredRules
    return remedy.rules.allSatisfy(inForce.contains)
      && remedy.skipped.allSatisfy(current.skipped.contains)
  }

  func isApplied(_ entry: WhyEntry) -> Bool {
    if case .remedy(let remedy) = entry.action { return isApplied(remedy) }
    return false
  }

  /// Whether a remedy was in force before anything was applied.
  func isByItself(_ entry: WhyEntry) -> Bool {
    guard case .remedy(let remedy) = entry.action else { return false }
    return remedy.skipped.isEmpty && remedy.rules.allSatisfy(enteredRules.contains)
  }

  private var remedies: [WhyEntry.Remedy] {
    diagnoses.compactMap { entry in
      if case .remedy(let remedy) = entry.action { return remedy }
      return nil
    }
  }

  /// Causes that make a load wrong, and that nothing has been done about.
  var openCauses: Int {
    diagnoses.indices.count {
      diagnoses[$0].harm == .blocks && !isApplied(diagnoses[$0]) && !metByHand.contains($0)
    }
  }

  /// Finds the causes for whose every row somebody has decided by hand, be it another way.
  mutating func findMetByHand() {
    metByHand = []
    let names = Set(rules.current.repair.byHand.map(\.destination.bytes))
    guard !names.isEmpty, let file = destination.file, file.tree.leafCount < 100_000 else { return }
    metByHand = Set(diagnoses.indices.filter { isMet(diagnoses[$0], by: names, in: file) })
  }

  private func isMet(_ entry: WhyEntry, by names: Set<[UInt8]>, in file: OpenFile) -> Bool {
    guard case .remedy(let remedy) = entry.action else { return false }
    let patterns = remedy.rules.compactMap { rule -> NamePattern? in
      if case .take(let pattern, _, _, _) = rule { return pattern }
      return nil
    }
    guard !patterns.isEmpty, remedy.rules.allSatisfy({ !$0.changesNames || $0.enters }) else {
      return false
    }
    return file.tree.leafIDs.allSatisfy { leaf in
      let name = file.ruleName(of: file.tree.node(of: leaf))
      return names.contains(name) || patterns.allSatisfy { $0.match(name) == nil }
    }
  }

  /// Those that are applied all at once.
  var openRemedies: [WhyEntry.Remedy] {
    diagnoses.compactMap { entry in
      guard case .remedy(let remedy) = entry.action, !entry.isChoice else { return nil }
      return isApplied(remedy) ? nil : remedy
    }
  }

  /// Enter on a cause: its remedy is applied, or taken back.
  mutating func toggle(_ remedy: WhyEntry.Remedy) -> [Effect] {
    if isApplied(remedy) { return takeBack(remedy) }
    apply([remedy])
    repairNote = "the remedy is applied"
    return planAgain()
  }

  private mutating func applyAll() -> [Effect] {
    let open = openRemedies
    apply(open)
    repairNote = "\(counted(open.count, "remedy", "remedies")) applied"
    why.selected = diagnoses.firstIndex { !isApplied($0) } ?? why.selected
    return planAgain()
  }

  private mutating func apply(_ remedies: [WhyEntry.Remedy]) {
    let (order, entered) = (ruleOrder, enteredRules)
    rules.change { rules in
      for remedy in remedies {
        // A remedy and a choice are for the same rows: the later one is what somebody wants.
        let targets = Set(remedy.rules.compactMap(\.target))
        rules.repair.rules.removeAll { rule in
          rule.target.map(targets.contains) ?? false && !remedy.rules.contains(rule)
        }
        rules.repair.add(remedy.rules.filter { !entered.contains($0) }, order: order)
        rules.skipped += remedy.skipped.filter { !rules.skipped.contains($0) }
      }
    }
  }

  private mutating func takeBack(_ remedy: WhyEntry.Remedy) -> [Effect] {
    let others = remedies.filter { $0 != remedy && isApplied($0) }
    let needed = Set(others.flatMap(\.rules))
    let left = Set(remedy.rules).subtracting(needed)
    guard rules.current.repair.rules.contains(where: left.contains) || !remedy.skipped.isEmpty
    else {
      message = Message(
        needed.isEmpty
          ? "it is as it should be already: the container was entered when the file was opened"
          : "another remedy that is applied needs these rules")
      return []
    }
    rules.change { rules in
      rules.repair.rules.removeAll(where: left.contains)
      rules.skipped.removeAll(where: remedy.skipped.contains)
    }
    repairNote = "the remedy is taken back"
    return planAgain()
  }
}
