/// Reads the sizes of both models, and puts them side by side: what a link joins stands in one row.
struct SizeTable {
  private let findings: Findings
  private let destination: OrientedSlots
  private let source: OrientedSlots

  init(_ findings: Findings) {
    self.findings = findings
    let matcher = findings.matcher
    destination = OrientedSlots(
      matcher.destination, findings.names, matcher.scorer,
      outputFirst: matcher.outputFirst.destination ?? true)
    source = OrientedSlots(
      matcher.source, findings.names, matcher.scorer,
      outputFirst: matcher.outputFirst.source ?? true)
  }

  /// Sizes of both models, and rows for a table of them.
  func read() -> (destination: HyperParameters, source: HyperParameters, rows: [SizeRow]) {
    var one = own(destination, findings.destination)
    var two = own(source, findings.source)
    let rank = findings.reading.adapterRank
    two.rank = rank > 0 ? rank : nil
    let readers = (
      LayerSizes(model: destination, width: one.width), LayerSizes(model: source, width: two.width)
    )
    for role in LayerSizes.Role.allCases {
      let place = readers.0.find(role)
      if let place { readers.0.read(role, place, into: &one) }
      if let place, findings.matcher.links[place] != nil {
        guard let partner = partner(of: place) else { continue }
        readers.1.read(role, partner, as: readers.0, place, into: &two)
      } else if let place = readers.1.find(role), !findings.matcher.used[place] {
        readers.1.read(role, place, into: &two)
      }
    }
    let depths = DepthPairing(findings)
    one.depths = depths.destination
    two.depths = depths.source
    return (one, two, rows(one, two, depths.rows))
  }

  /// The source slot that is the same layer; a part of a fused one is not.
  private func partner(of slot: Int) -> Int? {
    guard let link = findings.matcher.links[slot] else { return nil }
    switch link.join {
    case .part, .concat: return nil
    case .foldedNorm, .resized, nil: return link.sources.first
    }
  }

  private func own(_ model: OrientedSlots, _ inventory: Inventory) -> HyperParameters {
    let reader = WeightSizes(model)
    var sizes = HyperParameters()
    sizes.parameters = parameters(model.slots, inventory)
    sizes.width = reader.width
    sizes.hidden = reader.hidden(width: sizes.width)
    (sizes.heads, sizes.keyHeads) = AttentionHeads(model: model, inventory: inventory).read()
    return sizes
  }

  /// Packed weights count as what they unpack to; where nothing but adapters is there, these count.
  private func parameters(_ slots: [Slot], _ inventory: Inventory) -> Int {
    func isTied(_ tensor: Int) -> Bool {
      inventory.tensors.indices.contains(tensor) && inventory.tensors[tensor].tiedTo != nil
    }
    if slots.isEmpty {
      return inventory.tensors.indices.reduce(0) {
        isTied($1) ? $0 : saturatingSum($0, inventory.tensors[$1].elements)
      }
    }
    return slots.reduce(0) { sum, slot in
      !slot.parts.isEmpty && slot.parts.allSatisfy(isTied) ? sum : saturatingSum(sum, slot.elements)
    }
  }

  private func rows(
    _ one: HyperParameters, _ two: HyperParameters, _ depths: [SizeRow]
  ) -> [SizeRow] {
    func paired(
      _ left: [(name: String, value: String?)], _ right: [(name: String, value: String?)]
    ) -> [SizeRow] {
      zip(left, right).filter { $0.value != nil || $1.value != nil }
        .map { SizeRow(name: $0.name, destination: $0.value, source: $1.value) }
    }
    let (left, right) = (one.scalars, two.scalars)
    return paired(left.before, right.before) + depths + paired(left.after, right.after)
  }
}
