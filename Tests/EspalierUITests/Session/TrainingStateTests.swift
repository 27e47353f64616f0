import EspalierTree
import Testing

@testable import EspalierUI

/// The optimizer and its like are out of sight until they are asked for.
@Suite struct TrainingStateTests {
  private func model(optimizer: Bool = true, weights: Bool = true) throws -> Tree {
    var builder = TreeBuilder()
    let array = Leaf.array(ArrayDescription(.f32, [2]))
    if weights {
      let model = try builder.node("model")
      try builder.setLeaf(array, at: try builder.node("weight", under: model))
    }
    if optimizer {
      let node = try builder.node("optimizer")
      builder.hide(node)
      try builder.setLeaf(array, at: try builder.node("moment", under: node))
      try builder.setLeaf(.value(.integer(3)), at: try builder.node("step", under: node))
    }
    return builder.finish()
  }

  @Test func itIsHiddenAndTheStatusLineSaysSo() throws {
    var harness = Harness(try model(), nil)
    #expect(harness.visiblePaths == ["model", "model.weight"])
    #expect(harness.screen.contains("2 of training hidden"))
    harness.press("o o Esc")
    #expect(
      harness.visiblePaths
        == ["model", "model.weight", "optimizer", "optimizer.moment", "optimizer.step"])
    #expect(!harness.screen.contains("of training hidden"))
    harness.send(.line("set training"))
    #expect(harness.visiblePaths == ["model", "model.weight"])
    harness.press("t")
    #expect(harness.visiblePaths == ["model.weight"])
  }

  @Test func whatIsAskedForByNameIsShown() throws {
    var harness = Harness(try model(), nil)
    harness.send(.line("filter moment"))
    #expect(harness.visiblePaths == ["optimizer", "optimizer.moment"])
    #expect(!harness.browse.showsTrainingState)
    harness.press("F")
    #expect(harness.visiblePaths == ["model", "model.weight"])
    harness.send(.line("goto optimizer.step"))
    #expect(harness.cursorPath == "optimizer.step" && harness.browse.showsTrainingState)
  }

  @Test func issuesInItStayInSight() throws {
    // The source has none: a strict load would be refused for it.
    let alone = Harness(try model(), try model(optimizer: false))
    #expect(alone.visiblePaths.contains("optimizer.moment"))
    let both = Harness(try model(), try model())
    #expect(both.visiblePaths == ["model", "model.weight"])
  }

  @Test func aFileOfNothingElseIsShown() throws {
    let harness = Harness(try model(weights: false), nil)
    #expect(harness.visiblePaths.first == "optimizer")
    #expect(harness.browse.hiddenTrainingCount == 0)
  }
}
