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
  private var candidates: [UnitCandidate] = []
  private var dPlaces: [Place] = []
  private var sPlaces: [Place] = []
  private let strict: Bool

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
    candidates = UnitComparison(scorer: scorer, ds: ds, ss: ss).find(&matcher)
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

  private func closeness(_ candidate: UnitCandidate, _ matcher: Matcher) -> Double {
    matcher.directories.closeness(dPlaces[candidate.d], sPlaces[candidate.s])
  }

  private func score(_ candidate: UnitCandidate, _ matcher: Matcher) -> Double {
    candidate.base + 0.8 * closeness(candidate, matcher)
  }

  private func hasEvidence(_ candidate: UnitCandidate, _ matcher: Matcher) -> Bool {
    if matcher.namesLineUp, isChance(candidate, matcher) {
      return closeness(candidate, matcher) >= 0.5
    }
    return !strict || candidate.unique || candidate.base >= 1.0
      || closeness(candidate, matcher) >= 0.5
  }

  /// Square matrices, and biases of layers, with no more in common than the kind of layer: many have
  /// that shape.
  private func isChance(_ candidate: UnitCandidate, _ matcher: Matcher) -> Bool {
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
