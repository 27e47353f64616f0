import EspalierTree
import Testing

/// A tree from flat dotted names, all F32 with one shape.
func flatTree(_ names: [String], order: TreeBuilder.ChildOrder = .asGiven) throws -> Tree {
  var builder = TreeBuilder(order: order)
  for name in names {
    let node = try builder.flatNode(Name(name))
    try builder.setArray(ArrayDescription(.f32, [2, 3]), at: node)
  }
  return builder.finish()
}

@Suite struct TreeBuilderTests {
  @Test func dottedNamesNestAndKeepTheirSpelling() throws {
    let tree = try flatTree(["conv.weight", "conv.bias", "a..b", "", "conv"])
    #expect(
      tree.dump == """
        conv  F32 [2, 3]
          .weight  F32 [2, 3]
          .bias  F32 [2, 3]
        a
          .
            .b  F32 [2, 3]
          F32 [2, 3]
        """
    )
    #expect(
      tree.leafIDs.map { tree.path(of: $0).components } == [
        ["conv.weight"], ["conv.bias"], ["a..b"], [""], ["conv"],
      ])
  }

  @Test func naturalOrderSortsNumbersByValue() throws {
    let names = ["l.10.w", "l.2.w", "l.1.b", "l.1.a", "head"]
    let natural = try flatTree(names, order: .natural)
    #expect(
      (0..<natural.nodeCount).map { NodeID(Int32($0)) }.compactMap { natural.leaf(at: $0) }
        .map { natural.path(of: $0).description }
        == ["head", "l.1.a", "l.1.b", "l.2.w", "l.10.w"])
    #expect(natural.isNaturallyOrdered)
    #expect(try !flatTree(names).isNaturallyOrdered)
    // Leaves keep the file's order either way.
    #expect(natural.leafIDs.map { natural.path(of: $0).description } == names)
  }

  @Test func containersAndDottedNamesStayApart() throws {
    var builder = TreeBuilder()
    let outer = try builder.node("a")
    try builder.setArray(ArrayDescription(.f32, [1]), at: builder.node("b", under: outer))
    try builder.setArray(ArrayDescription(.f32, [2]), at: builder.flatNode("a.b"))
    let tree = builder.finish()
    #expect(tree.leafIDs.map { tree.path(of: $0).components } == [["a", "b"], ["a.b"]])
  }

  @Test func aSecondLeafWithOnePathIsRefused() throws {
    var builder = TreeBuilder()
    let node = try builder.flatNode("x.y")
    try builder.setArray(ArrayDescription(.f32, [1]), at: node)
    #expect(throws: TreeError.duplicate(builder.path(of: node))) {
      try builder.setArray(ArrayDescription(.f32, [1]), at: node)
    }
  }

  @Test func shapesThatOverflowAreRefused() throws {
    var builder = TreeBuilder()
    let node = try builder.node("x")
    for shape in [[Int.max, 2], [-1], [1 << 40, 1 << 40]] {
      #expect(throws: TreeError.self) {
        try builder.setArray(ArrayDescription(.f32, Shape(shape)), at: node)
      }
    }
    try builder.setArray(ArrayDescription(.f32, [0, Int.max, Int.max]), at: node)
  }

  @Test func depthHasALimitAndNoStack() throws {
    var builder = TreeBuilder()
    var node = TreeBuilder.Handle.root
    #expect(throws: TreeError.self) {
      for _ in 0..<100_000 { node = try builder.node("x", under: node) }
    }
    let tree = builder.finish()
    #expect(tree.nodeCount == Tree.maximumDepth + 1)
    #expect(tree.depth(of: NodeID(Int32(tree.nodeCount - 1))) == Tree.maximumDepth)
  }

  @Test func nodesAreFoundByTheNameAPersonTypes() throws {
    let tree = try flatTree(["a.b.c", "a.b2", "x/y.z"])
    for name in ["a", "a.b", "a.b.c", "a.b2", "x/y.z"] {
      let node = try #require(tree.node(named: Name(name)))
      #expect(tree.path(of: node).description == name)
    }
    #expect(tree.node(named: "a.b3") == nil)
    #expect(tree.node(named: "") == .root)
  }
}
