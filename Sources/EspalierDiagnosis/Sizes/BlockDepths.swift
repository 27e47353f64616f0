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
    var stages: [(stage: Int, blocks: Set<Int>)] = []
    var leaves = 0

    /// The list whose blocks are the stages.
    var outer: Int? { around.last }
    var counts: [Int] { stages.map(\.blocks.count) }
    var blockCount: Int { stages.reduce(0) { $0 + $1.blocks.count } }
    /// One block is no list; single leaves are not blocks.
    var isList: Bool { counts.contains { $0 > 1 } && leaves >= 2 * blockCount }
    var isVaried: Bool { Set(counts).count > 1 }
  }

  private(set) var lists: [List] = []
  /// For each slot the lists that it lies in, outermost first, and its block there.
  private(set) var places: [[(list: Int, block: Int)]] = []

  private let names: NameTable
  /// Nodes of a tree of tokens, as they are and with all numbers alike.
  private var nodes: [Edge: Int] = [:]
  private var listOfPattern: [Int: Int] = [:]
  private var stagePlace: [Edge: Int] = [:]

  private struct Edge: Hashable {
    var from: Int
    var token: Int
  }

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
    var found: [(list: Int, block: Int)] = []
    var exact = 0
    var pattern = 0
    // A block has modules, and these have leaves.
    for (depth, id) in path.dropLast(2).prefix(Self.deepest).enumerated() {
      for (part, token) in names.tokens[id].enumerated() {
        let (stage, kind) = (exact, pattern)
        exact = node(Edge(from: exact, token: token))
        pattern = node(Edge(from: pattern, token: Token.isNumber(token) ? Token.anyNumber : token))
        guard Token.isNumber(token), found.count < Self.nested else { continue }
        let list = list(kind, path, depth, part, around: found.map(\.list))
        add(exact, to: list, stage: stage)
        found.append((list, exact))
      }
    }
    return found
  }

  private mutating func node(_ edge: Edge) -> Int {
    if let known = nodes[edge] { return known }
    let new = nodes.count + 1
    nodes[edge] = new
    return new
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
    let key = Edge(from: list, token: stage)
    let place = stagePlace[key] ?? lists[list].stages.count
    if stagePlace[key] == nil {
      stagePlace[key] = place
      lists[list].stages.append((stage, []))
    }
    lists[list].stages[place].blocks.insert(block)
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
