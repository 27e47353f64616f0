/// Blocks of a list that nothing of is matched, while other blocks with the same leaves are.
struct SurplusBlocks {
  /// For each slot whether it lies in such a block.
  private var slots: [Bool]

  private struct Block {
    var list: Int
    var matched = 0
    var total = 0
    /// Paths below the block, by number.
    var leaves: Set<Int> = []
    /// A layer has modules of its own; `norm2` is a module.
    var hasModules = false

    var isModel: Bool { matched * 2 > total }
    var isSpare: Bool { matched == 0 && total >= 3 }
  }

  init(_ all: [Slot], _ names: NameTable, isMatched: (Int) -> Bool) {
    slots = [Bool](repeating: false, count: all.count)
    let tokens = all.map { names.tokens(of: $0.path) }
    var prefixes = PrefixTable()
    var blocks = NumberedValues<Block>()
    for slot in all.indices {
      let matched = isMatched(slot) ? 1 : 0
      Self.forEachBlock(tokens[slot], &prefixes) { block, list, _ in
        blocks[block, default: Block(list: list)].matched += matched
        blocks[block, default: Block(list: list)].total += 1
      }
    }
    let lists = Self.listsToCompare(blocks)
    guard !lists.isEmpty else { return }
    Self.fillLeaves(tokens, &blocks, &prefixes, of: lists)
    let surplus = Self.surplus(blocks, of: lists)
    guard !surplus.isEmpty else { return }
    for slot in all.indices {
      Self.forEachBlock(tokens[slot], &prefixes) { block, _, _ in
        if surplus.contains(block) { slots[slot] = true }
      }
    }
  }

  func contains(_ slot: Int) -> Bool { slots[slot] }

  /// Every numbered block that a path lies in: its number, that of its list, and its depth.
  private static func forEachBlock(
    _ tokens: [Int], _ prefixes: inout PrefixTable, _ body: (Int, Int, Int) -> Void
  ) {
    guard let last = tokens.dropLast().lastIndex(where: Token.isNumber) else { return }
    let numbers = prefixes.prefixes(of: tokens, length: last + 1)
    for place in 0...last where Token.isNumber(tokens[place]) {
      body(numbers[place + 1], numbers[place], place + 1)
    }
  }

  /// Lists with a block to spare and a block to hold it against.
  private static func listsToCompare(_ blocks: NumberedValues<Block>) -> Set<Int> {
    let models = Set(blocks.all.filter(\.value.isModel).map(\.value.list))
    guard !models.isEmpty else { return [] }
    return models.intersection(blocks.all.filter(\.value.isSpare).map(\.value.list))
  }

  private static func fillLeaves(
    _ tokens: [[Int]], _ blocks: inout NumberedValues<Block>, _ prefixes: inout PrefixTable,
    of lists: Set<Int>
  ) {
    // A path below a block is a beginning of the path read backwards.
    var endings = PrefixTable()
    for path in tokens {
      var below: [Int] = []
      forEachBlock(path, &prefixes) { block, list, depth in
        guard lists.contains(list) else { return }
        if below.isEmpty {
          below = endings.prefixes(of: path.reversed(), length: path.count - depth)
        }
        let length = path.count - depth
        blocks[block, default: Block(list: list)].leaves.insert(below[length])
        if length > 1 { blocks[block, default: Block(list: list)].hasModules = true }
      }
    }
  }

  private static func surplus(_ blocks: NumberedValues<Block>, of lists: Set<Int>) -> Set<Int> {
    // Blocks of a list are mostly alike: each kind is looked at once.
    var models: [Int: SetIndex] = [:]
    for (_, block) in blocks.all where block.isModel && lists.contains(block.list) {
      models[block.list, default: SetIndex()].insert(block.leaves)
    }
    var surplus: Set<Int> = []
    for (number, block) in blocks.all where block.isSpare && block.hasModules {
      guard let known = models[block.list] else { continue }
      let needed = (block.leaves.count * 4 + 4) / 5
      if known.holds(needed, of: Array(block.leaves)) { surplus.insert(number) }
    }
    return surplus
  }
}
