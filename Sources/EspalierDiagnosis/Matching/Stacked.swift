/// Layers or experts that lie along the first axis of one tensor are taken apart, so that the rest of
/// the search sees ordinary blocks.
struct Unstacking {
  let names: NameTable
  /// Directories whose tensors were taken apart, with the number of layers.
  private(set) var found: [(directory: [Int], count: Int)] = []

  /// Replaces stacked slots of `slots` by one slot for each layer, where `other` has a list of that
  /// many blocks with the same contents.
  mutating func expand(_ slots: inout [Slot], against other: [Slot]) {
    let lists = StackedLists(other, names)
    let counts = lists.counts
    guard !counts.isEmpty else { return }
    var stacked = [Bool](repeating: false, count: slots.count)
    for (at, slot) in slots.enumerated() {
      guard let first = slot.shape.first else { continue }
      stacked[at] = counts.contains(first) && (slot.shape.count >= 2 || slot.path.count > 1)
    }
    guard stacked.contains(true) else { return }
    let levels = directories(slots, stacked)
    var taken: Set<Int> = []
    var replaced: [Int: [Slot]] = [:]

    let counterparts = Set(other.map { Whole(path: $0.path, shape: $0.shape) })
    let wholes = Shapes(slots, other)
    // Equal numbers of elements first; equal shapes are weaker evidence. Outer directories first.
    for isExact in [true, false] {
      for (depth, level) in levels.enumerated() {
        let fitting = level.filter { members in
          guard let first = members.first, let count = slots[first].shape.first, count > 1,
            !members.contains(where: { taken.contains($0) }),
            members.allSatisfy({ slots[$0].shape.first == count }),
            !members.contains(where: {
              counterparts.contains(Whole(path: slots[$0].path, shape: slots[$0].shape))
            }), !members.allSatisfy({ wholes.haveAll(slots[$0].shape) })
          else { return false }
          return lists.fit(members.map { slots[$0] }, count: count, isExact: isExact)
        }
        let inOrder = fitting.sorted {
          slots[$0[0]].path.prefix(depth).lexicographicallyPrecedes(slots[$1[0]].path.prefix(depth))
        }
        for members in inOrder {
          let directory = Array(slots[members[0]].path.prefix(depth))
          let count = slots[members[0]].shape[0]
          found.append((directory, count))
          for at in members {
            taken.insert(at)
            replaced[at] = layers(of: slots[at], count: count, below: directory)
          }
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

  /// How often each shape occurs, turned or not: a tensor of two rows that both sides have is no stack,
  /// whatever it is called.
  private struct Shapes {
    private var surplus: [[Int]: Int] = [:]

    init(_ own: [Slot], _ other: [Slot]) {
      for slot in own { surplus[layoutKey(slot.shape), default: 0] += 1 }
      for slot in other { surplus[layoutKey(slot.shape), default: 0] -= 1 }
    }

    func haveAll(_ shape: [Int]) -> Bool { surplus[layoutKey(shape), default: 1] <= 0 }
  }

  /// By depth, the directories that hold nothing but stacks: the slots in each.
  private func directories(_ slots: [Slot], _ stacked: [Bool]) -> [[[Int]]] {
    var prefixes = PrefixTable()
    var members = NumberedValues<[Int]>()
    var depths = NumberedValues<Int>()
    var totals = NumberedValues<Int>()
    for (at, slot) in slots.enumerated() where slot.path.count > 1 {
      let numbers = prefixes.prefixes(of: slot.path, length: slot.path.count - 1)
      for number in numbers { totals[number, default: 0] += 1 }
      guard stacked[at] else { continue }
      // Nothing numbered lies below a stack's directory.
      let numbered = slot.path.lastIndex { names.number($0) != nil } ?? -1
      for depth in max(1, numbered + 1)..<max(1, numbered + 1, slot.path.count) {
        members[numbers[depth], default: []].append(at)
        depths[numbers[depth], default: depth] = depth
      }
    }
    var levels: [[[Int]]] = []
    for (number, own) in members.all where totals[number] == own.count {
      guard let depth = depths[number] else { continue }
      while levels.count <= depth { levels.append([]) }
      levels[depth].append(own)
    }
    return levels
  }
}
