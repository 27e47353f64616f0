/// Layers or experts that lie along the first axis of one tensor are taken apart, so that the rest of
/// the search sees ordinary blocks.
struct Unstacking {
  let names: NameTable
  /// Directories whose tensors were taken apart, with the number of layers.
  private(set) var found: [(directory: [Int], count: Int)] = []

  /// Replaces stacked slots of `slots` by one slot for each layer, where `other` has a list of that
  /// many blocks with the same contents.
  mutating func expand(_ slots: inout [Slot], against other: [Slot]) {
    let lists = listTotals(other)
    guard !lists.isEmpty else { return }
    let counts = Set(lists.map(\.count))
    var byDirectory: [ArraySlice<Int>: [Int]] = [:]
    for (at, slot) in slots.enumerated() {
      guard let first = slot.shape.first, counts.contains(first),
        slot.shape.count >= 2 || slot.path.count > 1
      else { continue }
      // Nothing numbered lies below a stack's directory.
      let numbered = slot.path.lastIndex { names.number($0) != nil } ?? -1
      for depth in max(1, numbered + 1)..<max(1, numbered + 1, slot.path.count) {
        byDirectory[slot.path.prefix(depth), default: []].append(at)
      }
    }
    guard !byDirectory.isEmpty else { return }
    let totals = directoryCounts(slots, depths: Set(byDirectory.keys.map(\.count)).sorted())
    var taken: Set<Int> = []
    var replaced: [Int: [Slot]] = [:]
    let order = byDirectory.keys.sorted {
      $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1)
    }

    let counterparts = Set(other.map { Whole(path: $0.path, shape: $0.shape) })
    // Equal numbers of elements first; equal shapes are weaker evidence.
    for isExact in [true, false] {
      for directory in order {
        guard let members = byDirectory[directory], totals[directory] == members.count,
          !members.contains(where: { taken.contains($0) }),
          let count = slots[members[0]].shape.first,
          members.allSatisfy({ slots[$0].shape.first == count }), count > 1,
          !members.contains(where: {
            counterparts.contains(Whole(path: slots[$0].path, shape: slots[$0].shape))
          })
        else { continue }
        let total = members.reduce(0) { saturatingSum($0, slots[$1].elements) }
        let shapes = members.map { layoutKey(Array(slots[$0].shape.dropFirst())) }
        let fits = lists.contains {
          isExact
            ? $0.count == count && $0.total == total : $0.matches(count: count, shapes: shapes)
        }
        guard fits else { continue }
        found.append((Array(directory), count))
        for at in members {
          taken.insert(at)
          replaced[at] = layers(of: slots[at], count: count, below: Array(directory))
        }
      }
    }
    guard !replaced.isEmpty else { return }
    slots = slots.enumerated().flatMap { at, slot in replaced[at] ?? [slot] }
  }

  private func layers(of slot: Slot, count: Int, below directory: [Int]) -> [Slot] {
    (0..<count).map { layer in
      var part = slot
      part.path.insert(names.intern(String(layer)), at: directory.count)
      part.shape.removeFirst()
      part.steps.append(.index(axis: 0, at: layer))
      part.stackIndex = layer
      return part
    }
  }

  private struct Whole: Hashable {
    var path: [Int]
    var shape: [Int]
  }

  private struct ListTotal {
    var count: Int
    var total: Int
    var keys: Set<[Int]>

    func matches(count: Int, shapes: [[Int]]) -> Bool {
      guard self.count == count else { return false }
      let known = shapes.count { keys.contains($0) }
      return shapes.count >= 4 && known * 10 >= shapes.count * 7
    }
  }

  /// Every list of numbered blocks: how many, how many elements, which shapes.
  private func listTotals(_ slots: [Slot]) -> [ListTotal] {
    struct Sum {
      var numbers: Set<Int> = []
      var total = 0
      var keys: Set<[Int]> = []

      mutating func add(_ number: Int, elements: Int, key: [Int]) {
        numbers.insert(number)
        total = saturatingSum(total, elements)
        keys.insert(key)
      }
    }
    var sums: [ArraySlice<Int>: Sum] = [:]
    for slot in slots {
      let tokens = names.tokens(of: slot.path)
      let key = layoutKey(slot.shape)
      for (at, token) in tokens.dropLast().enumerated() where Token.isNumber(token) {
        sums[tokens.prefix(at), default: Sum()].add(token, elements: slot.elements, key: key)
      }
    }
    return sums.values.filter { $0.numbers.count > 1 }.map {
      ListTotal(count: $0.numbers.count, total: $0.total, keys: $0.keys)
    }
  }

  private func directoryCounts(_ slots: [Slot], depths: [Int]) -> [ArraySlice<Int>: Int] {
    var counts: [ArraySlice<Int>: Int] = [:]
    for slot in slots {
      for depth in depths where depth < slot.path.count {
        counts[slot.path.prefix(depth), default: 0] += 1
      }
    }
    return counts
  }
}
