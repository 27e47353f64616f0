/// Two lists that were paired although one is longer.
struct DepthPair {
  var destination: Int
  var source: Int
  /// Slots of the blocks that only one of the two has.
  var surplus: (destination: [Int], source: [Int])
}

/// One aligned pair of blocks (or the rest outside of all blocks).
struct Cell {
  /// Token patterns of the two blocks; cells with equal patterns share one template.
  var destinationKey: [Int]
  var sourceKey: [Int]
  /// Slots with the number of tokens that lead to the block.
  var destination: [(slot: Int, depth: Int)]
  var source: [(slot: Int, depth: Int)]
  /// Holds the slots of paired inner blocks too, for what those leave over.
  var isWide = false
}

/// Pairs the lists of both sides by what their blocks contain, outermost lists first.
struct ListPairing {
  private let destination: ListedSlots
  private let source: ListedSlots
  private let names: NameTable
  private let scorer: NameScorer
  private(set) var cells: [Cell] = []
  /// Lists of different length that were paired.
  private(set) var depthPairs: [DepthPair] = []

  init(_ matcher: Matcher) {
    names = matcher.names
    scorer = NameScorer(names)
    destination = ListedSlots(
      slots: matcher.destination, tokens: matcher.destinationTokens,
      layouts: matcher.destinationLayouts)
    source = ListedSlots(
      slots: matcher.source, tokens: matcher.sourceTokens, layouts: matcher.sourceLayouts)
  }

  /// Work still to do: two sets of slots below two blocks that are known to correspond.
  private struct Frame {
    var ds: [Int]
    var ss: [Int]
    var dDepth: Int
    var sDepth: Int
    var dKey: [Int]
    var sKey: [Int]
  }

  mutating func pair(_ ds: [Int], _ ss: [Int]) {
    var work = [Frame(ds: ds, ss: ss, dDepth: 0, sDepth: 0, dKey: [], sKey: [])]
    while let frame = work.popLast() {
      let dLists = destination.lists(frame.ds, from: frame.dDepth)
      let sLists = source.lists(frame.ss, from: frame.sDepth)
      var dTaken = NumberSet()
      var sTaken = NumberSet()
      var dSurplus = NumberSet()
      var sSurplus = NumberSet()
      for pair in choose(dLists, sLists) {
        let one = dLists[pair.d]
        let two = sLists[pair.s]
        for (dAt, sAt) in pair.alignment {
          work.append(
            Frame(
              ds: one.blocks[dAt].slots, ss: two.blocks[sAt].slots,
              dDepth: frame.dDepth + one.prefix.count + 1,
              sDepth: frame.sDepth + two.prefix.count + 1,
              dKey: frame.dKey + one.prefix + [Token.anyNumber],
              sKey: frame.sKey + two.prefix + [Token.anyNumber]))
        }
        let dBlocks = members(one, pair.alignment.map(\.0))
        let sBlocks = members(two, pair.alignment.map(\.1))
        if dBlocks.surplus.count + sBlocks.surplus.count > 0 {
          // Blocks beyond the shorter list stay out of the search: nothing corresponds to them.
          let left = (
            destination: dBlocks.surplus.flatMap(\.slots), source: sBlocks.surplus.flatMap(\.slots)
          )
          depthPairs.append(
            DepthPair(destination: one.blocks.count, source: two.blocks.count, surplus: left))
          for slot in left.destination { dSurplus.insert(slot) }
          for slot in left.source { sSurplus.insert(slot) }
        }
        for block in dBlocks.paired + dBlocks.surplus {
          for slot in block.slots { dTaken.insert(slot) }
        }
        for block in sBlocks.paired + sBlocks.surplus {
          for slot in block.slots { sTaken.insert(slot) }
        }
      }
      let dRest = frame.ds.filter { !dTaken.contains($0) }
      let sRest = frame.ss.filter { !sTaken.contains($0) }
      if !dRest.isEmpty, !sRest.isEmpty {
        cells.append(
          Cell(
            destinationKey: frame.dKey, sourceKey: frame.sKey,
            destination: dRest.map { ($0, frame.dDepth) },
            source: sRest.map { ($0, frame.sDepth) }))
      }
      if !dTaken.isEmpty || !sTaken.isEmpty {
        cells.append(
          Cell(
            destinationKey: frame.dKey, sourceKey: frame.sKey,
            destination: frame.ds.filter { !dSurplus.contains($0) }.map { ($0, frame.dDepth) },
            source: frame.ss.filter { !sSurplus.contains($0) }.map { ($0, frame.sDepth) },
            isWide: true))
      }
    }
  }

  /// Blocks that are paired, and those that are left of their kind. Where the list does not start
  /// with a layer (an embedding as number 0), what is unlike the layers is none.
  private func members(_ list: BlockList, _ places: [Int]) -> (paired: [Block], surplus: [Block]) {
    let own = Set(places)
    let left = list.blocks.indices.filter { !own.contains($0) }.map { list.blocks[$0] }
    guard let first = places.first, !own.contains(0) else {
      return (places.map { list.blocks[$0] }, left)
    }
    return (
      places.map { list.blocks[$0] }, left.filter { $0.likeness(to: list.blocks[first]) >= 0.5 }
    )
  }

  private struct Choice {
    var d: Int
    var s: Int
    var score: Double
    var alignment: [(Int, Int)]
  }

  private func choose(_ ds: [BlockList], _ ss: [BlockList]) -> [Choice] {
    guard !ds.isEmpty, !ss.isEmpty else { return [] }
    var candidates: [Choice] = []
    let sProfiles = ss.prefix(64).map(profile)
    for (d, one) in ds.enumerated().prefix(64) {
      let dProfile = profile(one)
      for (s, two) in ss.enumerated().prefix(64) {
        guard let (likeness, alignment) = align(one, two), likeness >= 0.6 else { continue }
        let name = scorer.score(dProfile, sProfiles[s])
        let size = one.blocks.count == two.blocks.count ? 0.3 : 0
        candidates.append(
          Choice(d: d, s: s, score: likeness + 0.5 * name + size, alignment: alignment))
      }
    }
    candidates.sort { ($0.score, -$0.d, -$0.s) > ($1.score, -$1.d, -$1.s) }
    var dTaken: Set<Int> = []
    var sTaken: Set<Int> = []
    return candidates.filter { choice in
      guard !dTaken.contains(choice.d), !sTaken.contains(choice.s) else { return false }
      dTaken.insert(choice.d)
      sTaken.insert(choice.s)
      return true
    }
  }

  /// What the words before a list's numbers say, those above the frame left aside.
  private func profile(_ list: BlockList) -> NameProfile {
    let words = list.prefix.filter { !Token.isNumber($0) }.map(Token.value)
    return scorer.profile(words + [names.intern("weight")])
  }

  /// Blocks in order, or in reverse where that fits better; unequal counts pair equal numbers.
  private func align(_ one: BlockList, _ two: BlockList) -> (Double, [(Int, Int)])? {
    let count = min(one.blocks.count, two.blocks.count)
    let straight = (0..<count).map { ($0, $0) }
    if one.blocks.count != two.blocks.count {
      // Two or three leaves are no layer that could be missing.
      guard one.blocks.prefix(3).contains(where: { $0.leafCount >= 4 }) else { return nil }
      let likeness = mean(one, two, straight)
      // One or two other things may stand before the layers.
      for skip in 1...2 where count >= 2 && count + skip <= max(one.blocks.count, two.blocks.count)
      {
        let isLonger = one.blocks.count > two.blocks.count
        let moved = (0..<count).map { isLonger ? ($0 + skip, $0) : ($0, $0 + skip) }
        let second = mean(one, two, moved)
        if second > likeness + 0.2 { return (second * 0.95, moved) }
      }
      return count >= 2 || likeness > 0.9 ? (likeness * 0.95, straight) : nil
    }
    let first = mean(one, two, straight)
    guard first < 0.999 else { return (first, straight) }
    let reversed = (0..<count).map { ($0, count - 1 - $0) }
    let second = mean(one, two, reversed)
    return second > first + 0.05 ? (second, reversed) : (first, straight)
  }

  private func mean(_ one: BlockList, _ two: BlockList, _ alignment: [(Int, Int)]) -> Double {
    guard !alignment.isEmpty else { return 0 }
    let total = alignment.reduce(0.0) { sum, pair in
      sum + one.blocks[pair.0].likeness(to: two.blocks[pair.1])
    }
    return total / Double(alignment.count)
  }
}
