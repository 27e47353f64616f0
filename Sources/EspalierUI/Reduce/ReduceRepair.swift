import EspalierDiagnosis
import EspalierTree

// The way from rules to rows, and of rules to files and back.

extension AppState {
  /// A rules file takes the place of all rules so far.
  mutating func take(rules new: [Rule], skipped: [TreePath], from path: String) -> [Effect] {
    rules.change { rules in
      rules.repair = RepairRules(rules: new)
      rules.skipped = skipped
    }
    repairNote = "\(counted(new.count + skipped.count, "rule")) of \(fileName(path))"
    return planAgain()
  }

  mutating func saveRules(to path: String, replace: Bool = false) -> [Effect] {
    guard let request = repairRequest(0) else { return [] }
    return [.saveRules(path: path, request, replace: replace)]
  }

  /// That rules have been saved, and what of the session is no rule.
  mutating func say(savedRules count: Int, in path: String) {
    var text =
      "\(counted(count, "rule")) saved to \(fileName(path)); “espalier load --rules” does the same"
    let current = rules.current
    if let file = destination.file {
      let alone = current.skipped.count { file.tree.node(at: $0, below: file.rootNode) == nil }
      if alone > 0 {
        text += ", but for \(counted(alone, "row")) left out that only the source has"
      }
    }
    if let subtree = current.subtree {
      text += "; for \(subtree) alone, name it with --into and --from"
    }
    message = Message(text, .good)
  }

  // MARK: Planning

  private func repairRequest(_ number: Int) -> RepairRequest? {
    guard let left = destination.file, let right = source.file else { return nil }
    return RepairRequest(
      number: number, rules: rules.current.repair, skipped: rules.current.skipped,
      destination: left, source: right)
  }

  /// Aligns and plans what has been read, under the rules in force. The source is read through
  /// changed rules first.
  mutating func planAgain() -> [Effect] {
    guard let file = destination.file else { return [] }
    if rules.current.repair.isEmpty { repaired = nil }
    if repaired?.rules != rules.current.repair, !rules.current.repair.isEmpty,
      let request = repairRequest(nextRequest())
    {
      repairNumber = request.number
      // An answer to an older plan would show rows that the rules have changed since.
      planNumber = nextRequest()
      if case .loading = work?.kind {} else { work = Work(.planning) }
      return [.repair(request)]
    }
    planNumber = nextRequest()
    repairNumber = planNumber
    if case .loading = work?.kind {} else { work = Work(.planning) }
    return [
      .plan(
        PlanRequest(
          number: planNumber, destination: file, source: repaired?.file ?? source.file,
          rules: rules.current, selection: selection, options: planOptions))
    ]
  }

  mutating func receive(repaired number: Int, _ file: OpenFile) -> [Effect] {
    guard number == repairNumber else { return [] }
    repaired = RepairedFile(rules: rules.current.repair, file: file)
    return planAgain()
  }

  /// Rules that cannot be are taken back at once, and it is said why.
  mutating func receive(repairFailed number: Int, _ sentence: String) -> [Effect] {
    guard number == repairNumber else { return [] }
    work = nil
    repairNote = nil
    rules.discard()
    message = Message(sentence, .error)
    return planAgain()
  }
}

/// The last part of a path, safe to print.
func fileName(_ path: String) -> String {
  visibleText(Array((path.split(separator: "/").last ?? "").utf8))
}
