import Espalier
import EspalierDiagnosis
import EspalierUI

extension EffectRunner {
  /// Finds causes in the background; the pane shows issues by kind until they are there.
  func diagnose(_ request: DiagnosisRequest) {
    jobs.run(.diagnose) { [self] token in
      let sides = opened.withLock { $0 }
      guard var destination = side(request.destination, sides.destination),
        var source = side(request.source, sides.source)
      else { return }
      if !request.selection.isEmpty {
        destination.filter = request.selection.filter
        source.filter = request.selection.filter
      }
      // What shapes cannot decide, values do where both sides have them.
      let pair = (source: source.inventory, destination: destination.inventory)
      let values = ValueComparison(source: source, destination: destination, inventory: pair)
      let report = Engine().diagnose(
        destination: pair.destination, source: pair.source, values: values)
      guard !token.isStopped else { return }
      let rules = report.rules + report.diagnoses.flatMap(\.choices)
      let previews = RulePreview.previews(
        of: rules, source: pair.source, destination: pair.destination)
      let amounts = Dictionary(
        previews.map { ($0.rule, $0.amount) }, uniquingKeysWith: { a, _ in a })
      let entries = report.diagnoses.flatMap {
        WhyEntry.entries($0, report.rules, amounts, request.destination)
      }
      inbox.send(.diagnosed(pair: request.pair, entries, rules: report.rules, sizes: report.sizes))
    }
  }
}

extension WhyEntry {
  /// A cause, and behind its remedy what somebody may want instead.
  fileprivate static func entries(
    _ diagnosis: Diagnosis, _ rules: [Rule], _ amounts: [Rule: String], _ destination: OpenFile
  ) -> [WhyEntry] {
    var chosen = diagnosis
    chosen.remedy = diagnosis.choices
    if diagnosis.choices.isEmpty { return [WhyEntry(diagnosis, rules, amounts, destination)] }
    var choice = WhyEntry(chosen, rules, amounts, destination)
    choice.isChoice = true
    if diagnosis.remedy.isEmpty { return [choice] }
    choice.sentence = "Instead of the remedy above: as many places as both have."
    choice.evidence = ""
    choice.isAssumption = false
    return [WhyEntry(diagnosis, rules, amounts, destination), choice]
  }

  /// - Parameters:
  ///   - rules: those of all remedies. What a remedy cuts off names may lie in a container that others
  ///     enter.
  ///   - amounts: what each rule touches.
  private init(
    _ diagnosis: Diagnosis, _ rules: [Rule], _ amounts: [Rule: String], _ destination: OpenFile
  ) {
    let count = diagnosis.remedy.count
    let shown = diagnosis.remedy.prefix(count > 2 ? 1 : 2).map { rule in
      rule.shortDescription + (amounts[rule].map { " (\($0))" } ?? "")
    }.joined(separator: "; ")
    let entering = diagnosis.remedy.contains(where: \.changesNames) ? rules.filter(\.enters) : []
    let (own, skipped) = destination.split(
      entering.filter { !diagnosis.remedy.contains($0) } + diagnosis.remedy)
    self.init(
      sentence: diagnosis.sentence, evidence: diagnosis.evidence.joined(separator: "; "),
      harm: Harm(diagnosis.harm), remedy: (count > 2 ? "\(count) rules, first " : "") + shown,
      isAssumption: diagnosis.isAssumption,
      action: diagnosis.remedy.isEmpty
        ? .none : .remedy(Remedy(rules: own, skipped: skipped)))
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
