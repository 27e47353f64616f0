/// Sizes that one tensor each shows. The tensor is looked for in one model and then followed to its
/// partner in the other, so that both sides speak of the same layer.
struct LayerSizes {
  enum Role: CaseIterable { case vocabulary, positions, output, stem }

  let model: OrientedSlots
  let width: Int?

  /// The slot that shows a size, by structure and by the field's words.
  func find(_ role: Role) -> Int? {
    switch role {
    case .vocabulary: table { !says(.position, $0) && says(.embed, $0) || says(.token, $0) }
    case .positions: table { says(.position, $0) && !isRelative($0) }
    case .output: output
    case .stem: model.weights.first { !$0.kernel.isEmpty }?.slot
    }
  }

  /// Takes over what a slot says.
  func read(_ role: Role, _ slot: Int, into sizes: inout HyperParameters) {
    switch role {
    case .vocabulary: sizes.vocabulary = rows(slot)
    case .positions: sizes.positions = rows(slot)
    case .output: sizes.classes = model.weight(slot)?.out
    case .stem:
      guard let weight = model.weight(slot), !weight.kernel.isEmpty else { return }
      sizes.kernel = weight.kernel
      sizes.channels = weight.input
    }
  }

  /// Takes over what a slot says that is known to be the partner of another model's.
  func read(
    _ role: Role, _ slot: Int, as partner: LayerSizes, _ known: Int,
    into sizes: inout HyperParameters
  ) {
    let shape = model.slots[slot].shape
    if shape == partner.model.slots[known].shape {
      partner.read(role, known, into: &sizes)
    } else if role == .output, let input = partner.model.weight(known)?.input, shape.count == 2,
      let axis = shape.firstIndex(of: input)
    {
      sizes.classes = shape[1 - axis]
    } else {
      read(role, slot, into: &sizes)
    }
  }

  // MARK: Tables

  private func says(_ topic: NameScorer.Topic, _ slot: Slot) -> Bool {
    model.scorer.says(topic, slot.path)
  }

  /// The table with most rows of those that are meant.
  private func table(_ isMeant: (Slot) -> Bool) -> Int? {
    model.tables.filter { isMeant(model.slots[$0]) }
      .max { (rows($0) ?? 0, $1) < (rows($1) ?? 0, $0) }
  }

  private func isRelative(_ slot: Slot) -> Bool {
    slot.path.suffix(3).contains { model.names.text($0).contains("relative") }
  }

  /// Of the two axes of a table the one that is not as long as the model is wide.
  private func rows(_ slot: Int) -> Int? {
    let shape = squeeze(model.slots[slot].shape)
    guard shape.count == 2 else { return nil }
    return shape[0] == width && shape[1] != width ? shape[1] : shape[0]
  }

  // MARK: The last layer

  /// A matrix outside of all blocks that ends the model: the one whose name says classes, else a head,
  /// else the last, if it makes less of what it gets.
  private var output: Int? {
    var best: (rank: Int, slot: Int)?
    var ranks = NumberedValues<Int>()
    let vocabulary = table { !says(.position, $0) }.flatMap(rows)
    for weight in model.weights where weight.kernel.allSatisfy({ $0 == 1 }) {
      let slot = model.slots[weight.slot]
      // A layer of words has a row for each of them.
      guard !model.isInBlock(weight), weight.out != vocabulary,
        weight.input != vocabulary || weight.out != width
      else { continue }
      var rank = weight.kernel.isEmpty && weight.out < weight.input ? 1 : 0
      for id in slot.path.suffix(Bounds.profiled) {
        let own = ranks[id] ?? self.rank(id)
        ranks[id] = own
        rank = own < 0 || rank < 0 ? -1 : max(rank, own)
      }
      // A square one is a step on the way.
      if weight.out == weight.input { rank = 0 }
      if model.isLabelled(slot) { rank = 3 }
      if rank > 0, rank >= best?.rank ?? 0 { best = (rank, weight.slot) }
    }
    return best?.slot
  }

  /// How much a component says that this is the last layer; below zero where it says the opposite.
  private func rank(_ id: Int) -> Int {
    let said = model.names.words(of: id)
    if said.words.contains(where: Self.within.contains) { return -1 }
    if said.words.contains("fc") { return 2 }
    return said.concepts.contains("class") ? 3 : said.concepts.contains("head") ? 2 : 0
  }

  /// Words of matrices that stand at a model's edge and are not its last layer.
  private static let within: Set<String> = [
    "proj", "projection", "pool", "pooler", "pooling", "bbox", "box", "boxes", "mask", "norm",
    "embed", "embedding", "embeddings", "recurrent", "hh", "ih", "attention", "attn", "transform",
  ]
}
