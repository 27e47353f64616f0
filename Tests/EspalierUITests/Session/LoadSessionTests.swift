import EspalierLoad
import EspalierTree
import Testing

@testable import EspalierUI

@Suite struct LoadSessionTests {
  private func troubled() throws -> Harness {
    let (a, b) = try troubledPair()
    return Harness(a, b)
  }

  private func fitting() throws -> Harness {
    let tree = try tree("a.w F32 [2]\na.b F32 [3]")
    return Harness(tree, tree)
  }

  @Test func aStrictLoadWithIssuesShowsThemAndDoesNothing() throws {
    var harness = try troubled()
    harness.press("L s")
    #expect(harness.effects.isEmpty)
    #expect(
      harness.state.message?.text == "strict load refused: 7 issues; nothing has been changed")
    #expect(harness.screen.contains("Does not fit: would be kept  4"))
    harness.press("Enter")
    #expect(harness.state.overlay == nil)
    #expect(harness.cursorPath == "encoder.0.mlp.up.weight")
  }

  @Test func aLenientLoadRunsReportsAndIsSaved() throws {
    var harness = try troubled()
    harness.press("L l")
    let comparison = harness.browse.comparison
    #expect(harness.takeEffects() == [.load(.lenient, comparison)])
    harness.send(.progress(done: 50_000_000, total: 200_000_000, seconds: 2))
    #expect(harness.screen.contains("lenient load  25 %  25.0 MB/s  6 s left  Ctrl-C stops"))
    harness.press("L")
    #expect(harness.state.message?.text == "a load is running; Ctrl-C stops it")
    harness.send(.loaded(.lenient))
    #expect(harness.screen.contains("Did not fit: kept  4"))
    harness.press("Esc w")
    #expect(harness.screen.contains("save to: model.loaded.safetensors"))
    harness.press("C-u")
    harness.type("out.safetensors")
    harness.press("Enter")
    #expect(
      harness.takeEffects() == [
        .save(path: "out.safetensors", format: "safetensors", replace: false)
      ])
    let question = "out.safetensors is there already: 3 arrays, 12 kB."
    harness.send(
      .saveWouldReplace(path: "out.safetensors", format: "safetensors", sentence: question))
    #expect(harness.screen.contains(question))
    harness.press("j Enter")
    #expect(harness.effects.isEmpty)
    harness.press("y")
    #expect(
      harness.takeEffects() == [
        .save(path: "out.safetensors", format: "safetensors", replace: true)
      ])
    harness.send(.saved(path: "out.safetensors", sentence: "saved out.safetensors"))
    harness.press("q")
    #expect(harness.takeEffects() == [.quit])
  }

  @Test func anUnsavedResultIsAskedFor() throws {
    var harness = try fitting()
    harness.press("L s")
    harness.send(.loaded(.strict))
    harness.press("Esc q")
    #expect(harness.effects.contains(.quit) == false)
    #expect(harness.screen.contains("The result of the load has not been saved."))
    harness.press("Esc q y")
    #expect(harness.effects.last == .quit)
  }

  @Test func controlCStopsWorkThenQuitsWhateverHappens() throws {
    var harness = try fitting()
    harness.press("L s")
    _ = harness.takeEffects()
    harness.press("C-c")
    #expect(harness.takeEffects() == [.cancel])
    harness.send(.cancelled)
    #expect(harness.state.message?.text == "stopped; nothing has been changed")
    harness.press("L s")
    harness.send(.loaded(.strict))
    _ = harness.takeEffects()
    harness.send(.input(.interrupt))
    #expect(harness.effects.isEmpty)
    harness.send(.input(.interrupt))
    #expect(harness.takeEffects() == [.quit])
  }

  @Test func aFailedSaveSaysSoAndKeepsTheResult() throws {
    var harness = try fitting()
    harness.press("L s")
    harness.send(.loaded(.strict))
    harness.press("Esc w Enter")
    harness.send(.saveFailed(sentence: "the disk is full"))
    #expect(harness.state.message == Message("the disk is full", .error))
    #expect(harness.state.result?.isSaved == false)
    #expect(harness.state.work == nil)
  }

  @Test func rowsAreSkippedAndTakenBack() throws {
    var harness = try troubled()
    harness.press("] s")
    #expect(harness.browse.comparison.issues.count == 6)
    #expect(harness.state.rules.current.skipped.map(\.description) == ["encoder.0.mlp.up.weight"])
    harness.press("u")
    #expect(harness.browse.comparison.issues.count == 7)
    harness.press("C-r")
    #expect(harness.browse.comparison.issues.count == 6)
    harness.press("u u")
    #expect(harness.state.message?.text == "nothing has been changed")
  }

  @Test func aLoadIsRestrictedToASubtree() throws {
    var harness = try troubled()
    harness.press("e")
    harness.type(":goto head")
    harness.press("Enter S")
    #expect(harness.browse.comparison.issues.count == 1)
    #expect(harness.cursorPath == "head")
    harness.press("S")
    #expect(harness.browse.comparison.issues.count == 7)
  }

  @Test func thePreviewMarksOutcomes() throws {
    var harness = try troubled()
    harness.press("p")
    #expect(harness.state.message?.text == "marks say what a lenient load would do")
    #expect(harness.screen.contains("256×64 •"))
    harness.press("Esc")
    #expect(!harness.state.isPreviewing)
  }

  @Test func theDestinationIsBrowsedWhileTheSourceIsRead() throws {
    let (a, b) = try troubledPair()
    var harness = Harness(AppState(destination: "a", source: "b", width: 80, height: 24))
    #expect(
      harness.state.start() == [
        .open(.destination, path: "a", root: nil), .open(.source, path: "b", root: nil),
      ])
    #expect(harness.screen.contains("reading a"))
    harness.send(.opened(.destination, Harness.file("a", "safetensors", a)))
    harness.send(.opening(.source, done: 1, total: 4))
    #expect(harness.screen.contains("reading the source"))
    #expect(harness.screen.contains("25 %"))
    harness.press("j j L")
    #expect(harness.state.message?.text == "the source is still being read")
    let path = harness.cursorPath
    harness.press("e")
    harness.send(.opened(.source, Harness.file("b", "pytorch", b)))
    #expect(harness.screen.contains("strict load: ✗ 7 issues"))
    #expect(harness.browse.hidesEqual)
    #expect(path.hasPrefix("e"))
  }

  @Test func aSourceThatCannotBeReadLeavesTheDestination() throws {
    var harness = Harness(AppState(destination: "a", source: "b", width: 80, height: 24))
    harness.send(
      .opened(.destination, Harness.file("a", "safetensors", try troubledPair().destination)))
    harness.send(.openFailed(.source, sentence: "b: byte 0: no known format"))
    harness.press("j")
    #expect(harness.screen.contains("b: byte 0: no known format"))
    harness.type(":open src c")
    harness.press("Enter")
    #expect(harness.takeEffects() == [.open(.source, path: "c", root: nil)])
  }

  @Test func copiesWhatTheMenuNames() throws {
    var harness = try troubled()
    harness.press("] y p")
    harness.press("y d")
    harness.press("y s")
    #expect(
      harness.takeEffects() == [
        .copyToClipboard("encoder.0.mlp.up.weight"), .copyToClipboard("[256, 64]"),
        .copyToClipboard("[512, 64]"),
      ])
    harness.press("y r")
    guard case .copyToClipboard(let json)? = harness.takeEffects().first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(json.hasPrefix(#"{"path":"encoder.0.mlp.up.weight","status":"shape","dst":{"path":"#))
    #expect(json.contains(#""shape":[512,64]"#))
  }

  @Test func readsStatisticsOnce() throws {
    var harness = try troubled()
    harness.press("] v")
    #expect(harness.effects.count == 2)
    harness.press("v")
    #expect(harness.effects.count == 2)
    guard case .readStatistics(let side, let leaf, nil)? = harness.effects.first else {
      Issue.record("no effect")
      return
    }
    let values = Statistics(
      count: 100, minimum: -1, maximum: 2.5, mean: 0.01234, deviation: 0.5, zeros: 3, nans: 0,
      infinities: 0, histogram: [1, 5, 9, 5, 1])
    harness.send(.statistics(side, leaf, values))
    #expect(harness.screen.contains("-1 to 2.5, 3 % zero"))
    #expect(harness.screen.contains("mean 0.01234, deviation 0.5"))
    #expect(harness.screen.contains("▂▅█▅▂"))
  }

  @Test func theReportOfALoadLeadsToSavingIt() throws {
    let (a, _) = try troubledPair()
    var harness = Harness(a, a)
    harness.press("r")
    #expect(harness.state.overlay == .report(.firstEntry))
    harness.press("L s")
    harness.send(.loaded(.strict))
    #expect(harness.state.message?.text == "loaded; w saves the result")
    harness.press("w")
    guard case .prompt(let prompt)? = harness.state.overlay else {
      Issue.record("no prompt")
      return
    }
    #expect(prompt.kind == .save)
  }

  @Test func theFormatFollowsTheEndingThatIsTyped() throws {
    let (a, _) = try troubledPair()
    var harness = Harness(a, a)
    harness.state.saveFormats = [
      AppState.SaveFormat(name: "pytorch", suffix: "pt", otherSuffixes: ["pth"]),
      AppState.SaveFormat(name: "safetensors", suffix: "safetensors"),
    ]
    harness.press("L s")
    harness.send(.loaded(.strict))
    harness.press("w")
    // The destination's own format comes first.
    #expect(harness.screen.contains("save to: model.loaded.safetensors"))
    #expect(harness.screen.contains("format: safetensors"))
    harness.press("C-u")
    harness.type("out.pth")
    #expect(harness.screen.contains("format: pytorch"))
    harness.press("Enter")
    #expect(harness.takeEffects().last == .save(path: "out.pth", format: "pytorch", replace: false))
  }

  @Test func aSecondFileWithRowsBeforeTheFirstLeavesTheCursorAtTheTop() throws {
    let left = try tree("tok.weight F32 [2]\nhead.weight F32 [2]")
    let right = try tree("module.tok.weight F32 [2]\nmodule.head.weight F32 [2]")
    var harness = Harness(left, right)
    #expect(harness.browse.position == 0)
    // A row that somebody has gone to is kept.
    harness = Harness(
      AppState(destination: "model.safetensors", source: "trained.pt", width: 120, height: 32))
    harness.send(.opened(.destination, Harness.file("model.safetensors", "safetensors", left)))
    harness.press("G")
    let path = harness.cursorPath
    harness.send(.opened(.source, Harness.file("trained.pt", "pytorch", right)))
    #expect(harness.cursorPath == path)
    #expect(harness.browse.position > 0)
  }

  @Test func theWhyPaneFiltersToItsRows() throws {
    var harness = try troubled()
    harness.press("Tab Tab Enter")
    #expect(harness.state.filter?.text == ":shape :issue")
    #expect(harness.state.focus == .tree)
    let entry = WhyEntry(sentence: "the source is a wider sibling", harm: .decision)
    harness.send(.diagnosed(pair: harness.state.pair, [entry], rules: []))
    #expect(harness.screen.contains("the source is a wider sibling"))
    harness.press("Tab Tab Enter")
    #expect(harness.state.message?.text == "there is no remedy that a rule could apply")
    harness.send(
      .diagnosed(
        pair: harness.state.pair, [WhyEntry(sentence: "optimizer state", harm: .harmless)],
        rules: []))
    harness.press("Esc c Enter")
    #expect(harness.state.message?.text == "this is harmless: nothing has to be done")
  }

  @Test func thePaletteRunsCommandsAndSaysWhyNot() throws {
    var harness = try troubled()
    harness.type(":fold-a")
    #expect(harness.screen.contains("close all branches"))
    harness.press("Enter")
    #expect(harness.visiblePaths == ["encoder", "head"])
    harness.type(":save")
    #expect(harness.screen.contains("there is no result to save yet; L loads"))
    harness.press("Enter")
    #expect(harness.state.message?.text == "there is no result to save yet; L loads")
    harness.type(":set ascii")
    harness.press("Enter")
    #expect(harness.state.options.ascii)
    harness.type(":zzzz")
    harness.press("Enter")
    #expect(harness.state.message?.text.contains("there is no command") == true)
    harness.type(":2")
    harness.press("Enter")
    #expect(harness.cursorPath == "head")
  }
}
