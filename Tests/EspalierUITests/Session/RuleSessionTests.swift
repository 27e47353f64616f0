import EspalierDiagnosis
import EspalierTree
import Testing

@testable import EspalierUI

/// Remedies and rules by hand, through the real engine and the real repair.
@Suite struct RuleSessionTests {
  /// A wrapper's prefix on every name, and one matrix the wrong way round.
  private func wrapped() throws -> Harness {
    let destination = try tree(
      """
      encoder.0.fc.weight F32 [8, 4]
      encoder.0.fc.bias F32 [8]
      encoder.1.fc.weight F32 [8, 8]
      encoder.1.fc.bias F32 [8]
      head.weight F32 [5, 8]
      head.bias F32 [5]
      """)
    let source = try tree(
      """
      module.encoder.0.fc.weight F32 [8, 4]
      module.encoder.0.fc.bias F32 [8]
      module.encoder.1.fc.weight F32 [8, 8]
      module.encoder.1.fc.bias F32 [8]
      module.head.weight F32 [8, 5]
      module.head.bias F32 [5]
      """)
    return Harness(destination, source)
  }

  private func twoNames() throws -> Harness {
    let destination = try tree(
      "a.weight F32 [4, 3]\na.bias F32 [4]\nold.b.w F32 [2]\nold.b.v F32 [2]\ncopy.weight F32 [4, 3]"
    )
    let source = try tree(
      "z.kernel F32 [3, 4]\na.bias F32 [4]\nnew.c.w F32 [2]\nnew.c.v F32 [2]\nlarge F32 [9]")
    return Harness(destination, source)
  }

  private func mark(_ harness: Harness, _ name: String) throws -> RowMark {
    let alignment = harness.browse.comparison.alignment
    let row = try #require(
      alignment.destination.node(named: Name(name)).flatMap { alignment.row(ofDestination: $0) })
    return harness.browse.comparison.mark(row)
  }

  @Test func enterOnACauseAppliesItsRemedyAndTheTreesAlignAnew() throws {
    var harness = try wrapped()
    harness.diagnose()
    #expect(harness.browse.comparison.issues.count == 12)
    harness.press("c")
    #expect(harness.screen.contains("Enter applies: strip module"))
    harness.press("Enter")
    #expect(harness.state.rules.current.repair.rules == [.strip("module")])
    #expect(harness.browse.comparison.issues.count < 12)
    #expect(try mark(harness, "encoder.0.fc.weight") == .renamed)
    #expect(harness.screen.contains("pytorch → 1 rule"))
    #expect(harness.screen.contains("Applied; Enter takes it back: strip module"))
    #expect(
      harness.state.message?.text
        == "the remedy is applied: a load fills 5 of 6 arrays, 75 %; u undoes")
    harness.press("Enter")
    #expect(harness.state.rules.current.repair.isEmpty)
    #expect(harness.browse.comparison.issues.count == 12)
    #expect(harness.browse.comparison.repair == nil)
  }

  @Test func allRemediesAreAppliedUndoneAndRedone() throws {
    var harness = try wrapped()
    harness.diagnose()
    harness.press("A")
    #expect(harness.browse.comparison.issues.isEmpty)
    #expect(try mark(harness, "head.weight") == .renamed)
    harness.press("A")
    #expect(harness.state.message?.text == "every remedy there is has been applied")
    harness.press("u")
    #expect(harness.browse.comparison.issues.count == 12)
    harness.press("C-r")
    #expect(harness.browse.comparison.issues.isEmpty)
  }

  @Test func theRowPaneSaysRuleNameAndOperation() throws {
    var harness = try wrapped()
    harness.diagnose()
    harness.press("A")
    harness.type(":goto head.weight")
    harness.press("Enter")
    #expect(harness.screen.contains("from module.head.weight F32 [8, 5]: transpose"))
    #expect(harness.screen.contains("rule 2 of 2: head.weight = module.head.weight : transpose"))
    harness.type(":goto head.bias")
    harness.press("Enter")
    #expect(harness.screen.contains("from module.head.bias F32 [5]"))
    #expect(harness.screen.contains("by name, with strip module"))
  }

  @Test func twoLeavesAreLinkedByHandAndTransposedWhereThatFits() throws {
    var harness = try twoNames()
    harness.type(":goto z.kernel")
    harness.press("Enter m")
    #expect(harness.state.message?.text.contains("z.kernel is marked") == true)
    harness.type(":goto a.weight")
    harness.press("Enter m")
    #expect(
      harness.state.rules.current.repair.byHand == [
        .leaf(
          destination: "a.weight", sources: ["z.kernel"], operation: Operation([.transpose]))
      ])
    #expect(try mark(harness, "a.weight") == .renamed)
    #expect(harness.screen.contains("kernel"))
    harness.press("x")
    #expect(try mark(harness, "a.weight") == .onlyDestination)
    harness.press("x")
    #expect(
      harness.state.message?.text == "nothing was decided by hand here; u undoes the last change")
  }

  @Test func whatDoesNotFitIsNotLinked() throws {
    var harness = try twoNames()
    harness.type(":goto large")
    harness.press("Enter m")
    harness.type(":goto a.weight")
    harness.press("Enter m")
    #expect(harness.state.rules.canUndo == false)
    #expect(
      harness.state.message?.text.hasPrefix(
        "not linked: the source's [9] is not the destination's [4, 3]") == true)
  }

  @Test func aBranchTakesAnother() throws {
    var harness = try twoNames()
    harness.type(":goto new")
    harness.press("Enter m")
    harness.type(":goto old")
    harness.press("Enter m")
    // `new.c.w` has no partner below `old`: names below have to agree.
    #expect(try mark(harness, "old.b.w") == .onlyDestination)
    harness.press("u")
    harness.type(":goto new.c")
    harness.press("Enter m")
    harness.type(":goto old.b")
    harness.press("Enter m")
    #expect(try mark(harness, "old.b.w") == .renamed)
    #expect(try mark(harness, "old.b.v") == .renamed)
  }

  @Test func aRowIsTiedToAnother() throws {
    var harness = try twoNames()
    harness.type(":goto z.kernel")
    harness.press("Enter m")
    harness.type(":goto a.weight")
    harness.press("Enter m M")
    #expect(
      harness.state.message?.text == "mark the row to tie to first: m on it, then M on this one")
    harness.press("m")
    harness.type(":goto copy.weight")
    harness.press("Enter M")
    #expect(try mark(harness, "copy.weight") == .renamed)
    let leaf = try #require(
      harness.browse.comparison.alignment.source.node(named: "copy.weight").flatMap {
        harness.browse.comparison.alignment.source.leaf(at: $0)
      })
    #expect(harness.browse.comparison.alignment.source.tie(of: leaf) != nil)
  }

  @Test func aSquareMatrixIsTransposedAndBack() throws {
    var harness = try wrapped()
    harness.diagnose()
    harness.press("c Enter Esc e")
    harness.type(":goto encoder.1.fc.weight")
    harness.press("Enter T")
    #expect(harness.screen.contains("from module.encoder.1.fc.weight F32 [8, 8]: transpose"))
    harness.press("T")
    #expect(!harness.screen.contains("[8, 8]: transpose"))
    harness.type(":goto encoder.0.fc.weight")
    harness.press("Enter T")
    #expect(
      harness.state.message?.text
        == "the source's [8, 4] transposed is not the destination's [8, 4]")
  }

  @Test func aHandRuleIsAnExceptionToARuleForMany() throws {
    let destination = try tree(
      "b.0.w F32 [2]\nb.1.w F32 [2]\nb.2.w F32 [2]")
    let source = try tree("l.0.v F32 [2]\nl.1.v F32 [2]\nl.2.v F32 [2]\nother F32 [2]")
    var harness = Harness(destination, source)
    let hole = NamePattern.Hole(variable: 0)
    let rule = Rule.take(
      destination: NamePattern([.text(Array("b.".utf8)), .hole(hole), .text(Array(".w".utf8))]),
      sources: [NamePattern([.text(Array("l.".utf8)), .hole(hole), .text(Array(".v".utf8))])],
      operation: Operation([.rename]), layerVariable: nil)
    harness.send(.rulesRead(path: "fix.toml", rules: [rule], skipped: []))
    #expect(harness.browse.comparison.issues.count == 1)
    harness.type(":goto other")
    harness.press("Enter m")
    harness.type(":goto b.1.w")
    harness.press("Enter m")
    let repair = try #require(harness.browse.comparison.repair)
    #expect(
      repair.rules.map(\.description) == [
        "b.0.w = l.0.v : rename", "b.2.w = l.2.v : rename", "b.1.w = other : rename",
      ])
    #expect(try mark(harness, "b.1.w") == .renamed)
    harness.press("x")
    #expect(harness.browse.comparison.repair?.rules == [rule])
  }

  @Test func rulesThatCannotBeAreRefusedAndTakenBack() throws {
    var harness = try twoNames()
    harness.send(.rulesRead(path: "fix.toml", rules: [.strip("nowhere")], skipped: []))
    #expect(harness.state.message?.tone == .error)
    #expect(harness.state.message?.text.contains("strip nowhere") == true)
    #expect(harness.state.rules.current.repair.isEmpty)
    #expect(harness.state.rules.canUndo == false && harness.state.rules.canRedo == false)
    #expect(harness.state.work == nil)
  }

  @Test func rulesAreSavedWithWhatIsSkipped() throws {
    var harness = try wrapped()
    harness.press("W")
    #expect(harness.state.message?.text.hasPrefix("there are no rules yet") == true)
    harness.diagnose()
    harness.press("c Enter Esc ] s W")
    #expect(harness.screen.contains("save rules to: model.rules.toml"))
    harness.press("Enter")
    guard case .saveRules(let path, let request, false)? = harness.takeEffects().last else {
      Issue.record("nothing is saved")
      return
    }
    #expect(path == "model.rules.toml")
    let composition = RuleComposition(
      request, destination: Inventory(request.destination.tree),
      source: Inventory(request.source.tree))
    #expect(
      composition.rules(withSkips: true).map(\.description) == ["strip module", "skip head.weight"])
    let read = request.destination.split(composition.rules(withSkips: true))
    #expect(read.rules == [.strip("module")])
    #expect(read.skipped.map(\.description) == ["head.weight"])
    harness.send(.rulesWouldReplace(path: path, sentence: "There is a file already."))
    harness.press("y")
    #expect(harness.takeEffects() == [.saveRules(path: path, request, replace: true)])
  }

  @Test func aContainerThatWasEnteredIsARuleOfTheFile() throws {
    var file = Harness.file("b", "pytorch", try tree("state.module.a.w F32 [2]\nepoch = 3"))
    file.rootNode = try #require(file.tree.node(named: "state"))
    var harness = Harness(try tree("a.w F32 [2]"), file.tree)
    harness.send(.opened(.source, file))
    harness.send(
      .diagnosed(
        pair: harness.state.pair,
        [
          WhyEntry(
            sentence: "nested", harm: .blocks,
            action: .remedy(WhyEntry.Remedy(rules: [.enter("state")]))),
          WhyEntry(
            sentence: "prefix", harm: .blocks,
            action: .remedy(WhyEntry.Remedy(rules: [.enter("state"), .strip("module")]))),
        ], rules: [.enter("state"), .strip("module")]))
    harness.press("c k Enter")
    #expect(harness.screen.contains("Done when the file was opened"))
    #expect(harness.state.message?.text.hasPrefix("it is as it should be already") == true)
    harness.press("j Enter")
    #expect(harness.browse.comparison.issues.isEmpty)
    #expect(harness.browse.comparison.repair?.rules == [.enter("state"), .strip("module")])
  }

  @Test func anAssumptionIsMarkedAsSuch() throws {
    var harness = try wrapped()
    harness.send(
      .diagnosed(
        pair: harness.state.pair,
        [
          WhyEntry(
            sentence: "the halves stand in another order", harm: .decision, remedy: "flip",
            isAssumption: true, action: .remedy(WhyEntry.Remedy(rules: [.strip("module")])))
        ], rules: []))
    harness.press("c")
    #expect(harness.screen.contains("Shapes cannot decide this"))
  }

  @Test func aThresholdPairsWhatIsLeftOverByLikenessOfNames() throws {
    let destination = try tree(
      """
      layers.0.attn.q_proj.weight F32 [4, 4]
      layers.0.attn.k_proj.weight F32 [4, 4]
      layers.0.norm.weight F32 [4]
      """)
    let source = try tree(
      """
      layers.0.attention.query.weight F32 [4, 4]
      layers.0.attention.key.weight F32 [4, 4]
      layers.0.scaling.weight F32 [4]
      """)
    var harness = Harness(destination, source)
    harness.press(")")
    #expect(harness.state.message?.text.hasPrefix("nothing is paired by likeness") == true)
    harness.press("(")
    #expect(harness.state.rules.current.repair.likeness == 100)
    for _ in 0..<6 { harness.press("(") }
    #expect(harness.state.rules.current.repair.likeness == 40)
    #expect(try mark(harness, "layers.0.attn.q_proj.weight") == .renamed)
    #expect(try mark(harness, "layers.0.attn.k_proj.weight") == .renamed)
    let pairs = harness.browse.comparison.repair?.rules.map(\.description) ?? []
    #expect(pairs.contains { $0.contains("q_proj.weight = layers.0.attention.query.weight") })
    // One undo takes back the whole run.
    harness.press("u")
    #expect(harness.state.rules.current.repair.likeness == nil)
    #expect(try mark(harness, "layers.0.attn.q_proj.weight") == .onlyDestination)
    harness.press("( )")
    #expect(harness.state.rules.current.repair.isEmpty)
  }

  @Test func anotherFileDropsRulesAndCauses() throws {
    var harness = try wrapped()
    harness.diagnose()
    harness.press("A")
    harness.type(":open src other.pt")
    harness.press("Enter")
    harness.send(.opened(.source, Harness.file("other.pt", "pytorch", try tree("x F32 [1]"))))
    #expect(harness.state.rules.current.repair.isEmpty)
    #expect(harness.state.diagnoses.isEmpty)
    #expect(harness.browse.comparison.repair == nil)
  }

  @Test func aFileThatCannotBeOpenedLeavesThePairAndItsRules() throws {
    var harness = try wrapped()
    harness.diagnose()
    harness.press("A")
    let rules = harness.state.rules
    harness.type(":open src mistyped.pt")
    harness.press("Enter")
    #expect(harness.state.source.path == "mistyped.pt")
    harness.send(.openFailed(.source, sentence: "mistyped.pt: there is no such file"))
    #expect(harness.state.message?.text == "mistyped.pt: there is no such file")
    #expect(harness.state.source.path == "trained.pt")
    #expect(harness.state.rules == rules)
  }

  @Test func aSearchWithoutHitsIsSaidOnce() throws {
    var harness = try wrapped()
    harness.diagnose()
    harness.type("/zzz")
    harness.press("Enter")
    #expect(harness.state.message?.text == "no name contains “zzz”")
    harness.press("A")
    #expect(harness.state.message?.text.contains("applied: a load fills") == true)
  }

  @Test func aRulesFileIsReadOnceBothSidesAreOpen() throws {
    var harness = Harness(AppState(destination: "a", source: "b"))
    harness.state.rulesFile = "fix.toml"
    let one = Harness.file("a", "safetensors", try tree("a.w F32 [2]"))
    harness.send(.opened(.destination, one))
    #expect(harness.effects.isEmpty)
    let other = Harness.file("b", "pytorch", try tree("m.a.w F32 [2]"))
    harness.send(.opened(.source, other))
    #expect(
      harness.takeEffects() == [
        .readRules(path: "fix.toml", destination: one, source: other)
      ])
    harness.send(.rulesRead(path: "fix.toml", rules: [.strip("m")], skipped: []))
    #expect(harness.browse.comparison.issues.isEmpty)
    #expect(
      harness.state.message?.text
        == "1 rule of fix.toml: a load fills 1 of 1 array, 100 %; u undoes")
  }

  @Test func arraysThatARuleDropsAreCountedInTheHead() throws {
    var harness = try twoNames()
    #expect(!harness.screen.contains("dropped"))
    let rules = try ["drop large", "drop new.c.*"].map { try #require(Rule(parsing: $0)) }
    harness.send(.rulesRead(path: "fix.toml", rules: rules, skipped: []))
    #expect(harness.screen.contains("pytorch → 2 rules · 3 dropped · 2 arrays"))
    #expect(!harness.screen.contains("large"))
  }

  @Test func whatIsNoRuleIsSaidWhenRulesAreSaved() throws {
    var harness = try twoNames()
    harness.type(":goto large")
    harness.press("Enter s")
    harness.type(":goto a.bias")
    harness.press("Enter S")
    harness.send(.rulesSaved(path: "somewhere/fix.toml", count: 0))
    #expect(
      harness.state.message?.text
        == "0 rules saved to fix.toml; “espalier load --rules” does the same, but for 1 row left out "
        + "that only the source has; for a alone, name it with --into and --from")
  }

  @Test func causesAreLookedForOnceForEachPair() throws {
    var harness = Harness(AppState(destination: "a", source: "b"))
    harness.answers = false
    let file = Harness.file("a", "safetensors", try tree("a.w F32 [2]"))
    harness.send(.opened(.destination, file))
    harness.send(.opened(.source, file))
    var asked = 0
    for _ in 0..<3 {
      let answers = harness.takeEffects().compactMap(Harness.answer)
      for answer in answers {
        let effects = reduce(into: &harness.state, answer)
        asked += effects.count { if case .diagnose = $0 { true } else { false } }
      }
      harness.press("o f Esc")
    }
    #expect(asked == 1)
  }
}
