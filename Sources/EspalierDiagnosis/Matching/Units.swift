/// A leaf of a block template: the same relative path in many blocks.
struct Unit {
  var slots: CellSlots
  var first: Int
  var profile: NameProfile
}

/// Matches the leaves of two block templates one to one, best pair first; each pair found makes its
/// neighbours easier.
struct UnitMatching {
  let scorer: NameScorer
  private var ds: [Unit] = []
  private var ss: [Unit] = []
  private var candidates: [Candidate] = []
  private var dPlaces: [Place] = []
  private var sPlaces: [Place] = []
  private let strict: Bool

  private struct Candidate {
    var d: Int
    var s: Int
    var base: Double
    var unique: Bool
  }

  /// Most pairs that are looked at in a large set.
  private static let comparisons = 1_000_000

  /// - Parameter strict: Ask for evidence by name or neighbourhood, not by shape alone.
  init(_ cells: [Cell], _ matcher: inout Matcher, strict: Bool) {
    self.strict = strict
    scorer = NameScorer(matcher.names)
    ds = units(cells, \.destination, matcher.destination, matcher.destinationTokens) {
      !matcher.links.contains($0)
    }
    ss = units(cells, \.source, matcher.source, matcher.sourceTokens) { !matcher.used[$0] }
    for units in [ds, ss] {
      for at in units.indices { scorer.observe(units[at].profile) }
    }
    collect(&matcher)
  }

  var destinationUnits: [Unit] { ds }
  var sourceUnits: [Unit] { ss }

  private func units(
    _ cells: [Cell], _ side: KeyPath<Cell, [(slot: Int, depth: Int)]>, _ slots: [Slot],
    _ tokens: [[Int]], _ isFree: (Int) -> Bool
  ) -> [Unit] {
    var leaves = PrefixTable()
    if cells.count == 1 { leaves.reserve(cells[0][keyPath: side].count) }
    var index = NumberedValues<Int>()
    var found: [Unit] = []
    for (number, cell) in cells.enumerated() {
      for (slot, depth) in cell[keyPath: side] where isFree(slot) {
        let leaf = leaves.number(of: tokens[slot], from: depth)
        if let at = index[leaf] {
          found[at].slots[number] = slot
        } else {
          index[leaf] = found.count
          let path = relative(slots[slot].path, depth: depth)
          found.append(
            Unit(
              slots: CellSlots(cell: number, slot: slot), first: slot,
              profile: scorer.profile(path)))
        }
      }
    }
    return found
  }

  /// The components that are not wholly above `depth` tokens.
  private func relative(_ path: [Int], depth: Int) -> [Int] {
    var passed = 0
    for (place, id) in path.enumerated() {
      passed += scorer.tokenCount(id)
      if passed > depth { return Array(path.dropFirst(place)) }
    }
    return path.suffix(1)
  }

  // MARK: Candidates

  private struct RankKey: Hashable {
    var layout: Int
    var rank: Int
    var of: Int
  }

  private mutating func collect(_ matcher: inout Matcher) {
    // Large sets are compared within one layout only, the larger the fewer of a layout.
    let small = ds.count * ss.count <= 250_000
    let most = min(200, Self.comparisons / max(ds.count, 1))
    var byLayout = NumberedValues<[Int]>()
    if !small {
      for (s, unit) in ss.enumerated() {
        byLayout[matcher.sourceLayouts[unit.first], default: []].append(s)
      }
    }
    let everything = Array(ss.indices)
    var byRank: [RankKey: [Int]] = [:]
    let dRanks = ranks(ds, matcher.destinationLayouts, matcher.destinationOrder)
    let sRanks = ranks(ss, matcher.sourceLayouts, matcher.sourceOrder)
    for (layout, own) in byLayout.all where own.count > most {
      for s in own {
        let key = RankKey(layout: layout, rank: sRanks[s].0, of: sRanks[s].1)
        byRank[key, default: []].append(s)
      }
    }
    for d in ds.indices {
      let layout = matcher.destinationLayouts[ds[d].first]
      let near = byLayout[layout] ?? []
      // Where hundreds are alike, only order is left to tell them apart.
      let options =
        small
        ? everything
        : near.count <= most
          ? near : byRank[RankKey(layout: layout, rank: dRanks[d].0, of: dRanks[d].1)] ?? []
      for s in options {
        guard let base = score(d, s, &matcher, dRanks, sRanks) else { continue }
        let turn = orientation(ds[d].first, ss[s].first, matcher)
        candidates.append(Candidate(d: d, s: s, base: base + turn, unique: turn >= 0))
      }
    }
    var dCount = [Int](repeating: 0, count: ds.count)
    var sCount = [Int](repeating: 0, count: ss.count)
    // A matrix that would have to be turned against the rest of the file is no rival.
    for candidate in candidates where candidate.unique {
      dCount[candidate.d] += 1
      sCount[candidate.s] += 1
    }
    for at in candidates.indices {
      guard candidates[at].unique else { continue }
      candidates[at].unique = dCount[candidates[at].d] == 1 && sCount[candidates[at].s] == 1
      if candidates[at].unique { candidates[at].base += 0.2 }
    }
  }

  /// Place of each unit among those of the same layout and role, and how many there are.
  private func ranks(_ units: [Unit], _ layouts: [Int], _ order: [Int]) -> [(Int, Int)] {
    var groups = NumberedValues<[Int]>()
    for (at, unit) in units.enumerated() {
      let bucket = layouts[unit.first] * Vocabulary.Role.count + unit.profile.role.rawValue
      groups[bucket, default: []].append(at)
    }
    var out = [(Int, Int)](repeating: (0, 1), count: units.count)
    for (_, members) in groups.all {
      let sorted = members.sorted { order[units[$0].first] < order[units[$1].first] }
      for (place, at) in sorted.enumerated() { out[at] = (place, members.count) }
    }
    return out
  }

  private func score(
    _ d: Int, _ s: Int, _ matcher: inout Matcher, _ dRanks: [(Int, Int)], _ sRanks: [(Int, Int)]
  ) -> Double? {
    // Units stay where they are: to hold a copy of each costs more than to look into it.
    guard rolesAgree(ds[d].profile.role, ss[s].profile.role, matcher, ds[d].first, ss[s].first)
    else { return nil }
    // A leaf in 4 of 16 blocks is not the leaf in all 16.
    let small = min(ds[d].slots.count, ss[s].slots.count)
    let big = max(ds[d].slots.count, ss[s].slots.count)
    guard small * 2 > big else { return nil }
    var shared = 0
    let fits = ds[d].slots.allShared(with: ss[s].slots) { slot, other in
      shared += 1
      return matcher.fits(slot, other)
    }
    guard fits, shared * 2 > big else { return nil }
    var score = scorer.score(ds[d].profile, ss[s].profile)
    score += 0.3 * Double(shared) / Double(big)
    if matcher.destination[ds[d].first].shape.count != matcher.source[ss[s].first].shape.count,
      squeeze(matcher.destination[ds[d].first].shape) != squeeze(matcher.source[ss[s].first].shape)
    {
      score -= 0.15
    }
    if dRanks[d].1 == sRanks[s].1, dRanks[d].0 == sRanks[s].0 {
      score += dRanks[d].1 == 1 ? 0.6 : 0.35
    } else if dRanks[d].0 == sRanks[s].0 {
      score += 0.1
    }
    return score
  }

  /// Matrices turned the other way than the rest of the file are less likely.
  private func orientation(_ d: Int, _ s: Int, _ matcher: Matcher) -> Double {
    let (a, b) = (matcher.destination[d].shape, matcher.source[s].shape)
    guard a.count == 2, b.count == 2, a[0] != a[1] else { return 0 }
    let isKernel =
      matcher.names.isKernel(matcher.destination[d].path)
      || matcher.names.isKernel(matcher.source[s].path)
    // So long and thin is a table, which is not turned.
    let isTable = !isKernel && max(a[0], a[1]) > 8 * min(a[0], a[1])
    let turns = matcher.swapsExpected == true && !isTable
    return turns == (a != b) ? 0.1 : -0.5
  }

  private func rolesAgree(
    _ a: Vocabulary.Role, _ b: Vocabulary.Role, _ matcher: Matcher, _ d: Int, _ s: Int
  ) -> Bool {
    if a == b { return true }
    let a = isAddedTable(a, d, matcher.destination, matcher) ? .other : a
    let b = isAddedTable(b, s, matcher.source, matcher) ? .other : b
    if a == .counter || b == .counter || a == .mean || b == .mean || a == .variance
      || b == .variance
    {
      return false
    }
    if a != .other, b != .other { return false }
    // A bare parameter may be a weight of two axes or more, or a vector that is no bias.
    let known = a == .other ? b : a
    if known == .bias { return false }
    return true
  }

  /// `relative_attention_bias` with two axes: a table that is added, and no bias of a layer.
  private func isAddedTable(
    _ role: Vocabulary.Role, _ slot: Int, _ slots: [Slot], _ matcher: Matcher
  ) -> Bool {
    guard role == .bias, squeeze(slots[slot].shape).count > 1, let leaf = slots[slot].path.last
    else { return false }
    return !Vocabulary.isPlainBias(matcher.names.text(leaf))
  }

  // MARK: Matching

  /// Best pair first. What a pair teaches about its neighbourhood changes the scores of the pairs
  /// there and of no others, so only those are looked at again: once for each pair of directories.
  mutating func run(_ matcher: inout Matcher) {
    locate(&matcher)
    var queue = BestFirst()
    for (at, candidate) in candidates.enumerated() { queue.push(at, score(candidate, matcher)) }
    let neighbours = Neighbours(
      candidates.lazy.map { [dPlaces, sPlaces] in dPlaces[$0.d].pairs(with: sPlaces[$0.s]) })
    var dDone = [Bool](repeating: false, count: ds.count)
    var sDone = [Bool](repeating: false, count: ss.count)
    while let (at, queued) = queue.pop() {
      let candidate = candidates[at]
      guard !dDone[candidate.d], !sDone[candidate.s] else { continue }
      let score = self.score(candidate, matcher)
      guard score >= queued else {
        queue.push(at, score)
        continue
      }
      guard queued >= 0.45 else { return }
      guard hasEvidence(candidate, matcher) else { continue }
      dDone[candidate.d] = true
      sDone[candidate.s] = true
      var changed = Set<DirectoryPairs.Pair>()
      var taught = 0
      for (cell, slot) in ds[candidate.d].slots {
        guard let other = ss[candidate.s].slots[cell], !matcher.links.contains(slot),
          !matcher.used[other]
        else { continue }
        // The first blocks teach as much as all of them.
        let new = matcher.link(slot, other, .structure, teaches: taught < 16)
        if taught < 16 { changed.formUnion(new) }
        taught += 1
      }
      for pair in changed {
        for again in neighbours.of(pair) {
          let one = candidates[again]
          if !dDone[one.d], !sDone[one.s] { queue.push(again, self.score(one, matcher)) }
        }
      }
    }
  }

  private mutating func locate(_ matcher: inout Matcher) {
    dPlaces = ds.map { matcher.directories.place(destination: matcher.destination[$0.first].path) }
    sPlaces = ss.map { matcher.directories.place(source: matcher.source[$0.first].path) }
  }

  private func closeness(_ candidate: Candidate, _ matcher: Matcher) -> Double {
    matcher.directories.closeness(dPlaces[candidate.d], sPlaces[candidate.s])
  }

  private func score(_ candidate: Candidate, _ matcher: Matcher) -> Double {
    candidate.base + 0.8 * closeness(candidate, matcher)
  }

  private func hasEvidence(_ candidate: Candidate, _ matcher: Matcher) -> Bool {
    if matcher.namesLineUp, isChance(candidate, matcher) {
      return closeness(candidate, matcher) >= 0.5
    }
    return !strict || candidate.unique || candidate.base >= 1.0
      || closeness(candidate, matcher) >= 0.5
  }

  /// Square matrices, and biases of layers, with no more in common than the kind of layer: many have
  /// that shape.
  private func isChance(_ candidate: Candidate, _ matcher: Matcher) -> Bool {
    let shape = matcher.destination[ds[candidate.d].first].shape
    let isSquare = shape.count == 2 && shape[0] == shape[1]
    let isBias =
      shape.count == 1 && ds[candidate.d].profile.role == .bias
      && ds[candidate.d].profile.ordinal == nil
    guard isSquare || isBias else { return false }
    let (one, two) = (ds[candidate.d].profile, ss[candidate.s].profile)
    let shared = Set(one.concepts).intersection(two.concepts)
    return shared.isSubset(of: scorer.kinds)
  }
}

extension NameScorer {
  func tokenCount(_ id: Int) -> Int { names.tokens[id].count }
}
