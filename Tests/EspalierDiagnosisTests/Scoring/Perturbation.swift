import EspalierDiagnosis

/// Changes to a case that leave its truth standing, to see that scores do not hang on its spelling.
enum Perturbation: String, CaseIterable {
  /// Source tensors in another order.
  case shuffled
  /// A fifth of the source's module words replaced by words nobody has used.
  case renamed
  /// Every dimension above 16 three times as long.
  case widened
  /// Lists cut to four blocks on both sides.
  case shallow
  /// Destination and source change places, where every step can be undone.
  case reversed

  /// The perturbed case, nil where the change would change the truth.
  func apply(_ one: DiagnosisCase, seed: UInt64 = 7) -> DiagnosisCase? {
    switch self {
    case .shuffled: return shuffled(one, seed)
    case .renamed: return renamed(one, seed)
    case .widened: return widened(one)
    case .shallow: return shallow(one)
    case .reversed: return reversed(one)
    }
  }

  private func reversed(_ one: DiagnosisCase) -> DiagnosisCase? {
    let mirror = [
      "prefix_added": "prefix_missing", "prefix_missing": "prefix_added",
      "missing_bias": "bias_unexpected", "bias_unexpected": "missing_bias",
      "buffers_missing": "buffers_unexpected", "buffers_unexpected": "buffers_missing",
      "subset_checkpoint": "extra_head", "extra_head": "subset_checkpoint",
    ]
    let same: Set<String> = [
      "renamed_module", "renamed_leaf", "transposed", "index_shift", "depth_mismatch",
      "dtype_mismatch", "head_resized", "width_mismatch", "different_architecture",
    ]
    guard one.causes.allSatisfy({ mirror[$0] != nil || same.contains($0) }),
      one.destination.tensors.allSatisfy({ $0.tiedTo == nil }),
      one.source.tensors.allSatisfy({ $0.tiedTo == nil })
    else { return nil }
    var rows: [String: [DiagnosisCase.Row]] = [:]
    for (dst, accepted) in one.rows {
      guard let row = accepted.first, row.sources.count == 1, rows[row.sources[0]] == nil,
        ["identity", "rename", "cast", "transpose", "rename|cast"].contains(row.operation)
      else { return nil }
      // A row that may be left out may be left out the other way round, too.
      rows[row.sources[0]] =
        [DiagnosisCase.Row(sources: [dst], operation: row.operation)]
        + accepted.dropFirst().filter { $0.sources.isEmpty }
    }
    var copy = one
    copy.destination.tensors = one.source.tensors
    copy.source.tensors = one.destination.tensors
    copy.source.metadata = ["container": "pt"]
    copy.destination.metadata = [:]
    copy.causes = Set(one.causes.map { mirror[$0] ?? $0 })
    copy.optional = Set(one.optional.map { mirror[$0] ?? $0 })
    copy.rows = rows
    return copy
  }

  private func shuffled(_ one: DiagnosisCase, _ seed: UInt64) -> DiagnosisCase? {
    var random = Lehmer(seed)
    var order = Array(one.source.tensors.indices)
    for at in order.indices.dropFirst().reversed() { order.swapAt(at, random.below(at + 1)) }
    var place = [Int](repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { place[old] = new }
    var copy = one
    copy.source.tensors = order.map { old in
      var tensor = one.source.tensors[old]
      tensor.tiedTo = nil
      return tensor
    }
    // A tie points backwards; keep it where it still can.
    for (old, tensor) in one.source.tensors.enumerated() {
      guard let twin = tensor.tiedTo else { continue }
      let pair = [place[old], place[twin]].sorted()
      copy.source.tensors[pair[1]].tiedTo = pair[0]
    }
    return copy
  }

  private func renamed(_ one: DiagnosisCase, _ seed: UInt64) -> DiagnosisCase? {
    guard one.causes.contains("renamed_module"), !one.source.mentionsGGUF else { return nil }
    var random = Lehmer(seed)
    var words: [String: String] = [:]
    var copy = one
    var names: [String: String] = [:]
    for (at, tensor) in one.source.tensors.enumerated() {
      let slash = tensor.text.contains("/")
      var parts = tensor.components.map { String(decoding: $0, as: UTF8.self) }
      for place in parts.indices.dropFirst().dropLast() {
        let part = parts[place]
        // Words that carry what shapes cannot say keep their spelling.
        let telling = ["q", "k", "v", "query", "key", "value", "wq", "wk", "wv", "wo", "w1", "w3"]
        if part.contains(where: \.isNumber) || telling.contains(part.lowercased())
          || part.contains("_proj")
          || part.contains("attn_") || part.contains("norm") || part.contains("qkv")
          || part.contains("expert")
          || ["encoder", "decoder"].contains(part)
        {
          continue
        }
        if words[part] == nil {
          words[part] =
            random.below(5) == 0 ? "zz\(part.reversed().map(String.init).joined())" : part
        }
        parts[place] = words[part] ?? part
      }
      let name = parts.joined(separator: slash ? "/" : ".")
      names[tensor.text] = name
      copy.source.tensors[at] = TensorFacts(
        name, tensor.shape, dtype: tensor.dtype, tiedTo: tensor.tiedTo)
    }
    copy.rows = one.rows.mapValues { rows in
      rows.map {
        DiagnosisCase.Row(sources: $0.sources.map { names[$0] ?? $0 }, operation: $0.operation)
      }
    }
    return copy
  }

  private func widened(_ one: DiagnosisCase) -> DiagnosisCase? {
    let constants = ["reshape", "pad", "take", "slice"]
    guard
      !one.rows.values.contains(where: { rows in
        rows.contains { row in constants.contains { row.operation.contains($0) } }
      }), !one.causes.contains("quantised_packed"), !one.causes.contains("stacked_layers")
    else { return nil }
    func wide(_ inventory: Inventory) -> Inventory {
      var copy = inventory
      for at in copy.tensors.indices {
        copy.tensors[at].shape = copy.tensors[at].shape.map { $0 > 16 ? 3 * $0 : $0 }
      }
      return copy
    }
    var copy = one
    copy.destination = wide(one.destination)
    copy.source = wide(one.source)
    return copy
  }

  private func shallow(_ one: DiagnosisCase) -> DiagnosisCase? {
    let kept = [
      "renamed_module", "fused_split", "split_fused", "prefix_added", "transposed", "renamed_leaf",
    ]
    guard one.causes.contains(where: kept.contains), !one.causes.contains("expert_stack"),
      !one.causes.contains("stacked_layers"), !one.causes.contains("optimizer_state_included"),
      one.destination.tensors.count > 100
    else { return nil }
    func isDeep(_ tensor: TensorFacts) -> Bool {
      tensor.components.contains { part in
        let digits = String(decoding: part, as: UTF8.self).filter(\.isNumber)
        return (Int(digits) ?? 0) >= 4 && (Int(digits) ?? 0) < 100
      }
    }
    // Only where both sides lose the same: every kept row keeps its sources.
    var copy = one
    copy.destination.tensors = one.destination.tensors.filter { !isDeep($0) }
    copy.source.tensors = one.source.tensors.filter { !isDeep($0) }
    guard copy.destination.tensors.allSatisfy({ $0.tiedTo == nil }),
      copy.source.tensors.allSatisfy({ $0.tiedTo == nil })
    else { return nil }
    let destination = Set(copy.destination.tensors.map(\.text))
    let source = Set(copy.source.tensors.map(\.text))
    copy.rows = one.rows.filter { destination.contains($0.key) }
    guard copy.rows.values.allSatisfy({ $0[0].sources.allSatisfy(source.contains) }) else {
      return nil
    }
    let used = Set(copy.rows.values.flatMap { $0[0].sources })
    let usedBefore = Set(one.rows.values.flatMap { $0[0].sources })
    guard source.allSatisfy({ used.contains($0) || !usedBefore.contains($0) }) else { return nil }
    return copy
  }
}

extension Inventory {
  fileprivate var mentionsGGUF: Bool { metadata["container"] == "gguf" }
}

/// A small generator, so that runs repeat.
struct Lehmer {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 2 &+ 1 }

  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % max(limit, 1)
  }
}
