/// A leaf of a block template: the same relative path in many blocks.
struct Unit {
  /// Slot in each cell, by cell number.
  var slots: [Int: Int]
  var first: Int
  var profile: NameProfile
  var rank: Int
}

/// Matches the leaves of two block templates one to one, best pair first; each pair found makes its
/// neighbours easier.
struct UnitMatching {
  let scorer: NameScorer
  private var ds: [Unit] = []
  private var ss: [Unit] = []
  private var candidates: [Candidate] = []
  private let strict: Bool

  private struct Candidate {
    var d: Int
    var s: Int
    var base: Double
    var unique: Bool
  }

  /// - Parameter strict: Ask for evidence by name or neighbourhood, not by shape alone.
  init(_ cells: [Cell], _ matcher: inout Matcher, _ tokens: ([[Int]], [[Int]]), strict: Bool) {
    self.strict = strict
    scorer = NameScorer(matcher.names)
    ds = units(cells, tokens.0, \.destination, matcher.destination) { matcher.links[$0] == nil }
    ss = units(cells, tokens.1, \.source, matcher.source) { !matcher.used[$0] }
    for unit in ds + ss { scorer.observe(unit.profile) }
    collect(&matcher)
  }

  var destinationUnits: [Unit] { ds }
  var sourceUnits: [Unit] { ss }

  private func units(
    _ cells: [Cell], _ tokens: [[Int]], _ side: KeyPath<Cell, [(slot: Int, depth: Int)]>,
    _ slots: [Slot], _ isFree: (Int) -> Bool
  ) -> [Unit] {
    var index: [[Int]: Int] = [:]
    var found: [Unit] = []
    for (number, cell) in cells.enumerated() {
      for (slot, depth) in cell[keyPath: side] where isFree(slot) {
        let key = Array(tokens[slot].dropFirst(depth))
        if let at = index[key] {
          found[at].slots[number] = slot
        } else {
          index[key] = found.count
          let path = relative(slots[slot].path, depth: depth)
          found.append(
            Unit(
              slots: [number: slot], first: slot, profile: scorer.profile(path), rank: found.count))
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

  private struct Bucket: Hashable {
    var key: [Int]
    var role: Vocabulary.Role
  }

  private func bucket(_ unit: Unit, _ slots: [Slot]) -> Bucket {
    let shape = slots[unit.first].shape
    return Bucket(key: layoutKey(shape), role: unit.profile.role)
  }

  private mutating func collect(_ matcher: inout Matcher) {
    // Large sets are compared within one shape only.
    let small = ds.count * ss.count <= 250_000
    var byShape: [[Int]: [Int]] = [:]
    if !small {
      for (s, unit) in ss.enumerated() {
        byShape[layoutKey(matcher.source[unit.first].shape), default: []].append(s)
      }
    }
    let everything = Array(ss.indices)
    var dRanks = ranks(ds, matcher.destination, matcher.destinationOrder)
    var sRanks = ranks(ss, matcher.source, matcher.sourceOrder)
    for d in ds.indices {
      let near = byShape[layoutKey(matcher.destination[ds[d].first].shape)] ?? []
      let options =
        small ? everything : near.count <= 200 ? near : sameRank(d, near, &dRanks, &sRanks)
      for s in options {
        guard let base = score(d, s, &matcher, dRanks, sRanks) else { continue }
        let turn = orientation(
          matcher.destination[ds[d].first].shape, matcher.source[ss[s].first].shape, matcher)
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

  private func sameRank(
    _ d: Int, _ near: [Int], _ dRanks: inout [(Int, Int)], _ sRanks: inout [(Int, Int)]
  ) -> [Int] {
    let (rank, of) = dRanks[d]
    return near.filter { sRanks[$0].1 == of && sRanks[$0].0 == rank }
  }

  /// Place of each unit among those of the same shape and role, and how many there are.
  private func ranks(_ units: [Unit], _ slots: [Slot], _ order: [Int]) -> [(Int, Int)] {
    var groups: [Bucket: [Int]] = [:]
    for (at, unit) in units.enumerated() { groups[bucket(unit, slots), default: []].append(at) }
    var out = [(Int, Int)](repeating: (0, 1), count: units.count)
    for members in groups.values {
      let sorted = members.sorted { order[units[$0].first] < order[units[$1].first] }
      for (place, at) in sorted.enumerated() { out[at] = (place, members.count) }
    }
    return out
  }

  private func score(
    _ d: Int, _ s: Int, _ matcher: inout Matcher, _ dRanks: [(Int, Int)], _ sRanks: [(Int, Int)]
  ) -> Double? {
    let one = ds[d]
    let two = ss[s]
    guard rolesAgree(one.profile.role, two.profile.role, matcher, one, two) else { return nil }
    // A leaf in 4 of 16 blocks is not the leaf in all 16.
    let small = min(one.slots.count, two.slots.count)
    let big = max(one.slots.count, two.slots.count)
    guard small * 2 > big else { return nil }
    var shared = 0
    for (cell, slot) in one.slots {
      guard let other = two.slots[cell] else { continue }
      guard matcher.fits(slot, other) else { return nil }
      shared += 1
    }
    guard shared * 2 > big else { return nil }
    var score = scorer.score(one.profile, two.profile)
    score += 0.3 * Double(shared) / Double(big)
    let a = matcher.destination[one.first].shape
    let b = matcher.source[two.first].shape
    if a.count != b.count, squeeze(a) != squeeze(b) { score -= 0.15 }
    if dRanks[d].1 == sRanks[s].1, dRanks[d].0 == sRanks[s].0 {
      score += dRanks[d].1 == 1 ? 0.6 : 0.35
    } else if dRanks[d].0 == sRanks[s].0 {
      score += 0.1
    }
    return score
  }

  /// Matrices turned the other way than the rest of the file are less likely.
  private func orientation(_ a: [Int], _ b: [Int], _ matcher: Matcher) -> Double {
    guard a.count == 2, b.count == 2, a[0] != a[1] else { return 0 }
    let isTable = max(a[0], a[1]) > 8 * min(a[0], a[1])
    if a == b { return matcher.swapsExpected == true && !isTable ? -0.5 : 0.1 }
    return matcher.swapsExpected == true && !isTable ? 0.1 : -0.5
  }

  private func rolesAgree(
    _ a: Vocabulary.Role, _ b: Vocabulary.Role, _ matcher: Matcher, _ d: Unit, _ s: Unit
  ) -> Bool {
    if a == b { return true }
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

  // MARK: Matching

  mutating func run(_ matcher: inout Matcher) {
    var alive = candidates
    var dDone = Set<Int>()
    var sDone = Set<Int>()
    while true {
      var best = -1
      var bestScore = -Double.infinity
      var kept: [Candidate] = []
      kept.reserveCapacity(alive.count)
      for candidate in alive where !dDone.contains(candidate.d) && !sDone.contains(candidate.s) {
        let near = matcher.directories.closeness(
          matcher.destination[ds[candidate.d].first].path,
          matcher.source[ss[candidate.s].first].path)
        let score = candidate.base + 0.8 * near
        let evidence = candidate.unique || !strict || near >= 0.5 || candidate.base >= 1.0
        if score > bestScore, evidence {
          best = kept.count
          bestScore = score
        }
        kept.append(candidate)
      }
      alive = kept
      guard best >= 0, bestScore >= 0.45 else { return }
      let chosen = alive[best]
      dDone.insert(chosen.d)
      sDone.insert(chosen.s)
      for (cell, slot) in ds[chosen.d].slots {
        guard let other = ss[chosen.s].slots[cell], matcher.links[slot] == nil, !matcher.used[other]
        else { continue }
        matcher.link(slot, other, .structure)
      }
    }
  }
}

extension NameScorer {
  func tokenCount(_ id: Int) -> Int { names.tokens[id].count }
}
