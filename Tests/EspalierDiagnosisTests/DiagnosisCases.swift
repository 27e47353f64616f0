import EspalierDiagnosis
import TestSupport
import Testing

/// The cases of ../shared/diagnosis, scored as its README describes.
@Suite(.enabled(if: Shared.hasDiagnosis, "\(Shared.skipReason)"))
struct DiagnosisCases {
  @Test func causesAndMappings() throws {
    let totals = run(try DiagnosisCase.all())
    #expect(totals.f1 >= 0.99)
    #expect(totals.micro >= 0.995)
    #expect(totals.macro >= 0.995)
  }

  @Test func unrelatedModelsGetNoMapping() throws {
    for one in try DiagnosisCase.all() where one.causes.contains("different_architecture") {
      let report = Engine().diagnose(destination: one.destination, source: one.source)
      #expect(report.mapping.links.isEmpty, "\(one.id)")
      #expect(report.diagnoses.map(\.cause) == [.differentArchitecture], "\(one.id)")
    }
  }

  @Test func fineLoadsGetNoCause() throws {
    for one in try DiagnosisCase.all() where one.causes.isEmpty {
      let report = Engine().diagnose(destination: one.destination, source: one.source)
      #expect(report.diagnoses.isEmpty, "\(one.id)")
      #expect(report.after.tensors == one.destination.tensors.count)
    }
  }

  @Test(arguments: Perturbation.allCases)
  func scoresHoldWhenCasesAreChanged(_ change: Perturbation) throws {
    let totals = run(try DiagnosisCase.all().compactMap { change.apply($0) }, change.rawValue)
    #expect(totals.cases.count > 20)
    #expect(totals.f1 >= 0.98)
    #expect(totals.macro >= 0.98)
  }

  /// Every sentence says whose tensors it talks about, and every cause has its numbers.
  @Test func sentencesSayDestinationOrSource() throws {
    for one in try DiagnosisCase.all() {
      let report = Engine().diagnose(destination: one.destination, source: one.source)
      for diagnosis in report.diagnoses {
        #expect(
          diagnosis.sentence.contains("destination") || diagnosis.sentence.contains("source"),
          "\(one.id): \(diagnosis.sentence)")
        #expect(!diagnosis.evidence.isEmpty, "\(one.id): \(diagnosis.cause)")
        #expect(
          diagnosis.evidence.contains {
            $0.contains(where: \.isNumber) || $0.contains("`") || $0.contains(".")
          }, "\(one.id): \(diagnosis.cause)")
      }
    }
  }
}

/// Models that the engine was not made with.
@Suite struct HeldOutTests {
  @Test func causesAndMappings() {
    let totals = run(HeldOut.all, "held out")
    #expect(totals.f1 >= 0.97)
    #expect(totals.macro >= 0.98)
  }
}

/// Scores cases and prints what went wrong and the totals.
private func run(_ cases: [DiagnosisCase], _ title: String = "cases") -> Totals {
  let totals = Totals(
    cases: cases.map { one in
      let report = Engine().diagnose(destination: one.destination, source: one.source)
      return CaseScore(
        one, causes: report.diagnoses.map(\.cause.rawValue), mapping: report.mapping)
    })
  for score in totals.cases {
    if score.failures.isEmpty, score.falsePositives.isEmpty, score.falseNegatives.isEmpty {
      continue
    }
    print(
      "\(score.id): \(score.exact) of \(score.tensors) exact, wrongly named \(score.falsePositives.sorted()), not named \(score.falseNegatives.sorted())"
    )
    for failure in score.failures.prefix(5) { print("  \(failure)") }
  }
  print("\(title): \(totals.summary)")
  return totals
}
