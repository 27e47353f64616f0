import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

/// Rules that somebody may want, and nobody gets unasked.
struct ChoiceTests {
  private func pair(_ classes: (destination: Int, source: Int)) -> (Inventory, Inventory) {
    func model(_ classes: Int) -> Inventory {
      Inventory(
        tensors: (0..<4).flatMap { layer in
          [
            TensorFacts("layers.\(layer).weight", [16, 16]),
            TensorFacts("layers.\(layer).bias", [16]),
          ]
        } + [TensorFacts("head.weight", [classes, 16]), TensorFacts("head.bias", [classes])])
    }
    return (model(classes.destination), model(classes.source))
  }

  @Test(arguments: [
    (10, 100, "slice(0,0,10)"), (100, 10, "pad(0,100)"),
  ])
  func aResizedHeadIsLeftAloneAndCanBeCutOrFilledUp(
    _ to: Int, _ from: Int, _ step: String
  ) throws {
    let (destination, source) = pair((to, from))
    let report = Engine().diagnose(destination: destination, source: source)
    let head = try #require(report.diagnoses.first { $0.cause == .headResized })
    #expect(head.remedy.map(\.description) == ["skip head.*", "drop head.*"])
    #expect(
      head.choices.map(\.description) == [
        "head.weight = head.weight : \(step)", "head.bias = head.bias : \(step)",
      ])
    #expect(!report.rules.contains(where: head.choices.contains))

    // In a file they are comments, until somebody takes the # away.
    let text = RuleSet(report.rules).toml(explaining: report.diagnoses)
    #expect(try RuleSet(toml: text, file: "fix.toml").rules == report.rules)
    let wanted = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      ["# [[rule]]", "# to", "# from", "# do"].contains { line.hasPrefix($0) }
        ? String(line.dropFirst(2)) : String(line)
    }.joined(separator: "\n")
    #expect(
      Set(try RuleSet(toml: wanted, file: "fix.toml").rules) == Set(report.rules + head.choices))
  }

  @Test func aPositionTableIsResampledOrCutByChoice() throws {
    func model(_ places: Int) -> Inventory {
      Inventory(
        tensors: [TensorFacts("pos_embed", [1, places, 16])]
          + (0..<4).map { TensorFacts("blocks.\($0).weight", [16, 16]) })
    }
    let report = Engine().diagnose(destination: model(17), source: model(50))
    let found = try #require(report.diagnoses.first { $0.cause == .posEmbedResized })
    #expect(found.remedy.map(\.description) == ["pos_embed = pos_embed : resize"])
    #expect(found.choices.map(\.description) == ["pos_embed = pos_embed : slice(1,0,17)"])
    let text = RuleSet(report.rules).toml(explaining: report.diagnoses)
    #expect(text.contains("the # goes before the rules of cause 1"))
  }
}
