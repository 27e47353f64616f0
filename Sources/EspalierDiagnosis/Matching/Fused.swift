/// One tensor against several whose rows add up to it: q, k, v and their like.
struct FusedMatching {
  let scorer: NameScorer

  /// One fused tensor with its parts, as units.
  private struct Plan {
    var whole: Int
    var parts: [Int]
    var score: Double
    var interleaved: Bool
  }

  /// Names must say that a tensor is fused; shapes confirm it.
  func matchNamed(_ ds: [Unit], _ ss: [Unit], _ matcher: inout Matcher) {
    link(ss, ds, &matcher, wholeIsSource: true, named: true)
    link(ds, ss, &matcher, wholeIsSource: false, named: true)
  }

  /// Whatever is left and adds up.
  func matchLeft(_ ds: [Unit], _ ss: [Unit], _ matcher: inout Matcher) {
    link(ss, ds, &matcher, wholeIsSource: true, named: false)
    link(ds, ss, &matcher, wholeIsSource: false, named: false)
  }

  private func link(
    _ wholes: [Unit], _ pieces: [Unit], _ matcher: inout Matcher, wholeIsSource: Bool, named: Bool
  ) {
    var plans: [Plan] = []
    let fused = named ? fusedLayouts(pieces, matcher, !wholeIsSource) : []
    var sets = PartSets(isLarge: wholes.count * pieces.count > 250_000)
    for at in wholes.indices where isFree(wholes[at].first, matcher, isSource: wholeIsSource) {
      let shape = slots(matcher, wholeIsSource)[wholes[at].first].shape
      let path = slots(matcher, wholeIsSource)[wholes[at].first].path
      // Rows of a table are looked up; they were no parameters of their own.
      guard shape.count <= 3, named || !scorer.says(.embed, path) else { continue }
      var words: [String] = []
      var order: [String] = []
      if named {
        guard let name = fusedName(path),
          // What both sides have fused is not split.
          !fused.contains(FusedLayout(order: name.order, shape: squeeze(shape)))
        else { continue }
        words = name.words
        order = name.order
      }
      let whole = wholes[at]
      let key = PartSets.Key(order: order, role: whole.profile.role)
      let size = { parts in elements(of: parts, pieces, matcher, !wholeIsSource) }
      let options = sets.options(key, elements: elementCount(shape), size: size) {
        named
          ? groups(order, pieces, whole, matcher, !wholeIsSource)
          : siblings(pieces, whole, matcher, !wholeIsSource)
      }
      for parts in options {
        guard addsUp(whole, parts.map { pieces[$0] }, matcher, wholeIsSource) else { continue }
        plans.append(
          Plan(
            whole: at, parts: parts,
            score: score(whole, pieces[parts[0]], matcher, wholeIsSource),
            interleaved: order.count == 3 && Vocabulary.interleavesHeads(words)))
      }
    }
    plans.sort { ($0.score, -$0.whole) > ($1.score, -$1.whole) }
    for plan in plans {
      let parts = plan.parts.map { pieces[$0] }
      guard isFree(wholes[plan.whole].first, matcher, isSource: wholeIsSource),
        parts.allSatisfy({ isFree($0.first, matcher, isSource: !wholeIsSource) })
      else { continue }
      apply(wholes[plan.whole], parts, plan, &matcher, wholeIsSource)
    }
  }

  /// What a tensor's name says was fused into it, and its shape.
  private struct FusedLayout: Hashable {
    var order: [String]
    var shape: [Int]
  }

  private func fusedLayouts(_ units: [Unit], _ matcher: Matcher, _ isSource: Bool)
    -> Set<FusedLayout>
  {
    let slots = slots(matcher, isSource)
    var found: Set<FusedLayout> = []
    for at in units.indices where isFree(units[at].first, matcher, isSource: isSource) {
      let slot = units[at].first
      guard let name = fusedName(slots[slot].path) else { continue }
      found.insert(FusedLayout(order: name.order, shape: squeeze(slots[slot].shape)))
    }
    return found
  }

  private func fusedName(_ whole: [Int]) -> (words: [String], order: [String])? {
    guard scorer.says(.fused, whole) else { return nil }
    let words = whole.suffix(3).flatMap { scorer.componentWords($0) }
    return Vocabulary.fusedOrder(words).map { (words, $0) }
  }

  private func elements(
    of parts: [Int], _ pieces: [Unit], _ matcher: Matcher, _ isSource: Bool
  ) -> Int {
    let slots = slots(matcher, isSource)
    return parts.reduce(0) { saturatingSum($0, slots[pieces[$1].first].elements) }
  }

  private func isFree(_ slot: Int, _ matcher: Matcher, isSource: Bool) -> Bool {
    isSource ? !matcher.used[slot] : !matcher.links.contains(slot)
  }

  private func slots(_ matcher: Matcher, _ isSource: Bool) -> [Slot] {
    isSource ? matcher.source : matcher.destination
  }

  /// Sets of pieces that carry the roles of `order`, one set for each place in the tree.
  private func groups(
    _ order: [String], _ pieces: [Unit], _ whole: Unit, _ matcher: Matcher, _ isSource: Bool
  ) -> [[Int]] {
    var byPlace: [[Int]: [Int: Int]] = [:]
    for (at, unit) in pieces.enumerated() where isFree(unit.first, matcher, isSource: isSource) {
      guard
        unit.profile.role == whole.profile.role || whole.profile.role == .other
          || unit.profile.role == .other
      else { continue }
      let path = slots(matcher, isSource)[unit.first].path
      guard let (place, role) = role(of: path, among: order) else { continue }
      byPlace[place, default: [:]][role] = at
    }
    return byPlace.keys.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { place in
      guard let parts = byPlace[place], parts.count == order.count else { return nil }
      return order.indices.compactMap { parts[$0] }
    }
  }

  /// The path with the component that says the role blanked out, and which role it is.
  private func role(of path: [Int], among order: [String]) -> (place: [Int], role: Int)? {
    for place in path.indices.reversed() {
      let words = scorer.componentWords(path[place])
      for word in words {
        let concepts = Vocabulary.concepts[word] ?? [word]
        if let role = order.firstIndex(where: { concepts.contains($0) }) {
          var blank = path
          blank[place] = -1
          return (blank, role)
        }
      }
      for (short, role) in [("wq", "query"), ("wk", "key"), ("wv", "value")]
      where words.joined() == short {
        if let at = order.firstIndex(of: role) {
          var blank = path
          blank[place] = -1
          return (blank, at)
        }
      }
    }
    return nil
  }

  /// Free pieces that differ in one component only, two to four of a kind.
  private func siblings(_ pieces: [Unit], _ whole: Unit, _ matcher: Matcher, _ isSource: Bool)
    -> [[Int]]
  {
    var byPlace: [NumberList: [Int]] = [:]
    for at in pieces.indices where isFree(pieces[at].first, matcher, isSource: isSource) {
      guard pieces[at].profile.role == whole.profile.role || whole.profile.role == .other else {
        continue
      }
      var path = slots(matcher, isSource)[pieces[at].first].path
      guard path.count >= 2 else { continue }
      let leaf = path[path.count - 1]
      path[path.count - 1] = -1
      byPlace[NumberList(path), default: []].append(at)
      (path[path.count - 1], path[path.count - 2]) = (leaf, -1)
      byPlace[NumberList(path), default: []].append(at)
    }
    let order = isSource ? matcher.sourceOrder : matcher.destinationOrder
    return byPlace.values.filter { (2...4).contains($0.count) }
      .map { $0.sorted { order[pieces[$0].first] < order[pieces[$1].first] } }
      .sorted { $0[0] < $1[0] }
  }

  private func addsUp(_ whole: Unit, _ parts: [Unit], _ matcher: Matcher, _ wholeIsSource: Bool)
    -> Bool
  {
    for (cell, slot) in whole.slots {
      let pieces = parts.compactMap { $0.slots[cell] }
      guard pieces.count == parts.count else { return false }
      let shapes = pieces.map { matrix(slots(matcher, !wholeIsSource)[$0].shape) }
      let shape = matrix(slots(matcher, wholeIsSource)[slot].shape)
      guard FusedAxis.find(shape, shapes) != nil else { return false }
    }
    return true
  }

  private func matrix(_ shape: [Int]) -> [Int] { FusedAxis.matrix(shape) }

  private func score(_ whole: Unit, _ part: Unit, _ matcher: Matcher, _ wholeIsSource: Bool)
    -> Double
  {
    let one = slots(matcher, wholeIsSource)[whole.first].path
    let two = slots(matcher, !wholeIsSource)[part.first].path
    let near =
      wholeIsSource
      ? matcher.directories.closeness(two, one) : matcher.directories.closeness(one, two)
    return scorer.score(whole.profile, part.profile) + near
  }

  private func apply(
    _ whole: Unit, _ parts: [Unit], _ plan: Plan, _ matcher: inout Matcher, _ wholeIsSource: Bool
  ) {
    for (cell, slot) in whole.slots {
      let pieces = parts.compactMap { $0.slots[cell] }
      let shapes = pieces.map { matrix(slots(matcher, !wholeIsSource)[$0].shape) }
      guard pieces.count == parts.count,
        let axis = FusedAxis.find(matrix(slots(matcher, wholeIsSource)[slot].shape), shapes)
      else { continue }
      if wholeIsSource {
        var start = 0
        for (index, piece) in pieces.enumerated() {
          let rows = axis.rows[index]
          matcher.links[piece] = SlotLink(
            sources: [slot],
            join: .part(
              index: index, of: pieces.count, start: start, stop: start + rows,
              rows: axis.rows.reduce(0, +), interleaved: plan.interleaved),
            evidence: .structure)
          start += rows
          matcher.directories.add(matcher.destination[piece].path, matcher.source[slot].path)
        }
        matcher.used[slot] = true
      } else {
        matcher.links[slot] = SlotLink(
          sources: pieces, join: .concat(interleaved: plan.interleaved), evidence: .structure)
        for piece in pieces {
          matcher.used[piece] = true
          matcher.directories.add(matcher.destination[slot].path, matcher.source[piece].path)
        }
      }
    }
  }
}
