/// Causes where one tensor stands against many.
enum GroupingCauses {
  static func find(_ facts: Facts) -> [Diagnosis] {
    var split: [Int] = []
    var fused: [Int] = []
    for (d, link) in facts.matcher.links {
      let isStacked =
        facts.matcher.destination[d].stackIndex != nil
        || link.sources.contains {
          facts.matcher.source[$0].stackIndex != nil && isExpert(facts.matcher.source[$0], facts)
        }
      switch link.join {
      case .part where !isStacked && link.evidence != .tie: split.append(d)
      case .concat where !isStacked && link.evidence != .tie: fused.append(d)
      default: continue
      }
    }
    var out: [Diagnosis] = []
    if !split.isEmpty {
      let sources = Set(split.compactMap { facts.matcher.links[$0]?.sources.first })
      let tensors = split.compactMap { facts.matcher.destination[$0].parts.first }
      var evidence = NameSummary.lines(facts.sourceNames(sources.sorted()))
      let isEven = areEqualParts(split, facts)
      if isEven, let line = ValueWords.line(tensors, facts) {
        evidence.append(line)
      } else if isEven {
        evidence.append("the parts have one shape: their order is taken from the names")
      }
      out.append(
        facts.diagnosis(
          .fusedSplit,
          "\(counted(sources.count, "source tensor", "holds", "hold")) together what the destination keeps in \(split.count) tensors.",
          evidence: evidence, harm: .blocks, verbs: ["split", "slice", "index", "reshape"],
          isAssumption: isEven && !ValueWords.areDecided(tensors, facts)))
    }
    if !fused.isEmpty {
      let count = fused.reduce(0) { $0 + (facts.matcher.links[$1]?.sources.count ?? 0) }
      out.append(
        facts.diagnosis(
          .splitFused,
          "\(counted(fused.count, "destination tensor", "holds", "hold")) together what the source keeps in \(count) tensors.",
          evidence: NameSummary.lines(facts.destinationNames(fused.sorted())), harm: .blocks,
          verbs: ["concat", "reshape", "stack"]))
    }
    out.append(contentsOf: stacks(facts))
    return out
  }

  /// Shapes do not say which part is which.
  private static func areEqualParts(_ split: [Int], _ facts: Facts) -> Bool {
    split.contains { d in
      guard
        case .part(let index, let of, let start, let stop, let rows, _) = facts.matcher.links[d]?
          .join
      else { return false }
      return rows == of * (stop - start) && start == index * (stop - start)
    }
  }

  private static func isExpert(_ slot: Slot, _ facts: Facts) -> Bool {
    isExpert(slot.path, facts)
  }

  private static func isExpert(_ path: [Int], _ facts: Facts) -> Bool {
    path.contains { contains(facts.names.text($0).lowercased(), "expert") }
  }

  private static func stacks(_ facts: Facts) -> [Diagnosis] {
    let sides = [
      ("destination", facts.findings.destinationStacks), ("source", facts.findings.sourceStacks),
    ]
    guard !facts.links.isEmpty else { return [] }
    var out: [Diagnosis] = []
    for isExperts in [false, true] {
      for (side, stacks) in sides {
        let own = stacks.filter { isExpert($0.directory, facts) == isExperts }
        guard let first = own.first else { continue }
        let other = side == "source" ? "destination" : "source"
        let what = isExperts ? "experts" : "layers"
        out.append(
          facts.diagnosis(
            isExperts ? .expertStack : .stackedLayers,
            "The \(side) stacks its \(first.count) \(what) along the first axis of one tensor each; the \(other) keeps them as separate tensors.",
            evidence: NameSummary.lines(own.map { Array(facts.names.join($0.directory).utf8) }),
            harm: .blocks, verbs: ["index", "stack", "concat", "split"]))
      }
    }
    return out
  }
}
