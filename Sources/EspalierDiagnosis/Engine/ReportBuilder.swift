/// Puts findings into diagnoses, rules and coverage.
struct ReportBuilder {
  private let findings: Findings
  private let spelling: Spelling

  init(_ findings: Findings, _ spelling: Spelling) {
    self.findings = findings
    self.spelling = spelling
  }

  func build() -> Report {
    // Rules are written from names as they are spelt; the rest reads the words in them.
    let (rules, (read, sizes)) = together(aside: ruleWriting) {
      (Facts(findings, spelling), SizeTable(findings).read())
    }
    var facts = read
    facts.rules = rules
    let oneSide = OneSideCauses(facts)
    let mapping = Mapping(
      links: findings.links, destinationCount: findings.destination.tensors.count,
      sourceCount: findings.source.tensors.count)
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
    let both = Set(findings.destination.tensors.compactMap { spelling.sourceNames[$0.name] })
    return facts.diagnosis(
      .differentArchitecture,
      "The source is another architecture than the destination; nothing that agrees is more than chance.",
      evidence: [
        "\(both.count) of \(findings.destination.tensors.count) destination names are among the \(findings.source.tensors.count) source names",
        "names and shapes agree for \(facts.before.tensors) tensors (\(facts.before.parameters) of \(facts.before.ofParameters) parameters)",
      ], harm: .blocks)
  }

  // MARK: Rules

  private var ruleWriting: @Sendable () -> [Rule] {
    let reading = readingRules
    let (links, spelling) = (findings.links, spelling)
    let tensors = findings.destination.tensors.indices
    return {
      var linked = NumberSet()
      for link in links { linked.insert(link.destination) }
      return spelling.ruleWriter.write(
        links, reading: reading, skipped: tensors.filter { !linked.contains($0) })
    }
  }

  /// How names are read.
  private var readingRules: [Rule] {
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
    return reading
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
