import EspalierTree

/// Causes that are about sizes and element types.
enum SizeCauses {
  static func find(_ facts: Facts) -> [Diagnosis] {
    var out: [Diagnosis] = []
    func pairs(_ kind: Resized.Kind) -> [Resized] {
      facts.findings.resized.filter { $0.kind == kind }
    }
    func sizes(_ list: [Resized]) -> [String] {
      var counts: [String: Int] = [:]
      for one in list {
        counts["\(one.to) in the destination, \(one.from) in the source", default: 0] += 1
      }
      return counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map {
        "\($0.key): \(counted($0.value, "tensor"))"
      }
    }
    func lines(_ list: [Resized]) -> [String] {
      sizes(list).prefix(6)
        + NameSummary.lines(facts.destinationNames(list.map(\.destination)), limit: 6)
    }
    let heads = pairs(.head)
    if let first = heads.first {
      out.append(
        facts.diagnosis(
          .headResized,
          "The output head has \(counted(first.to, "output")) in the destination and \(first.from) in the source; \(counted(heads.count, "destination tensor")) left at initial values.",
          evidence: lines(heads), harm: .needsDecision, choices: SizeChoices.rules(heads, facts),
          leaving: facts.leftovers(
            destination: heads.map(\.destination), source: heads.map(\.source))))
    }
    let vocabulary = pairs(.vocabulary)
    if let first = vocabulary.first {
      out.append(
        facts.diagnosis(
          .vocabResized,
          "The vocabulary has \(first.to) rows in the destination and \(first.from) in the source; the rows both have are copied.",
          evidence: lines(vocabulary), harm: .needsDecision, verbs: ["pad", "slice"]))
    }
    let positions = pairs(.position)
    if let first = positions.first {
      out.append(
        facts.diagnosis(
          .posEmbedResized,
          "Position tables have length \(first.to) in the destination and \(first.from) in the source: another image size, window or context.",
          evidence: lines(positions), harm: .needsDecision, verbs: ["resize"],
          choices: SizeChoices.rules(positions, facts)))
    }
    let width = pairs(.width)
    if !width.isEmpty {
      out.append(
        facts.diagnosis(
          .widthMismatch,
          "The two are siblings of another width: \(counted(width.count, "destination tensor", "has", "have")) another size in the source.",
          evidence: ratios(width, facts) + lines(width), harm: .blocks))
    }
    if let type = elementTypes(facts) { out.append(type) }
    return out
  }

  /// How often each ratio of lengths occurs, axis by axis.
  private static func ratios(_ list: [Resized], _ facts: Facts) -> [String] {
    var counts: [String: Int] = [:]
    for one in list {
      let a = facts.matcher.destination[one.destination].shape
      let b = facts.matcher.source[one.source].shape
      guard a.count == b.count else { continue }
      for (axis, (x, y)) in zip(a, b).enumerated() where x != y && x > 0 && y > 0 {
        let ratio = x % y == 0 ? "\(x / y)" : y % x == 0 ? "1/\(y / x)" : "\(x)/\(y)"
        counts["axis \(axis): destination = \(ratio) x source", default: 0] += 1
      }
    }
    return counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(5).map {
      "\($0.key) in \(counted($0.value, "tensor"))"
    }
  }

  private static func elementTypes(_ facts: Facts) -> Diagnosis? {
    var counts: [String: Int] = [:]
    for link in facts.links where link.operation.steps.contains(.cast) {
      guard let s = link.sources.first else { continue }
      let from = facts.findings.source.tensors[s].dtype
      let to = facts.findings.destination.tensors[link.destination].dtype
      counts["\(from) in the source, \(to) in the destination", default: 0] += 1
    }
    let total = counts.values.reduce(0, +)
    guard total > 0 else { return nil }
    return facts.diagnosis(
      .dtypeMismatch,
      "The floating-point type of \(counted(total, "mapped tensor")) of \(facts.links.count) differs between source and destination; a load converts.",
      evidence: counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map {
        "\($0.key): \($0.value)"
      },
      harm: .harmless)
  }
}
