/// Repeated blocks: where paths continue with numbers, each number is a block of a list.
struct BlockList {
  /// Tokens before the number.
  var prefix: [Int]
  var blocks: [Block]
}

struct Block {
  var number: Int
  /// Slots in it.
  var slots: [Int]
  /// The layouts in it, in ascending order; counters are left out.
  var layouts: [Int]
  var elements: Int

  var leafCount: Int { layouts.count }
}

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
  private let matcher: Matcher
  private let names: NameTable
  private let scorer: NameScorer
  private(set) var cells: [Cell] = []
  /// Lists of different length that were paired.
  private(set) var depthPairs: [DepthPair] = []

  init(_ matcher: Matcher) {
    self.matcher = matcher
    names = matcher.names
    scorer = NameScorer(names)
  }

  /// What is known of one side's slots.
  private struct Side {
    var slots: [Slot]
    var tokens: [[Int]]
    var layouts: [Int]
  }

  private var destination: Side {
    Side(
      slots: matcher.destination, tokens: matcher.destinationTokens,
      layouts: matcher.destinationLayouts)
  }

  private var source: Side {
    Side(slots: matcher.source, tokens: matcher.sourceTokens, layouts: matcher.sourceLayouts)
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
      let dLists = lists(frame.ds, destination, from: frame.dDepth)
      let sLists = lists(frame.ss, source, from: frame.sDepth)
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
      places.map { list.blocks[$0] }, left.filter { likeness($0, list.blocks[first]) >= 0.5 }
    )
  }

  /// The outermost lists among `slots`, tokens before `depth` left aside.
  private func lists(_ slots: [Int], _ side: Side, from depth: Int)
    -> [BlockList]
  {
    let tokens = side.tokens
    var found: [BlockList] = []
    var work: [(slots: [Int], depth: Int)] = [(slots, depth)]
    while let (group, at) = work.popLast() {
      let parts = grouped(group, tokens, at)
      let numbers = parts.filter { Token.isNumber($0.token) }
      if numbers.count >= 2, let any = numbers[0].slots.first {
        let blocks = numbers.map { block(Token.value($0.token), $0.slots, side) }
        found.append(BlockList(prefix: Array(tokens[any][depth..<at]), blocks: blocks))
      } else if let only = numbers.first, only.slots.count > 1 {
        work.append((only.slots, at + 1))
      }
      // One slot alone is in no list.
      for part in parts where !Token.isNumber(part.token) && part.slots.count > 1 {
        work.append((part.slots, at + 1))
      }
    }
    return found.sorted {
      $0.blocks.reduce(0) { $0 + $1.leafCount } > $1.blocks.reduce(0) { $0 + $1.leafCount }
    }
  }

  /// Slots by their token at a place, in the order of the tokens; those that end there are left out.
  private func grouped(
    _ slots: [Int], _ tokens: [[Int]], _ place: Int
  ) -> [(token: Int, slots: [Int])] {
    var groups: [(token: Int, slots: [Int])] = []
    var places: [Int: Int] = [:]
    var last = 0
    for slot in slots where tokens[slot].count > place + 1 {
      let token = tokens[slot][place]
      // Neighbours are often of one group.
      if groups.isEmpty || groups[last].token != token {
        last = places.number(of: token, orElse: groups.count)
        if last == groups.count { groups.append((token, [])) }
      }
      groups[last].slots.append(slot)
    }
    return groups.sorted { $0.token < $1.token }
  }

  private func block(_ number: Int, _ slots: [Int], _ side: Side) -> Block {
    var layouts: [Int] = []
    layouts.reserveCapacity(slots.count)
    var elements = 0
    for slot in slots {
      if side.slots[slot].shape.isEmpty || side.slots[slot].dtype == "I64" { continue }
      layouts.append(side.layouts[slot])
      elements = saturatingSum(elements, side.slots[slot].elements)
    }
    layouts.sort()
    return Block(number: number, slots: slots, layouts: layouts, elements: elements)
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
      sum + likeness(one.blocks[pair.0], two.blocks[pair.1])
    }
    return total / Double(alignment.count)
  }

  private func likeness(_ a: Block, _ b: Block) -> Double {
    let most = max(a.leafCount, b.leafCount)
    guard most > 0, a.leafCount > 0, b.leafCount > 0 else { return 0 }
    let overlap = Double(shared(a.layouts, b.layouts)) / Double(most)
    // Fused or split tensors change the shapes but not the number of elements.
    return a.elements == b.elements && most > 2 ? max(overlap, 0.75) : overlap
  }

  /// How many elements two ascending lists have in common.
  private func shared(_ one: [Int], _ two: [Int]) -> Int {
    var (i, j, count) = (0, 0, 0)
    while i < one.count, j < two.count {
      if one[i] == two[j] {
        (i, j, count) = (i + 1, j + 1, count + 1)
      } else if one[i] < two[j] {
        i += 1
      } else {
        j += 1
      }
    }
    return count
  }
}
