import Testing

@testable import EspalierUI

@Suite struct FindSessionTests {
  private func harness() throws -> Harness {
    let (a, b) = try troubledPair()
    var harness = Harness(a, b)
    harness.press("e -")
    return harness
  }

  @Test func searchFollowsWhatIsTypedAndOpensFolds() throws {
    var harness = try harness()
    harness.type("/norm.w")
    #expect(harness.cursorPath == "encoder.0.norm.weight")
    harness.press("Enter n")
    #expect(harness.cursorPath == "encoder.1.norm.weight")
    harness.press("n")
    #expect(harness.cursorPath == "encoder.0.norm.weight")
    harness.press("N")
    #expect(harness.cursorPath == "encoder.1.norm.weight")
    #expect(harness.screen.contains("match 2 of 2"))
  }

  @Test func escapeGoesBackToWhereTheSearchBegan() throws {
    var harness = try harness()
    let before = harness.visiblePaths
    harness.type("/norm")
    #expect(harness.cursorPath == "encoder.0.norm")
    harness.press("Esc")
    #expect(harness.cursorPath == "encoder")
    #expect(harness.visiblePaths == before)
    #expect(harness.state.search == nil)
    harness.press("n")
    #expect(harness.state.message?.text == "nothing has been searched for; / searches")
  }

  @Test func lateAnswersAreDropped() throws {
    var harness = try harness()
    harness.answers = false
    harness.type("/no")
    let late = harness.takeEffects().compactMap { effect -> FindRequest? in
      if case .find(let request) = effect { return request }
      return nil
    }
    #expect(late.count == 2)
    harness.send(.found(late[0].run()))
    #expect(harness.state.search?.hits == nil)
    #expect(harness.screen.contains("searching…"))
    harness.send(.found(late[1].run()))
    #expect(harness.state.search?.hits?.count == 2)
  }

  @Test func saysWhenMatchesAreHidden() throws {
    var harness = try harness()
    harness.press("e")
    harness.type("/embed")
    harness.press("Enter n")
    #expect(harness.state.message?.text == "1 match in rows that are hidden")
  }

  @Test func filtersByStatusAndKeepsParents() throws {
    var harness = try harness()
    let folded = harness.visiblePaths
    harness.type("f:missing")
    harness.press("Enter")
    #expect(
      harness.visiblePaths == [
        "encoder", "encoder.1", "encoder.1.attn", "encoder.1.attn.proj",
        "encoder.1.attn.proj.bias", "head", "head.bias",
      ])
    #expect(harness.screen.contains("filter “:missing” 2"))
    harness.press("F")
    #expect(harness.visiblePaths == folded)
  }

  @Test func saysWhatIsWrongWithAFilter() throws {
    var harness = try harness()
    harness.type("f:mis ")
    #expect(harness.screen.contains("there is no status “:mis”"))
    harness.press("Enter")
    #expect(harness.state.overlay != nil)
    harness.press("Backspace Tab")
    #expect(harness.screen.contains("filter: :mis"))
  }

  @Test func anIssueLiftsTheFilterThatHidesIt() throws {
    var harness = try harness()
    harness.type("f'embed")
    harness.press("Enter ]")
    #expect(harness.cursorPath == "encoder.0.mlp.up.weight")
    #expect(harness.state.filter == nil)
  }

  @Test func aPasteIsOneLine() throws {
    var harness = try harness()
    harness.press("/")
    harness.send(.input(.paste("norm\n")))
    guard case .prompt(let prompt) = harness.state.overlay else {
      Issue.record("no prompt")
      return
    }
    #expect(prompt.line.text == "norm ")
  }

  @Test func editsALine() {
    var line = LineEditor("a.bc d")
    line.deleteWord()
    #expect(line.text == "a.bc ")
    line.deleteWord()
    #expect(line.text == "a.")
    line.move(by: -1)
    line.insert("漢x")
    #expect(line.text == "a漢x.")
    line.deleteToStart()
    #expect(line.text == ".")
    line.deleteForward()
    line.deleteBackward()
    #expect(line.isEmpty && line.cursor == 0)
  }
}
