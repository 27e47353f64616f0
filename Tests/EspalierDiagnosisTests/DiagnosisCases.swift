import EspalierDiagnosis
import TestSupport
import Testing

/// The cases of ../shared/diagnosis, scored as its README describes.
@Suite(.enabled(if: Shared.hasDiagnosis, "\(Shared.skipReason)"))
struct DiagnosisCases {
  @Test func causesAndMappings() {
    let totals = score(SolvedCase.all)
    #expect(totals.cases.count >= 90)
    #expect(totals.f1 >= 0.99)
    #expect(totals.micro >= 0.995)
    #expect(totals.macro >= 0.995)
  }

  @Test func unrelatedModelsGetNoMapping() {
    for one in SolvedCase.all where one.truth.causes.contains("different_architecture") {
      #expect(one.report.mapping.links.isEmpty, "\(one.truth.id)")
      #expect(one.report.diagnoses.map(\.cause) == [.differentArchitecture], "\(one.truth.id)")
    }
  }

  @Test func fineLoadsGetNoCause() {
    for one in SolvedCase.all where one.truth.causes.isEmpty {
      #expect(one.report.diagnoses.isEmpty, "\(one.truth.id)")
      #expect(one.report.after.tensors == one.truth.destination.tensors.count)
    }
  }

  /// Every other case, so that a debug build takes seconds.
  @Test(arguments: Perturbation.allCases)
  func scoresHoldWhenCasesAreChanged(_ change: Perturbation) {
    let changed = SolvedCase.all.enumerated().filter { $0.offset % 2 == 0 }
      .compactMap { change.apply($0.element.truth) }.map(SolvedCase.init)
    let totals = score(changed, change.rawValue)
    #expect(totals.cases.count >= 10)
    #expect(totals.f1 >= 0.98)
    #expect(totals.macro >= 0.98)
  }

  /// Every sentence says whose tensors it talks about, and every cause shows its evidence.
  @Test func sentencesSayDestinationOrSource() {
    for one in SolvedCase.all {
      for diagnosis in one.report.diagnoses {
        let text = diagnosis.sentence
        #expect(text.contains("destination") || text.contains("source"), "\(one.truth.id): \(text)")
        #expect(!diagnosis.evidence.isEmpty, "\(one.truth.id): \(diagnosis.cause)")
      }
    }
  }

  @Test func rulesReplayTheMapping() {
    for one in SolvedCase.all {
      let replayed = one.report.rules.apply(
        to: one.truth.source, destination: one.truth.destination)
      #expect(links(replayed) == links(one.report.mapping), "\(one.truth.id)")
    }
  }
}

/// Models that the engine was not made with.
@Suite struct HeldOutTests {
  @Test func causesAndMappings() {
    let totals = score((HeldOut.all + HeldOut.transformers).map(SolvedCase.init), "held out")
    #expect(totals.f1 >= 0.97)
    #expect(totals.macro >= 0.98)
  }
}

/// Rules name the steps that move values; rename, identity and cast are one to them.
func links(_ mapping: Mapping) -> [String] {
  mapping.links.map {
    "\($0.destination) \($0.sources) \($0.operation.keepsValues ? "" : $0.operation.description)"
  }
}

/// Scores cases and prints what went wrong and the totals.
private func score(_ cases: [SolvedCase], _ title: String = "cases") -> Totals {
  let totals = Totals(
    cases: cases.map { one in
      CaseScore(
        one.truth, causes: one.report.diagnoses.map(\.cause.rawValue), mapping: one.report.mapping)
    })
  for score in totals.cases {
    if score.failures.isEmpty, score.falsePositives.isEmpty, score.falseNegatives.isEmpty {
      continue
    }
    print(
      "\(score.id): \(score.exact) of \(score.tensors) exact;",
      "wrongly named \(score.falsePositives.sorted()), not named \(score.falseNegatives.sorted())")
    for failure in score.failures.prefix(5) { print("  \(failure)") }
  }
  print("\(title): \(totals.summary)")
  return totals
}
