import EspalierTree

/// Causes where parameters were computed from others, and what lies beside the weights.
enum TransformedCauses {
  static func find(_ facts: Facts) -> [Diagnosis] {
    var out: [Diagnosis] = []
    let reading = facts.findings.reading
    let packed = reading.packedKinds.values.reduce(0, +)
    if packed > 0 {
      out.append(
        facts.diagnosis(
          .quantisedPacked,
          "The source has \(counted(packed, "quantised weight")) (\(reading.packedKinds.keys.sorted().joined(separator: ", "))); the destination wants plain numbers.",
          evidence: reading.packedKinds.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            + silent(facts),
          harm: .needsDecision, verbs: ["dequantise"]))
    }
    for (kind, unread) in reading.unreadKinds.sorted(by: { $0.key < $1.key }) {
      out.append(
        facts.diagnosis(
          unread.cause,
          "\(counted(unread.tensors.count, "source tensor", "belongs", "belong")) to \(kind), which is not undone here; \(unread.advice).",
          evidence: NameSummary.lines(facts.sourceTensorNames(unread.tensors.sorted())),
          harm: .blocks))
    }
    if reading.mergedAdapters > 0 || !reading.orphanAdapters.isEmpty { out.append(adapter(facts)) }
    if let norm = weightNorm(facts) { out.append(norm) }
    if facts.findings.foldedNorms > 0 {
      out.append(
        facts.diagnosis(
          .bnFolded,
          "The destination has batch normalisation folded into its convolutions; the source still has \(counted(facts.findings.foldedNorms, "batch norm")).",
          evidence: [
            "\(facts.findings.foldedNorms) convolutions without a batch norm and with a bias in the destination"
          ],
          harm: .blocks, verbs: ["fold_bn"]))
    }
    return out
  }

  /// Weights of 8 bits load as they are, without their scales.
  private static func silent(_ facts: Facts) -> [String] {
    let same = facts.links.count { link in
      guard link.operation.steps.contains(.dequantise), link.sources.count > 1,
        let first = link.sources.first
      else { return false }
      let (source, destination) = (facts.findings.source, facts.findings.destination)
      return source.tensors[first].shape == destination.tensors[link.destination].shape
    }
    return same == 0
      ? []
      : [
        "\(counted(same, "weight")) of the destination's shape even so: without the rule a load "
          + "succeeds, and is wrong"
      ]
  }

  private static func adapter(_ facts: Facts) -> Diagnosis {
    let reading = facts.findings.reading
    let ranks = reading.adapterRank > 0 ? " of rank \(reading.adapterRank)" : ""
    // Words for one kind; several are named together.
    let kinds = reading.adapterFamilies.map(\.rawValue).sorted()
    let kind = kinds.count == 1 ? kinds[0] : "adapter"
    if reading.mergedAdapters > 0 {
      return facts.diagnosis(
        .loraAdapter,
        "The source holds \(counted(reading.mergedAdapters, kind))\(ranks) beside the base weights, not merged.",
        evidence: ["\(reading.mergedAdapters) weights with factors beside them"]
          + (kinds.count > 1 ? [kinds.joined(separator: ", ")] : []),
        harm: .needsDecision, verbs: ["lora_merge"])
    }
    return facts.diagnosis(
      .loraAdapter,
      "The source is a \(kind)\(ranks) alone; it needs the base weights, which are not in it.",
      evidence: NameSummary.lines(facts.sourceTensorNames(reading.orphanAdapters.sorted())),
      harm: .blocks, choices: AdapterChoices.rules(facts))
  }

  private static func weightNorm(_ facts: Facts) -> Diagnosis? {
    let joined = facts.links.count { link in
      link.operation.steps.contains { if case .weightNorm = $0 { true } else { false } }
    }
    let respelt = facts.pairs.count { pair in
      WeightNorm.place(pair.destination, facts.names) != nil
        && WeightNorm.place(pair.source, facts.names) != nil
        && pair.destination.last != pair.source.last
    }
    // The destination keeps magnitude and direction, the source a plain weight.
    let plain = facts.missing.count {
      WeightNorm.place(facts.matcher.destination[$0].path, facts.names) != nil
    }
    guard
      joined + respelt > 0
        || plain > 0 && facts.findings.reading.weightNorms == 0 && !facts.links.isEmpty
    else { return nil }
    let text =
      joined > 0
      ? "The source keeps \(counted(joined, "weight")) as magnitude and direction; the destination has plain weights."
      : respelt > 0
        ? "Both keep weights as magnitude and direction, under two spellings: \(counted(respelt, "tensor")) of the source."
        : "The destination keeps \(counted(plain, "tensor")) as magnitude and direction; the source has plain weights."
    return facts.diagnosis(
      .weightNormReparam, text,
      evidence: ["joined \(joined), respelt \(respelt), missing in the source \(plain)"],
      harm: .blocks,
      verbs: ["weight_norm", "rename"])
  }
}

/// What a training checkpoint holds beside the weights.
enum BesideCauses {
  static func find(_ facts: Facts) -> [Diagnosis] {
    var out: [Diagnosis] = []
    let reading = facts.findings.reading
    if !reading.optimizer.isEmpty {
      out.append(
        facts.diagnosis(
          .optimizerStateIncluded,
          "\(counted(reading.optimizer.count, "source tensor", "is", "are")) optimizer state, which a model does not load.",
          evidence: NameSummary.lines(facts.sourceTensorNames(reading.optimizer)), harm: .harmless,
          leaving: Facts.Leftovers(source: reading.optimizer)))
    }
    if !reading.copy.isEmpty {
      out.append(
        facts.diagnosis(
          .emaCopy,
          "The source holds the weights twice; the copy below `\(reading.copyName)` (\(counted(reading.copy.count, "tensor"))) is not used.",
          evidence: ["\(counted(reading.copy.count, "name")) and shapes as in the subtree in use"],
          harm: .needsDecision, leaving: Facts.Leftovers(source: reading.copy)))
    }
    return out
  }
}
