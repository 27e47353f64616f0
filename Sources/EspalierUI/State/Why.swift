import EspalierTree

/// The issues of a comparison by kind, for as long as no cause has been found for them.
func issueEntries(of comparison: Comparison) -> [WhyEntry] {
  guard comparison.plan != nil else { return [] }
  var entries: [WhyEntry] = []
  for mark in RowMark.allCases {
    let issues = comparison.counts.issues[mark] ?? 0
    if issues > 0, let text = issueText(mark, issues) {
      entries.append(
        WhyEntry(
          sentence: text.sentence, evidence: firstPaths(of: mark, in: comparison), harm: .blocks,
          remedy: text.remedy, action: .filter(":\(mark.filterName) :issue")))
    }
    let rest = (comparison.counts.marks[mark] ?? 0) - issues
    if rest > 0, let text = noteText(mark, rest) {
      entries.append(
        WhyEntry(
          sentence: text, harm: .harmless, action: .filter(":\(mark.filterName) !:issue")))
    }
  }
  return entries
}

private func issueText(_ mark: RowMark, _ count: Int) -> (sentence: String, remedy: String)? {
  let arrays = counted(count, "array")
  let leaves = counted(count, "leaf", "leaves")
  let have = count == 1 ? "has" : "have"
  switch mark {
  case .branch, .equal, .untouched, .skipped, .renamed: return nil
  case .shape:
    return (
      "\(arrays) \(have) another shape in the source",
      "a lenient load keeps the destination's values; s leaves a row out"
    )
  case .dtype:
    return (
      "\(arrays) \(have) an element type that does not convert",
      "a lenient load keeps the destination's values"
    )
  case .kind:
    return (
      "\(counted(count, "row")) \(have) an array on one side and something else on the other",
      "a lenient load keeps the destination's values"
    )
  case .onlyDestination:
    return (
      "\(leaves) of the destination \(count == 1 ? "is" : "are") missing in the source",
      "a lenient load keeps the destination's values"
    )
  case .onlySource:
    return (
      "\(leaves) of the source \(have) no place in the destination",
      "a lenient load does not use \(count == 1 ? "it" : "them")"
    )
  case .inactive:
    return (
      "\(arrays) would be lost: the destination is inactive (false) there",
      "a lenient load keeps false"
    )
  case .tied:
    return (
      "\(counted(count, "tied path")) would get other values than the storage already has",
      "a lenient load keeps the first"
    )
  }
}

private func noteText(_ mark: RowMark, _ count: Int) -> String? {
  switch mark {
  case .dtype: return "\(counted(count, "array")) will be converted to the destination's type"
  case .inactive: return "\(counted(count, "inactive parameter")) (false) without harm"
  case .onlyDestination:
    return "\(counted(count, "row")) of the destination without a partner, loaded elsewhere"
  case .skipped: return "\(counted(count, "row")) left out of the load"
  default: return nil
  }
}

/// Up to two paths, and how many more there are.
private func firstPaths(of mark: RowMark, in comparison: Comparison) -> String {
  var paths: [String] = []
  var row = comparison.issues.next(from: 0)
  // Issues of one kind are found soon, or the pane does without: a frame may not search a million.
  var steps = 0
  while let at = row, paths.count < 2, steps < 200 {
    if comparison.mark(at) == mark, comparison.leaves.contains(at) {
      paths.append(comparison.alignment.path(at).description)
    }
    row = comparison.issues.next(from: at + 1)
    steps += 1
  }
  return paths.joined(separator: ", ")
}
