import EspalierTree
import Testing

@testable import EspalierUI

@Suite struct BrowseTests {
  private func harness() throws -> Harness {
    let (a, b) = try troubledPair()
    return Harness(a, b)
  }

  @Test func movesWithCountsAndStopsAtTheEnds() throws {
    var harness = try harness()
    #expect(harness.cursorPath == "encoder")
    harness.press("3 j")
    #expect(harness.browse.position == 3)
    harness.press("9 9 9 9 9 9 9 9 9 9 9 9 j")
    #expect(harness.browse.position == harness.browse.visible.count - 1)
    harness.press("k k g")
    #expect(harness.browse.position == 0)
    harness.press("5 G")
    #expect(harness.browse.position == 4)
    harness.press("G 1 0 k")
    #expect(harness.browse.position == harness.browse.visible.count - 11)
    harness.press("0")
    #expect(harness.state.message?.text.contains("does nothing here") == true)
  }

  @Test func hidesWhatIsEqualButNotTheParents() throws {
    var harness = try harness()
    #expect(!harness.visiblePaths.contains("embed"))
    #expect(harness.visiblePaths.contains("encoder.0.mlp.up"))
    #expect(harness.browse.hiddenLeafCount == 9)
    harness.press("e")
    #expect(harness.visiblePaths.first == "embed")
    #expect(harness.browse.hiddenLeafCount == 0)
    harness.press("e")
    #expect(!harness.visiblePaths.contains("embed"))
  }

  @Test func foldsAndUnfoldsWithNestedFolds() throws {
    var harness = try harness()
    let all = harness.visiblePaths
    harness.press("j l h")  // into encoder.0, into attn, and close it
    #expect(harness.cursorPath == "encoder.0.attn")
    #expect(harness.browse.isFolded(harness.browse.cursor))
    harness.press("h")
    #expect(harness.cursorPath == "encoder.0")
    harness.press("h")
    #expect(!harness.visiblePaths.contains("encoder.0.attn"))
    harness.press("l")
    #expect(harness.visiblePaths.contains("encoder.0.attn"))
    #expect(!harness.visiblePaths.contains("encoder.0.attn.proj"))
    harness.press("z O")
    #expect(harness.visiblePaths == all)
    harness.press("-")
    #expect(harness.visiblePaths == ["encoder", "head"])
    #expect(harness.cursorPath == "encoder")
    harness.press("z R")
    #expect(harness.visiblePaths == all)
    harness.press("z c")
    #expect(harness.visiblePaths == ["encoder", "head", "head.bias"])
    harness.press("z o Enter Space")
    #expect(harness.visiblePaths == all)
  }

  @Test func closesTheBranchAroundALeaf() throws {
    var harness = try harness()
    harness.press("] z c")
    #expect(harness.cursorPath == "encoder.0.mlp.up")
    #expect(harness.browse.isFolded(harness.browse.cursor))
  }

  @Test func walksTheIssuesInARing() throws {
    var harness = try harness()
    var seen: [String] = []
    for _ in 0..<7 {
      harness.press("] c")
      seen.append(harness.cursorPath)
    }
    #expect(Set(seen).count == 7)
    #expect(seen.first == "encoder.0.mlp.up.weight")
    #expect(seen.last == "head.bias")
    harness.press("]")
    #expect(harness.cursorPath == seen.first)
    #expect(harness.state.message?.text == "from the first issue again")
    harness.press("[")
    #expect(harness.cursorPath == seen.last)
    harness.press("3 [")
    #expect(harness.cursorPath == seen[3])
    // The `c` after `]` belongs to it; another key does what it does.
    harness.press("] j")
    #expect(harness.cursorPath != seen[4])
  }

  @Test func jumpsToAnIssueThatIsFolded() throws {
    var harness = try harness()
    harness.press("- ]")
    #expect(harness.cursorPath == "encoder.0.mlp.up.weight")
    #expect(harness.browse.visible.contains(harness.browse.cursor))
  }

  @Test func goesToSiblingsAndParents() throws {
    var harness = try harness()
    harness.press("j J")
    #expect(harness.cursorPath == "encoder.1")
    harness.press("K")
    #expect(harness.cursorPath == "encoder.0")
    harness.press("K")
    #expect(harness.cursorPath == "encoder.0")
    harness.press("{")
    #expect(harness.cursorPath == "encoder")
  }

  @Test func showsAFlatList() throws {
    var harness = try harness()
    harness.press("t")
    #expect(harness.visiblePaths.count == 10)
    #expect(harness.visiblePaths.allSatisfy { $0.contains(".") })
    #expect(harness.screen.contains("encoder.0.mlp.up.weight"))
    harness.press("-")
    #expect(harness.state.message?.text == "a flat list has no branches; t shows the tree")
    harness.press("t")
    #expect(harness.visiblePaths.contains("encoder"))
  }

  @Test func theMouseMovesScrollsAndFolds() throws {
    var harness = try harness()
    let top = Layout(harness.state).tree.y
    harness.send(.input(.mouse(.pressLeft, x: 20, y: top + 2, modifiers: [])))
    #expect(harness.cursorPath == "encoder.0.attn")
    harness.send(.input(.mouse(.pressLeft, x: 20, y: top + 2, modifiers: [])))
    #expect(!harness.visiblePaths.contains("encoder.0.attn.proj"))
    let indent = TreeColumns(120, harness.state).indent(depth: 2)
    harness.send(.input(.mouse(.pressLeft, x: 1 + indent, y: top + 1, modifiers: [])))
    #expect(harness.browse.isFolded(harness.browse.cursor))
    #expect(harness.cursorPath == "encoder.0")
    harness.press("z R")
    harness.send(.input(.mouse(.wheelDown, x: 20, y: top, modifiers: [])))
    #expect(harness.browse.visible.rank(harness.browse.top) == 3)
    #expect(harness.browse.visible.contains(harness.browse.cursor))
  }

  @Test func followsResizes() throws {
    var harness = try harness()
    harness.press("G")
    harness.send(.input(.resize(width: 60, height: 10)))
    #expect(render(harness.state).text.contains("head"))
    for size in [(0, 0), (1, 1), (59, 30), (80, 9), (300, 200)] {
      harness.send(.input(.resize(width: size.0, height: size.1)))
      let screen = render(harness.state)
      #expect((screen.width, screen.height) == size)
    }
  }

  @Test func bigTreesOpenAsAnOverview() throws {
    var lines = ""
    for index in 0..<1000 { lines += "m.\(index / 10).\(index % 10) F32 [1]\n" }
    let tree = try tree(lines)
    let harness = Harness(tree, nil)
    #expect(harness.visiblePaths == ["m"])
    #expect(harness.browse.isFolded(harness.browse.cursor))
  }
}
