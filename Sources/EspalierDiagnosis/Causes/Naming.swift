import EspalierTree

/// Causes that are about names alone.
enum NamingCauses {
  static func find(_ facts: Facts) -> [Diagnosis] {
    [nesting, prefixAdded, infix, prefixMissing].compactMap { $0(facts) } + renames(facts)
  }

  private static func describe(_ path: [Int], _ facts: Facts) -> String { facts.names.join(path) }

  private static func nesting(_ facts: Facts) -> Diagnosis? {
    var counts: [[Int]: Int] = [:]
    for (s, slot) in facts.matcher.source.enumerated() where !slot.cut.container.isEmpty {
      if facts.matcher.used[s] || facts.links.isEmpty {
        counts[slot.cut.container, default: 0] += 1
      }
    }
    guard
      let (path, count) = counts.max(by: { ($0.value, $1.key.count) < ($1.value, $0.key.count) })
    else { return nil }
    // Where both files have the same container, a load opens both.
    if path.map(facts.names.text) == facts.findings.destination.containerWords { return nil }
    let total = counts.values.reduce(0, +)
    let others = counts.keys.filter { $0 != path }.map { describe($0, facts) }.sorted()
    var evidence = [
      "\(count) of \(counted(total, "source tensor")) in use lie below `\(describe(path, facts))`"
    ]
    if !others.isEmpty { evidence.append("others: \(others.joined(separator: ", "))") }
    return facts.diagnosis(
      .wrapperNesting,
      "The source's tensors lie below the entry `\(describe(path, facts))` of the checkpoint; the destination expects what is in it.",
      evidence: evidence, harm: .blocks, verbs: ["enter"])
  }

  private static func prefixAdded(_ facts: Facts) -> Diagnosis? {
    let prefixes = facts.prefixes
    guard let path = prefixes.added else { return nil }
    let counts = prefixes.counts
    let equal = prefixes.equalPairs
    var lines = counts.map {
      "`\(describe($0.path, facts)).` before \(counted($0.count, "source name"))"
    }
    if equal > 0 {
      lines.append("\(equal) of \(facts.pairs.count) pairs have equal names once it is cut")
    }
    return facts.diagnosis(
      .prefixAdded,
      "\(counted(counts.reduce(0) { $0 + $1.count }, "source name", "carries", "carry")) `\(describe(path, facts)).` in front, which the destination's names lack.",
      evidence: lines, harm: .blocks, verbs: ["strip"])
  }

  /// Wrappers keep what they wrap under a private attribute; a module of the model's own that the
  /// other side lacks is a rename.
  private static func isWrapperName(_ id: Int, _ facts: Facts) -> Bool {
    let text = facts.names.text(id)
    return Vocabulary.wrappers.contains(text) || text.hasPrefix("_") || contains(text, "wrap")
  }

  private static func infix(_ facts: Facts) -> Diagnosis? {
    var counts: [Int: Int] = [:]
    for (s, slot) in facts.matcher.source.enumerated() where facts.matcher.used[s] {
      for id in Set(slot.cut.infix) where isWrapperName(id, facts) { counts[id, default: 0] += 1 }
    }
    guard let (id, count) = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }) else {
      return nil
    }
    return facts.diagnosis(
      .wrapperInfix,
      "A wrapper put `\(facts.names.text(id))` into the middle of \(counted(count, "source name")); the destination's names lack it.",
      evidence: counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
        "`\(facts.names.text($0.key))` inside of \(counted($0.value, "source name"))"
      }, harm: .blocks, verbs: ["remove"])
  }

  private static func prefixMissing(_ facts: Facts) -> Diagnosis? {
    let found = facts.prefixes.missing
    guard facts.prefixes.explain, let main = found.max(by: { $0.count < $1.count }) else {
      return nil
    }
    return facts.diagnosis(
      .prefixMissing,
      "\(counted(main.count, "destination name", "starts", "start")) with `\(describe(main.path, facts)).`, which the source's names lack.",
      evidence: found.map {
        "`\(describe($0.path, facts)).` before \(counted($0.count, "destination name"))"
      },
      harm: .blocks, verbs: ["add"])
  }

  // MARK: Renames

  private static func renames(_ facts: Facts) -> [Diagnosis] {
    var modules: [Facts.Pair] = []
    var leaves: [Facts.Pair] = []
    var shifts: [Facts.Pair] = []
    let prefixes = facts.prefixes.explain
    let added = facts.prefixes.added != nil
    for pair in facts.pairs {
      let isRenamedInFront =
        (pair.stripped && (!prefixes || facts.isSwapped(pair)))
        || hasOwnComponents(pair, facts, prefixIsCause: added)
      if isRenamedInFront { modules.append(pair) }
      guard pair.destination != pair.source else { continue }
      if isMagnitude(pair, facts) { continue }
      let one = leaf(pair.destination, facts)
      let two = leaf(pair.source, facts)
      // A stack has no leaf of its own where the tensors that make it up have one.
      if isStacked(pair, facts),
        one.module + [one.leaf] == two.module || two.module + [two.leaf] == one.module
          || isBlockOfStack(pair, facts)
      {
        continue
      }
      if one.leaf != two.leaf { leaves.append(pair) }
      if one.module != two.module, !isRenamedInFront {
        if onlyNumbers(one.module, two.module, facts) {
          shifts.append(pair)
        } else {
          modules.append(pair)
        }
      }
    }
    if modules.isEmpty { modules = mergedContainer(facts) }
    return [
      module(modules, facts), leafRename(leaves, facts), shift(shifts, facts),
    ].compactMap { $0 }
  }

  /// Several containers merged into one tree are a rename of modules too: the pairs of the smallest.
  private static func mergedContainer(_ facts: Facts) -> [Facts.Pair] {
    let containers = Dictionary(grouping: facts.pairs) { facts.matcher.source[$0.s].cut.container }
    guard containers.count > 1, containers.keys.allSatisfy({ !$0.isEmpty }) else { return [] }
    return containers.values.min { $0.count < $1.count } ?? []
  }

  private static func isStacked(_ pair: Facts.Pair, _ facts: Facts) -> Bool {
    facts.matcher.source[pair.s].stackIndex != nil
      || facts.matcher.destination[pair.d].stackIndex != nil
  }

  /// The same words but for the component that counts a stack's blocks: `experts.expert_0.up.weight`
  /// and `experts.up_weight` of number 0.
  private static func isBlockOfStack(_ pair: Facts.Pair, _ facts: Facts) -> Bool {
    func numbered(_ path: [Int]) -> [Int] {
      path.indices.filter { facts.names.tokens[path[$0]].contains(where: Token.isNumber) }
    }
    func words(_ path: [Int], without place: Int) -> String {
      path.indices.filter { $0 != place }.map { facts.names.text(path[$0]) }.joined(separator: "_")
    }
    let one = Set(numbered(pair.destination).map { words(pair.destination, without: $0) })
    return numbered(pair.source).contains { one.contains(words(pair.source, without: $0)) }
  }

  /// Components of the source that were cut and that no prefix or wrapper accounts for.
  private static func hasOwnComponents(
    _ pair: Facts.Pair, _ facts: Facts, prefixIsCause: Bool
  ) -> Bool {
    let cut = facts.matcher.source[pair.s].cut
    return cut.infix.contains { !isWrapperName($0, facts) }
      || !prefixIsCause && !facts.isWrapper(cut.prefix)
  }

  private static func isMagnitude(_ pair: Facts.Pair, _ facts: Facts) -> Bool {
    WeightNorm.place(pair.destination, facts.names) != nil
      && WeightNorm.place(pair.source, facts.names) != nil
      && WeightNorm.place(pair.destination, facts.names)?.weight
        == WeightNorm.place(pair.source, facts.names)?.weight
  }

  private static func leaf(_ path: [Int], _ facts: Facts) -> (module: [Int], leaf: Int) {
    if let place = WeightNorm.place(path, facts.names) {
      return (Array(place.weight.dropLast()), place.isMagnitude ? -1 : -2)
    }
    return (Array(path.dropLast()), path.last ?? -3)
  }

  private static func onlyNumbers(_ a: [Int], _ b: [Int], _ facts: Facts) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).allSatisfy {
      $0 == $1 || facts.names.number($0) != nil && facts.names.number($1) != nil
    }
  }

  /// The source's path as the file has it.
  private static func wholePath(_ pair: Facts.Pair, _ facts: Facts) -> [Int] {
    facts.matcher.source[pair.s].parts.first.map { facts.findings.sourcePaths[$0] } ?? []
  }

  private static func examples(_ pairs: [Facts.Pair], _ facts: Facts) -> [String] {
    var seen: Set<[Int]> = []
    var lines: [String] = []
    var left = 0
    for pair in pairs {
      let cut = facts.matcher.source[pair.s].cut
      let isWhole = facts.isSwapped(pair) || cut.infix.contains { !isWrapperName($0, facts) }
      let to = isWhole ? facts.matcher.destination[pair.d].path : pair.destination
      let from = isWhole ? wholePath(pair, facts) : pair.source
      let pattern =
        from.map(facts.names.withoutDigits) + [-1] + to.map(facts.names.withoutDigits)
      guard seen.insert(pattern).inserted else { continue }
      if lines.count < 8 {
        lines.append(
          "source `\(describe(from, facts))` is destination `\(describe(to, facts))`")
      } else {
        left += 1
      }
    }
    if left > 0 { lines.append("and \(left) more patterns; \(pairs.count) tensors in all") }
    return lines
  }

  private static func module(_ pairs: [Facts.Pair], _ facts: Facts) -> Diagnosis? {
    guard !pairs.isEmpty else { return nil }
    return facts.diagnosis(
      .renamedModule,
      "Modules have other names: \(counted(pairs.count, "source tensor")) of \(facts.pairs.count) mapped one to one under other paths than in the destination.",
      evidence: examples(pairs, facts), harm: .blocks,
      verbs: cutVerbs(pairs, facts).union(["rename", "cast"]))
  }

  /// Rules that cut or add in front of the pairs, where no cause of its own shows them.
  private static func cutVerbs(_ pairs: [Facts.Pair], _ facts: Facts) -> Set<String> {
    var verbs: Set<String> = []
    if facts.prefixes.added == nil { verbs.insert("strip") }
    if !facts.prefixes.explain { verbs.insert("add") }
    let cuts = pairs.flatMap { facts.matcher.source[$0.s].cut.infix }
    if cuts.contains(where: { !isWrapperName($0, facts) }) { verbs.insert("remove") }
    return verbs
  }

  private static func leafRename(_ pairs: [Facts.Pair], _ facts: Facts) -> Diagnosis? {
    guard !pairs.isEmpty else { return nil }
    struct Leaves: Hashable {
      var source: Int
      var destination: Int
    }
    var counts: [Leaves: Int] = [:]
    for pair in pairs {
      let leaves = Leaves(source: pair.source.last ?? -1, destination: pair.destination.last ?? -1)
      counts[leaves, default: 0] += 1
    }
    let lines = counts.map { leaves, count in
      let (one, two) = (facts.names.text(leaves.source), facts.names.text(leaves.destination))
      return (text: "source `\(one)` is destination `\(two)`", count: count)
    }
    return facts.diagnosis(
      .renamedLeaf,
      "Parameters have other names of their own: \(counted(pairs.count, "source tensor")) of \(facts.pairs.count) mapped one to one.",
      evidence: lines.sorted { ($0.count, $1.text) > ($1.count, $0.text) }.map {
        "\($0.text) (\($0.count))"
      },
      harm: .blocks, verbs: ["rename", "transpose", "permute"])
  }

  private static func shift(_ pairs: [Facts.Pair], _ facts: Facts) -> Diagnosis? {
    guard !pairs.isEmpty else { return nil }
    return facts.diagnosis(
      .indexShift,
      "Numbers in the names moved: \(counted(pairs.count, "source tensor", "has", "have")) another position than in the destination, in the same order.",
      evidence: examples(pairs, facts), harm: .blocks, verbs: ["rename"])
  }
}
