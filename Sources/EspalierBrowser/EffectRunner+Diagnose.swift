import Espalier
import EspalierDiagnosis
import EspalierUI

extension EffectRunner {
  /// Finds causes in the background; the pane shows issues by kind until they are there.
  func diagnose(_ comparison: Comparison) {
    jobs.run(.diagnose) { [self] token in
      let sides = opened.withLock { $0 }
      guard comparison.plan?.hasIssues == true else { return }
      let alignment = comparison.alignment
      let report = Engine().diagnose(
        destination: sides.destinationFile.map { $0.inventory(below: $0.root) }
          ?? Inventory(alignment.destination, at: alignment.destinationRoot),
        source: sides.sourceFile.map { $0.inventory(below: $0.root) }
          ?? Inventory(alignment.source, at: alignment.sourceRoot))
      guard !token.isStopped, !report.diagnoses.isEmpty else { return }
      inbox.send(.diagnosed(comparison, report.diagnoses.map(WhyEntry.init)))
    }
  }
}

extension WhyEntry {
  init(_ diagnosis: Diagnosis) {
    let rules = diagnosis.remedy.prefix(2).map(\.description).joined(separator: "; ")
    let more = diagnosis.remedy.count > 2 ? "; and \(diagnosis.remedy.count - 2) more rules" : ""
    self.init(
      sentence: diagnosis.sentence, evidence: diagnosis.evidence.joined(separator: "; "),
      harm: Harm(diagnosis.harm), remedy: rules + more)
  }
}

extension WhyEntry.Harm {
  fileprivate init(_ harm: EspalierDiagnosis.Harm) {
    switch harm {
    case .harmless: self = .harmless
    case .needsDecision: self = .decision
    case .blocks: self = .blocks
    }
  }
}
