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

  /// How much of two blocks is laid out alike, from 0 to 1.
  func likeness(to other: Block) -> Double {
    let most = max(leafCount, other.leafCount)
    guard most > 0, leafCount > 0, other.leafCount > 0 else { return 0 }
    let overlap = Double(Self.shared(layouts, other.layouts)) / Double(most)
    // Fused or split tensors change the shapes but not the number of elements.
    return elements == other.elements && most > 2 ? max(overlap, 0.75) : overlap
  }

  /// How many elements two ascending lists have in common.
  private static func shared(_ one: [Int], _ two: [Int]) -> Int {
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

/// The slots of one side, in which lists are found.
struct ListedSlots {
  let slots: [Slot]
  let tokens: [[Int]]
  let layouts: [Int]

  /// The outermost lists among some slots, tokens before `depth` left aside.
  func lists(_ members: [Int], from depth: Int) -> [BlockList] {
    var found: [BlockList] = []
    var work: [(slots: [Int], depth: Int)] = [(members, depth)]
    while let (group, at) = work.popLast() {
      let parts = grouped(group, at)
      let numbers = parts.filter { Token.isNumber($0.token) }
      if numbers.count >= 2, let any = numbers[0].slots.first {
        let blocks = numbers.map { block(Token.value($0.token), $0.slots) }
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
  private func grouped(_ members: [Int], _ place: Int) -> [(token: Int, slots: [Int])] {
    var groups: [(token: Int, slots: [Int])] = []
    var places: [Int: Int] = [:]
    var last = 0
    for slot in members where tokens[slot].count > place + 1 {
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

  private func block(_ number: Int, _ members: [Int]) -> Block {
    var layouts: [Int] = []
    layouts.reserveCapacity(members.count)
    var elements = 0
    for slot in members {
      if slots[slot].shape.isEmpty || slots[slot].dtype == "I64" { continue }
      layouts.append(self.layouts[slot])
      elements = saturatingSum(elements, slots[slot].elements)
    }
    layouts.sort()
    return Block(number: number, slots: members, layouts: layouts, elements: elements)
  }
}
