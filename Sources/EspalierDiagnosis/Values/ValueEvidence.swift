/// Decides by values what shapes cannot: square matrices, the order of fused rows, rotary halves.
///
/// The destination's own values must be related to the source's for this, as those of a converted or
/// further trained model are; freshly initialised ones say nothing, and then nothing is changed.
struct ValueEvidence {
  /// Vectors this much alike are not so by chance.
  static let alike = 0.9
  /// Two candidates that differ by less are not told apart.
  static let apart = 0.3
  /// Elements of one tensor, and of all that are compared.
  private static let tensorLimit = 1 << 22
  private static let totalLimit = 1 << 26
  /// Tensors of one kind that are compared; the others follow them.
  private static let samples = 3

  let values: any ValueAgreement

  private struct Group: Hashable {
    var destination: [UInt8]
    var operation: Operation
  }

  func apply(_ findings: inout Findings) {
    guard !findings.unrelated else { return }
    let slots = slotsByTensor(findings)
    var groups: [Group: [Int]] = [:]
    for (at, link) in findings.links.enumerated() {
      let tensor = findings.destination.tensors[link.destination]
      guard !alternatives(link, slots[link.destination], findings).isEmpty else { continue }
      let key = Group(
        destination: NamePattern.template(tensor.name).text, operation: link.operation)
      groups[key, default: []].append(at)
    }
    var left = Self.totalLimit
    for (_, members) in groups.sorted(by: { ($0.value.first ?? 0) < ($1.value.first ?? 0) }) {
      decide(members, slots, &findings, &left)
    }
  }

  private func slotsByTensor(_ findings: Findings) -> [Int: Int] {
    var slots: [Int: Int] = [:]
    for (at, slot) in findings.matcher.destination.enumerated() where slot.stackIndex == nil {
      if let tensor = slot.parts.first, slot.parts.count == 1 { slots[tensor] = at }
    }
    return slots
  }

  /// Other operations that give the same shape, by what they are.
  private func alternatives(_ link: Link, _ slot: Int?, _ findings: Findings) -> [Operation] {
    guard let slot else { return [] }
    let steps = link.operation.steps
    guard !steps.contains(where: { if case .pad = $0 { true } else { false } }) else { return [] }
    if let reordering = findings.reorderings[slot] {
      return [link.operation.without(reordering.steps)]
    }
    var found: [Operation] = []
    for (at, step) in steps.enumerated() {
      guard case .split(let axis, let index, let parts) = step, parts <= 4 else { continue }
      for other in 0..<parts where other != index {
        var all = steps
        all[at] = .split(axis: axis, index: other, of: parts)
        found.append(Operation(all))
      }
    }
    let shape = findings.destination.tensors[link.destination].shape
    if shape.count == 2, shape[0] == shape[1], shape[0] > 1 { found.append(link.operation.turned) }
    return found
  }

  private func decide(
    _ members: [Int], _ slots: [Int: Int], _ findings: inout Findings, _ left: inout Int
  ) {
    var choice: Int?
    var verdicts: [Int: ValueVerdict] = [:]
    for at in spread(members) {
      let link = findings.links[at]
      let elements = findings.destination.tensors[link.destination].elements
      let others = alternatives(link, slots[link.destination], findings)
      guard elements <= Self.tensorLimit, left >= elements * (others.count + 1),
        let own = values.agreement(of: link, limit: Self.tensorLimit)
      else { continue }
      left -= elements * (others.count + 1)
      let scores = others.map { other -> Double in
        var link = link
        link.operation = other
        return values.agreement(of: link, limit: Self.tensorLimit) ?? 0
      }
      guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }) else { continue }
      if scores[best] >= Self.alike, scores[best] >= own + Self.apart {
        guard choice == nil || choice == best else { return }
        choice = best
        verdicts[at] = ValueVerdict(
          kind: .changed, isCompared: true, chosen: scores[best], other: own)
      } else {
        let isClear = own >= Self.alike && own >= scores[best] + Self.apart
        verdicts[at] = ValueVerdict(
          kind: isClear ? .confirmed : .open, isCompared: true, chosen: own, other: scores[best])
      }
    }
    // One tensor against another of the same kind is no evidence.
    guard let kind = verdicts.values.first?.kind,
      verdicts.values.allSatisfy({ $0.kind == kind })
    else { return }
    for at in members {
      let verdict = verdicts[at] ?? ValueVerdict(kind: kind, chosen: 0, other: 0)
      settle(at, verdict, choice, slots, &findings)
    }
  }

  private func settle(
    _ at: Int, _ verdict: ValueVerdict, _ choice: Int?, _ slots: [Int: Int],
    _ findings: inout Findings
  ) {
    let link = findings.links[at]
    findings.valueVerdicts[link.destination] = verdict
    guard verdict.kind == .changed, let choice else { return }
    let others = alternatives(link, slots[link.destination], findings)
    guard others.indices.contains(choice) else { return }
    findings.links[at].operation = others[choice].named(
      isSame: link.sources.count == 1
        && findings.source.tensors[link.sources[0]].name
          == findings.destination.tensors[link.destination].name
    )
    if let slot = slots[link.destination] { findings.reorderings[slot] = nil }
  }

  private func spread(_ members: [Int]) -> [Int] {
    guard members.count > Self.samples else { return members }
    return (0..<Self.samples).map { members[$0 * (members.count - 1) / (Self.samples - 1)] }
  }
}

extension Operation {
  /// With a last swap of axes, or without the one that is there.
  fileprivate var turned: Operation {
    var moving = steps.filter { !$0.keepsValues }
    if moving.last == .transpose { moving.removeLast() } else { moving.append(.transpose) }
    return Operation(moving + steps.filter { $0 == .cast || $0 == .tie })
  }

  /// Without these steps, which stand together in it.
  fileprivate func without(_ part: [Step]) -> Operation {
    guard let start = steps.indices.first(where: { steps[$0...].starts(with: part) }) else {
      return self
    }
    var rest = steps
    rest.removeSubrange(start..<(start + part.count))
    return Operation(rest)
  }

  fileprivate func named(isSame: Bool) -> Operation {
    steps.isEmpty ? Operation([isSame ? .identity : .rename]) : self
  }
}
