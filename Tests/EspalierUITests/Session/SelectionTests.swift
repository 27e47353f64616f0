import EspalierLoad
import EspalierTree
import Testing

@testable import EspalierUI

/// A session that takes part of both sides, as `--filter` says.
@Suite struct SelectionTests {
  private func harness(_ patterns: [String]) throws -> Harness {
    let destination = try tree(
      "encoder.weight F32 [2]\nencoder.bias F32 [2]\nhead.weight F32 [3]\nold F32 [1]")
    let source = try tree("encoder.weight F32 [2]\nencoder.bias F32 [9]\nhead.weight F32 [4]")
    return Harness(destination, source, selection: try PathSelection(patterns))
  }

  @Test func thePlanAndTheRowsAreOfThePartThatIsTaken() throws {
    var harness = try harness(["encoder", "!**.bias"])
    let comparison = harness.browse.comparison
    #expect(comparison.issues.isEmpty)
    #expect(comparison.plan?.coverage.tensors == 1)
    #expect(comparison.counts.marks[.skipped] == 3)
    // What is left out is shown all the same, and says why.
    harness.type(":goto head.weight")
    harness.press("Enter")
    #expect(harness.screen.contains("left out by the filter of this session"))
    harness.type(":load strict")
    harness.press("Enter")
    #expect(harness.takeEffects() == [.load(.strict, comparison)])
  }

  /// The memory of a tie is loaded at the path that the filter takes.
  @Test func whatIsLeftOutByNameMayBeLoadedThroughATie() throws {
    let trees = try ["a F32 [2]\nb ^ a", "a F32 [2]\nb ^ a"].map { try tree($0) }
    var harness = Harness(trees[0], trees[1], selection: try PathSelection(["b"]))
    harness.type(":goto a")
    harness.press("Enter")
    #expect(harness.screen.contains("left out by the filter of this session"))
    #expect(harness.screen.contains("its memory is loaded at b"))
  }

  @Test func rulesByHandLeaveOutMore() throws {
    var harness = try harness(["encoder"])
    #expect(harness.browse.comparison.issues.count == 1)
    harness.type(":goto encoder.bias")
    harness.press("Enter s")
    #expect(harness.browse.comparison.issues.isEmpty)
    harness.type(":goto encoder.bias")
    harness.press("Enter")
    #expect(harness.screen.contains("left out of the load by hand; s takes it in again"))
    harness.press("u")
    #expect(harness.browse.comparison.issues.count == 1)
  }

  @Test func aPatternThatNamesNothingIsSaid() throws {
    let harness = try harness(["encodr"])
    #expect(
      harness.state.message?.text == "--filter: “encodr” names nothing on either side")
    #expect(harness.browse.comparison.plan?.coverage.tensors == 0)
  }
}
