/// Two units that may be one, and what speaks for it before anything is known of their neighbours.
struct UnitCandidate {
  var d: Int
  var s: Int
  var base: Double
  /// The only one for both.
  var unique: Bool
}

/// Compares the leaves of two block templates.
struct UnitComparison {
  let scorer: NameScorer
  let ds: [Unit]
  let ss: [Unit]

  /// Most pairs that are looked at in a large set.
  private static let comparisons = 1_000_000

  private struct RankKey: Hashable {
    var layout: Int
    var rank: Int
    var of: Int
  }

  func find(_ matcher: inout Matcher) -> [UnitCandidate] {
    var candidates: [UnitCandidate] = []
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
        candidates.append(UnitCandidate(d: d, s: s, base: base + turn, unique: turn >= 0))
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
    return candidates
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
}
