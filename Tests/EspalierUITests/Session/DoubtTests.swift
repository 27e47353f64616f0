import EspalierDiagnosis
import EspalierTree
import Testing

@testable import EspalierUI

/// A load that passes and may be wrong, and results of loads that rules have overtaken.
@Suite struct DoubtTests {
  private static let turned = "l.{0}.w = l.{0}.w : transpose"

  private func square(width: Int = 120, _ entries: [WhyEntry]? = nil) throws -> Harness {
    let tree = try tree("l.0.w F32 [4, 4]\nl.1.w F32 [4, 4]\nhead F32 [3, 4]")
    var harness = Harness(tree, tree, width: width, height: 24)
    let rule = try #require(Rule(parsing: Self.turned))
    let cause = WhyEntry(
      sentence: "two matrices are transposed", harm: .blocks, remedy: Self.turned,
      action: .remedy(WhyEntry.Remedy(rules: [rule])))
    harness.send(.diagnosed(pair: harness.state.pair, entries ?? [cause], rules: [rule]))
    return harness
  }

  @Test func aLoadThatPassesSaysThatACauseIsAgainstIt() throws {
    #expect(try square(width: 60).screen.contains("passes, ● 1 cause (c)"))
    #expect(try square(width: 80).screen.contains("strict load passes, ● 1 cause (c)"))
    var harness = try square()
    #expect(harness.screen.contains("strict load passes, ● 1 cause against it"))
    harness.press("c Enter")
    #expect(harness.screen.contains("strict load: ✓ passes"))
    harness.press("u")
    #expect(harness.screen.contains("1 cause against it"))
  }

  @Test func whatIsDecidedByHandIsNoLongerDoubted() throws {
    var harness = try square()
    harness.press("e")
    harness.type(":goto l.0.w")
    harness.press("Enter")
    #expect(harness.screen.contains("cause 1 of 1 is about this row: transpose; c shows it"))
    harness.press("T")
    #expect(!harness.screen.contains("is about this row"))
    // The other row is still as it was.
    #expect(harness.screen.contains("1 cause against it"))
    harness.type(":goto l.1.w")
    harness.press("Enter")
    #expect(harness.screen.contains("is about this row"))
    harness.press("T")
    #expect(harness.screen.contains("strict load: ✓ passes"))
  }

  @Test func aSquareMatrixIsMarkedAsUndecided() throws {
    var harness = try square([])
    harness.press("e")
    harness.type(":goto l.0.w")
    harness.press("Enter")
    #expect(harness.screen.contains("square: its shape cannot tell whether the source's is"))
    harness.type(":goto head")
    harness.press("Enter")
    #expect(!harness.screen.contains("square: its shape"))
  }

  @Test func aChoiceIsAppliedByEnterOnly() throws {
    let rule = try #require(Rule(parsing: "head = head : pad(0,3)"))
    let choice = WhyEntry(
      sentence: "the head has another size", harm: .decision, remedy: "pad", isChoice: true,
      action: .remedy(WhyEntry.Remedy(rules: [rule])))
    var harness = try square([choice])
    harness.press("e")
    harness.type(":goto head")
    harness.press("Enter")
    #expect(harness.screen.contains("cause 1 of 1 has a choice for this row: pad(0,3); c shows it"))
    harness.press("A")
    #expect(harness.state.rules.current.repair.isEmpty)
    harness.press("c")
    #expect(harness.screen.contains("Enter applies, if you want it: pad"))
    harness.press("Enter")
    #expect(harness.state.rules.current.repair.rules == [rule])
  }

  @Test func aChoiceTakesThePlaceOfTheRemedyForTheSameRows() throws {
    let rules = try ["head = head : slice(0,0,3)", "head = head : pad(0,3)"].map {
      try #require(Rule(parsing: $0))
    }
    let entries = rules.enumerated().map { index, rule in
      WhyEntry(
        sentence: "the head has another size", harm: .decision, remedy: rule.description,
        isChoice: index == 1, action: .remedy(WhyEntry.Remedy(rules: [rule])))
    }
    var harness = try square(entries)
    harness.state.rules.change { $0.repair.rules = [rules[0]] }
    harness.press("c j Enter")
    #expect(harness.state.rules.current.repair.rules == [rules[1]])
    harness.press("u")
    #expect(harness.state.rules.current.repair.rules == [rules[0]])
  }

  @Test func aResultBelongsToTheRulesOfItsLoad() throws {
    var harness = try square()
    harness.press("L s")
    harness.send(.loaded(.strict))
    #expect(!harness.screen.contains("Report of what a load would do"))
    harness.press("Esc c Enter")
    let message = try #require(harness.state.message?.text)
    #expect(message.contains("what was loaded went by other rules, L loads again"))
    harness.press("w")
    #expect(
      harness.state.message?.text
        == "the rules have changed since the load; L loads again, u goes back")
    harness.press("q")
    #expect(harness.screen.contains("the rules have"))
    #expect(harness.screen.contains("y quits without it, Esc stays"))
    harness.press("Esc r")
    #expect(harness.screen.contains("Report of what a load would do"))
    harness.press("Esc u")
    #expect(harness.state.message?.text.contains("what was loaded is not saved yet") == true)
    harness.press("w")
    #expect(harness.screen.contains("save to: model.loaded.safetensors"))
  }

  /// Another order of rows loads nothing else.
  @Test func theOrderOfRowsLeavesAResultAsItIs() throws {
    var harness = try square()
    harness.press("L s")
    harness.send(.loaded(.strict))
    harness.state.planOptions.fileOrder = true
    #expect(harness.state.isResultCurrent)
    harness.state.planOptions.nothingKeeps = true
    #expect(!harness.state.isResultCurrent)
  }
}
