import EspalierTree
import Testing

extension Alignment {
  /// One line a row: both names, `·` where a side has nothing.
  var dump: String {
    (1..<count).map { row in
      let indent = String(repeating: "  ", count: depth(of: row) - 1)
      let left = destinationNode(row).map { destination.name(of: $0).description } ?? "·"
      let right = sourceNode(row).map { source.name(of: $0).description } ?? "·"
      return indent + left + " | " + right
    }.joined(separator: "\n")
  }
}

@Suite struct AlignmentTests {
  @Test func sameNamesMeetWhateverTheirOrder() throws {
    let a = try flatTree(["x.w", "x.b", "y"])
    let b = try flatTree(["y", "x.b", "x.w"])
    #expect(
      Alignment(a, b).dump == """
        x | x
          w | w
          b | b
        y | y
        """)
  }

  @Test func loneChildrenStandInNaturalOrder() throws {
    let a = try flatTree(["a", "c", "l.2"])
    let b = try flatTree(["b", "d", "l.1", "l.3"])
    #expect(
      Alignment(a, b).dump == """
        a | ·
        · | b
        c | ·
        · | d
        l | l
          · | 1
          2 | ·
          · | 3
        """)
  }

  @Test func loneSourceChildrenFollowTheirNeighbourInGivenOrder() throws {
    let a = try flatTree(["z", "m", "a"])
    let b = try flatTree(["new", "z", "extra", "a", "last"])
    #expect(
      Alignment(a, b).dump == """
        · | new
        z | z
        · | extra
        m | ·
        a | a
        · | last
        """)
  }

  @Test func containersMeetDottedNames() throws {
    var builder = TreeBuilder()
    let layers = try builder.node("layers")
    let zero = try builder.node(at: 0, under: layers)
    try builder.setArray(ArrayDescription(.f32, [2, 3]), at: builder.node("w", under: zero))
    let b = try flatTree(["layers.0.w"])
    #expect(
      Alignment(builder.finish(), b).dump == """
        layers | layers
          0 | 0
            w | w
        """)
  }

  @Test func aNameThatOneSideSpellsTwiceGoesByItsJoint() throws {
    var builder = TreeBuilder()
    let outer = try builder.node("a")
    try builder.setArray(ArrayDescription(.f32, [1]), at: builder.node("b", under: outer))
    try builder.setArray(ArrayDescription(.f32, [2]), at: builder.flatNode("a.b"))
    let twice = builder.finish()
    let alignment = Alignment(twice, twice)
    for row in 0..<alignment.count {
      #expect(alignment.destinationNode(row) == alignment.sourceNode(row))
    }
    let once = Alignment(twice, try flatTree(["a.b"]))
    #expect(once.dump == "a | a\n  b | ·\n  b | b")
  }

  @Test func subtreesAlignAnywhere() throws {
    let a = try flatTree(["w", "b"])
    let b = try flatTree(["model.w", "model.b", "optim.w"])
    let at = try #require(b.node(named: "model"))
    #expect(Alignment(a, b, sourceRoot: at).dump == "w | w\nb | b")
  }

  @Test func filtersRemoveChildrenBeforePositionsAreCompared() throws {
    func chain(_ layers: [String]) throws -> Tree {
      var builder = TreeBuilder()
      builder.setKind(.positional, of: .root)
      for (index, label) in layers.enumerated() {
        let node = try builder.node(at: index, under: .root)
        builder.setLabel(Array(label.utf8), of: node)
        try builder.setArray(ArrayDescription(.f32, [1]), at: builder.node("w", under: node))
      }
      return builder.finish()
    }
    let a = try chain(["Dense", "Dropout", "Dense"])
    let b = try chain(["Dense", "Dense"])
    let filter = TreeFilter { tree, node in tree.label(of: node) != Array("Dropout".utf8) }
    #expect(
      Alignment(a, b, filter: filter).dump == """
        0 | 0
          w | w
        2 | 1
          w | w
        """)
  }

  @Test func rangesOfRowsAreSubtrees() throws {
    let a = try flatTree(["x.w", "x.y.b", "z"])
    let alignment = Alignment(a, a)
    for row in 1..<alignment.count {
      let parent = try #require(alignment.parent(of: row))
      #expect(parent < row && alignment.end(of: row) <= alignment.end(of: parent))
    }
    #expect(alignment.end(of: 0) == alignment.count)
  }
}
