/// The repeated blocks of one model: a list for each place in its names where numbers stand, stages that
/// are built alike together.
struct BlockDepths {
  /// Numbered modules at one place, whatever the numbers before it.
  struct List {
    /// As a reader would name it: `model.layers`, `stages.*.blocks`.
    var path = ""
    /// Where it was met first, and the lists around it.
    var origin: (path: [Int], depth: Int, part: Int)
    var around: [Int]
    /// Blocks of each stage, in the order in which the stages come.
    var stages: [Set<Int>] = []
    var leaves = 0

    /// The list whose blocks are the stages.
    var outer: Int? { around.last }
    var counts: [Int] { stages.map(\.count) }
    var blockCount: Int { counts.reduce(0, +) }
    /// One block is no list; single leaves are not blocks.
    var isList: Bool { counts.contains { $0 > 1 } && leaves >= 2 * blockCount }
    var isVaried: Bool { Set(counts).count > 1 }
  }

  private(set) var lists: [List] = []
  /// For each slot the lists that it lies in, outermost first, and its block there.
  private(set) var places: [[(list: Int, block: Int)]] = []

  private let names: NameTable
  /// Beginnings of paths, as they are and with all numbers alike: a block and its stage, and the list.
  private var exact = PrefixTable()
  private var patterns = PrefixTable()
  private var listOfPattern: [Int: Int] = [:]
  /// The place of each stage among those of its list.
  private var stagePlaces: [Int: Int] = [:]

  /// Lists deeper than this are details of a block.
  private static let deepest = 12
  private static let nested = 3

  init(_ slots: [Slot], _ names: NameTable) {
    self.names = names
    places.reserveCapacity(slots.count)
    for slot in slots { places.append(place(slot.path)) }
    for list in lists.indices { lists[list].path = path(of: lists[list]) }
  }

  private mutating func place(_ path: [Int]) -> [(list: Int, block: Int)] {
    // A block has modules, and these have leaves.
    let modules = path.dropLast(2).prefix(Self.deepest)
    guard names.hasNumber(modules) else { return [] }
    var tokens: [Int] = []
    tokens.reserveCapacity(2 * modules.count)
    for id in modules { tokens.append(contentsOf: names.tokens[id]) }
    let blocks = exact.prefixes(of: tokens)
    let kinds = patterns.prefixes(of: tokens.map { Token.isNumber($0) ? Token.anyNumber : $0 })
    var found: [(list: Int, block: Int)] = []
    var at = 0
    for (depth, id) in modules.enumerated() {
      for (part, token) in names.tokens[id].enumerated() {
        defer { at += 1 }
        guard Token.isNumber(token), found.count < Self.nested else { continue }
        let list = list(kinds[at], path, depth, part, around: found.map(\.list))
        add(blocks[at + 1], to: list, stage: blocks[at])
        found.append((list, blocks[at + 1]))
      }
    }
    return found
  }

  private mutating func list(
    _ pattern: Int, _ path: [Int], _ depth: Int, _ part: Int, around: [Int]
  ) -> Int {
    if let known = listOfPattern[pattern] { return known }
    listOfPattern[pattern] = lists.count
    lists.append(List(origin: (path, depth, part), around: around))
    return lists.count - 1
  }

  private mutating func add(_ block: Int, to list: Int, stage: Int) {
    let place = stagePlaces[stage] ?? lists[list].stages.count
    if place == lists[list].stages.count {
      stagePlaces[stage] = place
      lists[list].stages.append([])
    }
    lists[list].stages[place].insert(block)
    lists[list].leaves += 1
  }

  // MARK: Names

  /// The modules before the number; a star stands for a number only where there are several.
  private func path(of list: List) -> String {
    var enclosing = list.around.makeIterator()
    func word(_ token: Int) -> String {
      guard Token.isNumber(token) else { return names.word(token) }
      let isOne = enclosing.next().map { lists[$0].blockCount == 1 } ?? true
      return isOne ? names.word(token) : "*"
    }
    let (path, depth, part) = list.origin
    let modules = path.prefix(depth).map { id in
      let tokens = names.tokens[id]
      return tokens.contains(where: Token.isNumber)
        ? tokens.map(word).joined() : names.text(id)
    }
    let last = names.tokens[path[depth]].prefix(part).map(word).joined(separator: "_")
    return (modules + (last.isEmpty ? [] : [last])).joined(separator: ".")
  }
}
