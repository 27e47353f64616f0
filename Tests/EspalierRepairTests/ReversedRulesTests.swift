import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

/// There and back again: the values of the source are what they were.
struct ReversedRulesTests {
  struct Example: Sendable, CustomStringConvertible {
    var rules: [String]
    var sources: [(String, [Int])]
    var targets: [(String, [Int])]
    var description: String { rules.joined(separator: "; ") }
  }

  static let examples = [
    Example(
      rules: ["strip module"], sources: [("module.a.w", [2, 3])], targets: [("a.w", [2, 3])]),
    Example(
      rules: ["out = in : transpose|reshape[3,2,2]|permute[2,0,1]|flip[0]|take(1,[2,0,1])"],
      sources: [("in", [4, 3])], targets: [("out", [2, 3, 2])]),
    Example(
      rules: ["qkv = q + k + v : transpose|concat(0)|reshape[3,3,2]"],
      sources: [("q", [2, 3]), ("k", [2, 2]), ("v", [2, 4])], targets: [("qkv", [3, 3, 2])]),
    Example(
      rules: [
        "q = qkv : split(0,0,3)|transpose", "k = qkv : split(0,1,3)|transpose",
        "v = qkv : split(0,2,3)|transpose",
      ], sources: [("qkv", [6, 4])],
      targets: [("q", [4, 2]), ("k", [4, 2]), ("v", [4, 2])]),
    Example(
      rules: ["q = qkv : transpose|slice(0,0,4)", "kv = qkv : transpose|slice(0,4,6)"],
      sources: [("qkv", [3, 6])], targets: [("q", [4, 3]), ("kv", [2, 3])]),
    Example(
      rules: ["l.{0}.w = all : index(0,-1) at {0}"], sources: [("all", [3, 2, 4])],
      targets: [("l.0.w", [2, 4]), ("l.1.w", [2, 4]), ("l.2.w", [2, 4])]),
    Example(
      rules: ["all = l.0.w + l.1.w : stack(1)"], sources: [("l.0.w", [2, 4]), ("l.1.w", [2, 4])],
      targets: [("all", [2, 2, 4])]),
    Example(
      rules: ["out = in : pad(0,5)"], sources: [("in", [3, 2])], targets: [("out", [5, 2])]),
  ]

  @Test(arguments: examples) func valuesComeBack(_ example: Example) throws {
    var first: Int32 = 0
    func model(_ arrays: [(String, [Int])]) throws -> (MemorySource, [Reference]) {
      var builder = MemorySource.Builder()
      var values: [Reference] = []
      for (name, shape) in arrays {
        values.append(Reference(counting: shape, from: first))
        first += 1000
        try builder.add(Name(name), .i32, Shape(shape), values: values[values.count - 1].values)
      }
      return (builder.finish(), values)
    }
    let (source, values) = try model(example.sources)
    let (destination, _) = try model(example.targets)
    let (left, right) = (RepairSide(destination), RepairSide(source))
    let rules = try parsed(example.rules)
    let there = try RepairedSource(right, rules: rules, destination: left)
    let back = ReversedRules(rules, source: right.inventory, destination: left.inventory)
    #expect(back.lost.isEmpty)

    var loaded = MemorySource.Builder()
    for (name, shape) in example.targets {
      let bytes = try bytes(there, name)
      try loaded.add(
        Name(name), .i32, Shape(shape),
        values: bytes.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) })
    }
    let again = try RepairedSource(
      RepairSide(loaded.finish()), rules: back.rules, destination: right)
    for (place, (name, _)) in example.sources.enumerated() {
      let own = try bytes(again, name)
      let found = own.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
      #expect(found == values[place].values, "\(back.rules)")
    }
  }

  private func bytes(_ source: RepairedSource, _ name: String) throws -> [UInt8] {
    let node = try #require(source.tree.node(named: Name(name)))
    return try source.bytes(of: #require(source.tree.leaf(at: node)))
  }

  @Test func whatIsLostIsSaid() throws {
    let source = Inventory(tensors: [
      TensorFacts("a", [6, 2]), TensorFacts("b", [4, 2]), TensorFacts("g", [4, 1]),
      TensorFacts("v", [4, 2]), TensorFacts("unused", [9]),
    ])
    let destination = Inventory(tensors: [
      TensorFacts("first", [2, 2]), TensorFacts("third", [2, 2]), TensorFacts("cut", [3, 2]),
      TensorFacts("w", [4, 2]),
    ])
    let back = try ReversedRules(
      parsed(
        "first = a : split(0,0,3)", "third = a : split(0,2,3)", "cut = b : slice(0,0,3)",
        "w = g + v : weight_norm(0)"),
      source: source, destination: destination)
    #expect(back.rules.isEmpty)
    #expect(
      back.lost.map(\.description) == [
        "a: its parts do not fill it", "b: its parts do not fill it",
        "g: “weight_norm(0)” has no way back", "v: “weight_norm(0)” has no way back",
        "unused: no rule takes it",
      ])
  }
}
