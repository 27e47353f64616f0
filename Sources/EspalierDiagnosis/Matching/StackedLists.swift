/// The lists of numbered blocks of one side, for stacks of the other side to be held against: how many
/// blocks, how many elements, which shapes.
struct StackedLists {
  private struct Total: Hashable {
    var count: Int
    var elements: Int
  }

  private struct List {
    var blocks: Set<Int> = []
    var lastBlock = -1
    var elements = 0
    /// Layout keys of what is in it, by number.
    var keys: Set<Int> = []
    var lastKey = -1

    mutating func add(_ block: Int, elements more: Int, key: Int) {
      if block != lastBlock { blocks.insert(block) }
      if key != lastKey { keys.insert(key) }
      lastBlock = block
      lastKey = key
      elements = saturatingSum(elements, more)
    }
  }

  private var totals: Set<Total> = []
  private var shapes: [Int: SetIndex] = [:]
  private var layouts = LayoutNumbers()

  init(_ slots: [Slot], _ names: NameTable) {
    var prefixes = PrefixTable()
    var lists = NumberedValues<List>()
    for slot in slots {
      let tokens = names.tokens(of: slot.path)
      guard let last = tokens.dropLast().lastIndex(where: Token.isNumber) else { continue }
      let numbers = prefixes.prefixes(of: tokens, length: last)
      let key = layouts(slot.shape)
      let elements = slot.elements
      for place in 0...last where Token.isNumber(tokens[place]) {
        lists[numbers[place], default: List()].add(tokens[place], elements: elements, key: key)
      }
    }
    for (_, list) in lists.all where list.blocks.count > 1 {
      totals.insert(Total(count: list.blocks.count, elements: list.elements))
      shapes[list.blocks.count, default: SetIndex()].insert(list.keys)
    }
  }

  /// How many blocks a list can have.
  var counts: Set<Int> { Set(shapes.keys) }

  /// Is there a list of so many blocks that holds what the stacks hold? Elements say so, or, where
  /// that is not to be exact, shapes.
  func fit(_ stacks: [Slot], count: Int, isExact: Bool) -> Bool {
    guard !isExact else {
      let elements = stacks.reduce(0) { saturatingSum($0, $1.elements) }
      return totals.contains(Total(count: count, elements: elements))
    }
    guard stacks.count >= 4 else { return false }
    let keys = stacks.map { layouts.known(Array($0.shape.dropFirst())) ?? -1 }
    return shapes[count]?.holds((stacks.count * 7 + 9) / 10, of: keys) ?? false
  }
}
