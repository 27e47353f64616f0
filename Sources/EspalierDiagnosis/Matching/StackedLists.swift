/// The lists of numbered blocks of one side, for stacks of the other side to be held against: how many
/// blocks, how many elements, which shapes.
struct StackedLists {
  private struct Total: Hashable {
    var count: Int
    var elements: Int
  }

  private struct List {
    /// As they are met; neighbours that are equal are written once.
    private var metBlocks: [Int] = []
    private var metLayouts: [Int] = []
    private(set) var elements = 0

    var blockCount: Int { Set(metBlocks).count }
    /// Layouts of what is in it, by number.
    var layouts: Set<Int> { Set(metLayouts) }

    mutating func add(_ block: Int, elements more: Int, layout: Int) {
      if block != metBlocks.last { metBlocks.append(block) }
      if layout != metLayouts.last { metLayouts.append(layout) }
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
      guard names.hasNumber(slot.path) else { continue }
      let tokens = names.tokens(of: slot.path)
      guard let last = tokens.dropLast().lastIndex(where: Token.isNumber) else { continue }
      let numbers = prefixes.prefixes(of: tokens, length: last)
      let layout = layouts(slot.shape).layout
      let elements = slot.elements
      for place in 0...last where Token.isNumber(tokens[place]) {
        lists[numbers[place], default: List()]
          .add(tokens[place], elements: elements, layout: layout)
      }
    }
    for (_, list) in lists.all {
      let count = list.blockCount
      guard count > 1 else { continue }
      totals.insert(Total(count: count, elements: list.elements))
      shapes[count, default: SetIndex()].insert(list.layouts)
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
    let keys = stacks.map { layouts.layout(of: Array($0.shape.dropFirst())) ?? -1 }
    return shapes[count]?.holds((stacks.count * 7 + 9) / 10, of: keys) ?? false
  }
}
