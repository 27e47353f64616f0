/// Puts findings into diagnoses, rules and coverage.
struct ReportBuilder {
  private let findings: Findings

  init(_ findings: Findings) { self.findings = findings }

  func build() -> Report {
    var facts = Facts(findings)
    facts.rules = rules(facts)
    let oneSide = OneSideCauses(facts)
    let mapping = Mapping(
      links: findings.links, destinationCount: findings.destination.tensors.count,
      sourceCount: findings.source.tensors.count)
    let sizes = SizeTable(findings).read()
    var diagnoses = diagnoses(facts, oneSide)
    if let folded = diagnoses.firstIndex(where: { $0.cause == .bnFolded }) {
      diagnoses[folded].remedy += oneSide.foldedRules
    }
    // What else a remedy says is among the rules already.
    var known = Set(facts.rules.filter(\.leavesOut))
    return Report(
      diagnoses: diagnoses, mapping: mapping,
      rules: facts.rules
        + diagnoses.flatMap { $0.remedy.filter(\.leavesOut) }.filter { known.insert($0).inserted },
      before: facts.before, after: facts.after,
      unexplained: (
        oneSide.unexplained.destination.compactMap { findings.matcher.destination[$0].parts.first },
        oneSide.unexplained.source.flatMap { findings.matcher.source[$0].parts }
      ),
      hyperParameters: (sizes.destination, sizes.source), sizes: sizes.rows)
  }

  /// The one list of cause families, in the order in which they are reported.
  private func diagnoses(_ facts: Facts, _ oneSide: OneSideCauses) -> [Diagnosis] {
    if findings.unrelated { return [unrelated(facts)] }
    if findings.links.isEmpty, !findings.reading.orphanAdapters.isEmpty {
      return TransformedCauses.find(facts).filter { $0.cause == .loraAdapter }
    }
    return NamingCauses.find(facts) + GroupingCauses.find(facts) + LayoutCauses.find(facts)
      + TransformedCauses.find(facts) + SizeCauses.find(facts) + oneSide.find()
      + BesideCauses.find(facts)
  }

  private func unrelated(_ facts: Facts) -> Diagnosis {
    let both = Set(findings.destination.tensors.compactMap { facts.sourceNames[$0.name] })
    return facts.diagnosis(
      .differentArchitecture,
      "The source is another architecture than the destination; nothing that agrees is more than chance.",
      evidence: [
        "\(both.count) of \(findings.destination.tensors.count) destination names are among the \(findings.source.tensors.count) source names",
        "names and shapes agree for \(facts.before.tensors) tensors (\(facts.before.parameters) of \(facts.before.ofParameters) parameters)",
      ], harm: .blocks)
  }

  // MARK: Rules

  private func rules(_ facts: Facts) -> [Rule] {
    var reading: [Rule] = []
    func add(_ rule: Rule) { if !reading.contains(rule) { reading.append(rule) } }
    let used = findings.matcher.source.indices.filter { findings.matcher.used[$0] }
    let cuts = distinct(used.lazy.map { findings.matcher.source[$0].cut })
    for cut in cuts {
      for id in cut.container { add(.enter(findings.names.text(id))) }
    }
    for cut in cuts {
      for id in cut.infix { add(.remove(findings.names.text(id))) }
    }
    let removed = Set(cuts.flatMap(\.infix))
    for cut in cuts {
      // What is removed everywhere is no longer there to be stripped.
      let prefix = cut.prefix.filter { !removed.contains($0) }
      if !prefix.isEmpty { add(.strip(findings.names.join(prefix))) }
    }
    for prefix in findings.missingPrefixes { add(.add(findings.names.join(prefix))) }
    var linked = NumberSet()
    for link in findings.links { linked.insert(link.destination) }
    return RuleWriter(destination: findings.destination, source: findings.source).write(
      findings.links, reading: reading,
      skipped: findings.destination.tensors.indices.filter { !linked.contains($0) })
  }

  /// Each of the cuts once, in the order in which they are met.
  private func distinct(_ cuts: some Sequence<Cut>) -> [Cut] {
    var seen: Set<Cut> = []
    var last: Cut?
    return cuts.filter { cut in
      defer { last = cut }
      return cut != last && seen.insert(cut).inserted
    }
  }
}
