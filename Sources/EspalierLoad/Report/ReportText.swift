import EspalierTree

extension LoadReport {
  /// The report for people: first what stops a strict load, then what happens, then what is worth
  /// knowing. Every list has its count in its heading and one line for each entry.
  ///
  /// - Parameter limit: lines of a list; what is left out is counted. Nil for all.
  public func text(limit: Int? = nil) -> String {
    var lines = [headline]
    for verdict in Verdict.allCases where verdict.isIssue {
      let rows = plan.issues.lazy.filter { $0.verdict == verdict }.map(\.row)
      list(
        "\(plan.rule(verdict)) (%): \(plan.fix(verdict))", rows.map { plan.facts($0) }, limit,
        &lines)
    }
    list(
      "zero-filled (%): false in the source stands for zeros",
      zeroFilled.map { plan.facts($0) }, limit, &lines)
    let (left, right) = (plan.alignment.destination, plan.alignment.source)
    list(
      "kept by filter (%): left out of the destination",
      keptByFilter.map { line(left, $0) }, limit, &lines)
    list(
      "unused by filter (%): left out of the source",
      unusedByFilter.map { line(right, $0) }, limit, &lines)
    appendNotes(limit, &lines)
    return lines.joined(separator: "\n")
  }

  /// One line: what was done and how much.
  public var headline: String {
    let coverage = plan.coverage
    let amount =
      "\(grouped(coverage.tensorsLoaded)) of \(grouped(coverage.tensors)) arrays, "
      + "\(grouped(coverage.parametersLoaded)) of \(grouped(coverage.parameters)) parameters"
    let issues = "\(grouped(plan.issueCount)) issue\(plan.issueCount == 1 ? "" : "s")"
    switch (plan.mode, plan.refusal) {
    case (.strict, .issues?):
      return "strict load refused, nothing has been changed: \(issues); \(amount) would fit"
    case (_, .undecided?):
      return "strict load refused, nothing has been changed: it was planned without values"
    case (_, .nothingToLoad?), (_, .issues?):
      return "\(plan.mode.name) load refused, nothing has been changed: no array would be loaded; "
        + issues
    case (_, nil):
      let what = applied ? "loaded" : "would load"
      let rest =
        plan.mode == .lenient
        ? "; \(grouped(kept.count)) kept, \(grouped(unexpected.count)) unused from the source" : ""
      return "\(plan.mode.name) load: \(what) \(amount)\(rest)"
    }
  }

  private func line(_ tree: Tree, _ leaf: LeafID) -> String {
    "\(tree.path(of: leaf)) is \(describe(tree, leaf))"
  }

  private func appendNotes(_ limit: Int?, _ lines: inout [String]) {
    for kind in LoadNote.Kind.allCases {
      let notes = plan.notes.filter { $0.kind == kind }
      guard !notes.isEmpty else { continue }
      if kind == .namesNotChecked {
        lines.append("note: " + plan.sentence(for: notes[0]))
        continue
      }
      list("note, \(kind.heading) (%)", notes.map(line), limit, &lines)
    }
  }

  private func line(_ note: LoadNote) -> String {
    let sentence = plan.sentence(for: note)
    // The heading has said what stands before the colon.
    let facts = sentence.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }
    let loss = plan.alignment.destinationLeaf(note.row).flatMap { losses[$0] }
    guard note.kind == .conversionLoses, applied else { return facts.map(String.init) ?? sentence }
    return (facts.map(String.init) ?? sentence) + ": " + (loss.map(\.description) ?? "nothing lost")
  }

  private func list(
    _ heading: String, _ entries: [String], _ limit: Int?, _ lines: inout [String]
  ) {
    guard !entries.isEmpty else { return }
    lines.append("")
    let parts = heading.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    lines.append(parts.joined(separator: grouped(entries.count)))
    let shown = limit.map { min($0, entries.count) } ?? entries.count
    lines += entries[..<shown].map { "  " + $0 }
    if shown < entries.count { lines.append("  … and \(grouped(entries.count - shown)) more") }
  }
}

extension LoadNote.Kind {
  fileprivate var heading: String {
    switch self {
    case .orderDiffers: return "order differs"
    case .conversionLoses: return "conversion may lose information"
    case .sourceTied: return "source tied, destination not"
    case .tied: return "tied"
    case .inactiveIgnored: return "inactive parameters ignored"
    case .nothingKeeps: return "nothing keeps"
    case .notChecked: return "not checked"
    case .namesNotChecked: return "names not checked"
    }
  }
}
