import EspalierTree

/// Causes that are about the order of values inside of a tensor.
enum LayoutCauses {
  static func find(_ facts: Facts) -> [Diagnosis] {
    var out: [Diagnosis] = []
    var turned: [Int] = []
    var permuted: [Int] = []
    var reshaped: [Int] = []
    let isColumnMajor =
      facts.findings.source.isColumnMajor != facts.findings.destination.isColumnMajor
    for link in facts.links where !link.operation.keepsValues {
      let steps = link.operation.steps
      // A view of a tied array is loaded with it.
      if steps.contains(.tie) { continue }
      let rank = link.sources.first.map { facts.findings.source.tensors[$0].shape.count } ?? 0
      let kind = reordering(link, facts)
      if steps.contains(.transpose), !isOwn(link, facts) { turned.append(link.destination) }
      if kind == nil, steps.contains(where: { if case .permute = $0 { true } else { false } }),
        rank > 2
      {
        permuted.append(link.destination)
      }
      if kind == nil, isReshape(link, facts) { reshaped.append(link.destination) }
    }
    let isReversed = isColumnMajor && !(turned.isEmpty && permuted.isEmpty)
    if isReversed {
      out.append(
        facts.diagnosis(
          .reversedDims,
          "One side is column-major: \(counted(turned.count + permuted.count, "source tensor", "has", "have")) the dimensions in the reverse order of the destination's.",
          evidence: shapes(turned + permuted, facts), harm: .blocks,
          verbs: ["transpose", "permute"]))
    } else {
      if !turned.isEmpty {
        let squares = turned.filter { isSquare(facts.findings.destination.tensors[$0].shape) }
        var evidence = shapes(turned, facts)
        if !squares.isEmpty {
          evidence.append(contentsOf: squareLines(turned, facts))
        }
        out.append(
          facts.diagnosis(
            .transposed,
            "The source stores \(counted(turned.count, "matrix", plural: "matrices")) transposed against the destination.",
            evidence: evidence, harm: .blocks,
            verbs: ["transpose"],
            isAssumption: !squares.isEmpty && !ValueWords.areDecided(squares, facts)))
      }
      if !permuted.isEmpty {
        out.append(
          facts.diagnosis(
            .axisPermuted,
            "The source has the axes of \(counted(permuted.count, "kernel")) in another order than the destination.",
            evidence: shapes(permuted, facts), harm: .blocks, verbs: ["permute"]))
      }
    }
    if !reshaped.isEmpty {
      out.append(
        facts.diagnosis(
          .reshaped,
          "\(counted(reshaped.count, "source tensor", "holds", "hold")) the same elements in the same order under another shape than the destination's.",
          evidence: shapes(reshaped, facts), harm: .blocks, verbs: ["reshape"]))
    }
    out.append(contentsOf: reorderings(facts))
    return out
  }

  /// The turn belongs to how the source is packed.
  private static func isOwn(_ link: Link, _ facts: Facts) -> Bool {
    guard let d = facts.slots[link.destination], let slot = facts.matcher.links[d] else {
      return false
    }
    return slot.sources.contains { facts.matcher.source[$0].steps.contains(.transpose) }
  }

  private static func squareLines(_ turned: [Int], _ facts: Facts) -> [String] {
    let squares = turned.filter { isSquare(facts.findings.destination.tensors[$0].shape) }
    var lines: [String] = []
    if ValueWords.areDecided(squares, facts) {
      lines.append("\(squares.count) of \(turned.count) are square, so shapes do not decide them")
    } else {
      lines.append(
        "\(squares.count) of \(turned.count) are square: shapes cannot decide them, the others of the same kind do"
      )
    }
    if let line = ValueWords.line(squares, facts) { lines.append(line) }
    if squares.count == turned.count {
      lines.append("all shapes agree: without the rule the load succeeds, and is wrong")
    }
    return lines
  }

  private static func isSquare(_ shape: [Int]) -> Bool { shape.count == 2 && shape[0] == shape[1] }

  private static func reordering(_ link: Link, _ facts: Facts) -> Reordering? {
    guard let d = facts.slots[link.destination] else { return nil }
    return facts.findings.reorderings[d]
  }

  /// A reshape that is not part of splitting, joining or stacking.
  private static func isReshape(_ link: Link, _ facts: Facts) -> Bool {
    guard link.operation.steps.contains(where: { if case .reshape = $0 { true } else { false } })
    else {
      return false
    }
    guard let d = facts.slots[link.destination], let slot = facts.matcher.links[d],
      let s = slot.sources.first
    else { return false }
    if facts.matcher.destination[d].stackIndex != nil { return false }
    return squeeze(facts.matcher.source[s].shape).count != facts.matcher.destination[d].shape.count
      || facts.matcher.source[s].shape.count != facts.matcher.destination[d].shape.count
  }

  private static func shapes(_ tensors: [Int], _ facts: Facts) -> [String] {
    var byDestination: [Int: Link] = [:]
    for link in facts.links { byDestination[link.destination] = link }
    var found: [[[Int]]: (count: Int, example: Int)] = [:]
    for d in tensors {
      guard let link = byDestination[d], let s = link.sources.first else { continue }
      let key = [
        facts.findings.source.tensors[s].shape, facts.findings.destination.tensors[d].shape,
      ]
      found[key, default: (0, d)].count += 1
    }
    let counts = found.map { shapes, value in
      (
        key: "source \(shapes[0]) to destination \(shapes[1])",
        value: (
          count: value.count, example: facts.findings.destination.tensors[value.example].text
        )
      )
    }
    let sorted = counts.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
    var lines = sorted.prefix(6).map { "\($0.key): \($0.value.count), such as \($0.value.example)" }
    if sorted.count > 6 { lines.append("and \(sorted.count - 6) more pairs of shapes") }
    return lines
  }

  private static func reorderings(_ facts: Facts) -> [Diagnosis] {
    var byKind: [Reordering.Kind: [Int]] = [:]
    var assumed = false
    for (d, reordering) in facts.findings.reorderings {
      byKind[reordering.kind, default: []].append(d)
      assumed = assumed || reordering.isAssumption
    }
    let order: [(Reordering.Kind, Cause, String)] = [
      (
        .rope, .ropePermuted,
        "rows of query and key projections are ordered for interleaved rotary pairs on one side and for half rotation on the other"
      ),
      (
        .interleaved, .qkvInterleaved,
        "rows of the fused query, key and value tensor are laid out head by head in one side and as three blocks in the other"
      ),
      (.gates, .chunkOrder, "gates lie in another order in the source than in the destination"),
      (
        .flatten, .flattenOrder,
        "the first dense layer behind the convolutions sees height, width, channels in one side and channels, height, width in the other"
      ),
    ]
    return order.compactMap { kind, cause, text in
      guard let slots = byKind[kind], !slots.isEmpty else { return nil }
      var evidence = [
        "\(counted(slots.count, "destination tensor")); shapes are equal, so names and conventions decide"
      ]
      if assumed { evidence.append("the width of a head is assumed, neither side states it") }
      let tensors = slots.compactMap { facts.matcher.destination[$0].parts.first }
      if let line = ValueWords.line(tensors, facts) { evidence.append(line) }
      evidence.append(contentsOf: NameSummary.lines(facts.destinationNames(slots.sorted())))
      return facts.diagnosis(
        cause, "\(counted(slots.count, "destination tensor")): \(text).", evidence: evidence,
        harm: .blocks, verbs: ["reshape", "index", "transpose", "permute", "dequantise", "take"],
        isAssumption: !ValueWords.areDecided(tensors, facts))
    }
  }
}

func counted(_ count: Int, _ one: String, plural: String) -> String {
  "\(count) \(count == 1 ? one : plural)"
}
