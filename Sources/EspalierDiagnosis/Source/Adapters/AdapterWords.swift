/// Kinds of adapters: how the difference to a base weight is factored.
package enum AdapterFamily: String, Sendable {
  /// B A, as (rank, in) and (out, rank).
  case lora = "low-rank adapter"
  /// The same with turned factors, (in, rank) and (rank, out), as MLX writes them.
  case mlx = "low-rank MLX adapter"
  /// The elementwise product of two low-rank products.
  case loha = "LoHa adapter"
  /// A Kronecker product of two matrices, either of which may be a low-rank product.
  case lokr = "LoKr adapter"
}

/// What a tensor of an adapter is.
package enum AdapterRole: Int, Sendable {
  // In the order in which rules name them.
  case down, up, w1, w1A, w1B, w2, w2A, w2B, magnitude, alpha
}

/// A tensor of an adapter, as its name says.
package struct AdapterTensor: Sendable {
  /// Nil where several kinds have it.
  package var family: AdapterFamily?
  package var role: AdapterRole
  /// The component of the name that tells; those before it name the module.
  package var place: Int
}

/// Names of the parts of adapters.
package enum AdapterWords {
  /// Parts that tell of a kind.
  private static let factors: [String: (AdapterFamily, AdapterRole)] = [
    "lora_A": (.lora, .down), "lora_down": (.lora, .down), "lora_embedding_A": (.lora, .down),
    "lora_B": (.lora, .up), "lora_up": (.lora, .up), "lora_embedding_B": (.lora, .up),
    "lora_a": (.mlx, .down), "lora_b": (.mlx, .up),
    "hada_w1_a": (.loha, .w1A), "hada_w1_b": (.loha, .w1B), "hada_w2_a": (.loha, .w2A),
    "hada_w2_b": (.loha, .w2B),
    "lokr_w1": (.lokr, .w1), "lokr_w1_a": (.lokr, .w1A), "lokr_w1_b": (.lokr, .w1B),
    "lokr_w2": (.lokr, .w2), "lokr_w2_a": (.lokr, .w2A), "lokr_w2_b": (.lokr, .w2B),
  ]
  /// Parts that say something only beside others.
  private static let others: [String: AdapterRole] = [
    "lora_magnitude_vector": .magnitude, "dora_scale": .magnitude, "m": .magnitude,
    "alpha": .alpha,
  ]
  /// Parts of kinds that are recognised and not merged.
  static let unread: [String: String] = [
    "hada_t1": "a LoHa adapter with a middle factor (Tucker)",
    "hada_t2": "a LoHa adapter with a middle factor (Tucker)",
    "lokr_t2": "a LoKr adapter with a middle factor (Tucker)",
    "lora_mid": "a low-rank adapter with a middle factor (Tucker)",
    "ia3_l": "an IA³ adapter", "oft_r": "an OFT adapter", "oft_R": "an OFT adapter",
    "oft_blocks": "an OFT adapter", "oft_diag": "an OFT adapter", "boft_R": "a BOFT adapter",
    "boft_s": "a BOFT adapter", "vera_lambda_b": "a VeRA adapter",
    "vera_lambda_d": "a VeRA adapter",
  ]

  /// A factor, or a part that is one beside factors; nil for other tensors.
  package static func read(_ components: [[UInt8]]) -> AdapterTensor? {
    let words = components.map { String(decoding: $0, as: UTF8.self) }
    for (place, word) in words.enumerated() {
      if let (family, role) = factors[word] {
        return AdapterTensor(family: family, role: role, place: place)
      }
      // diffusers: `to_q.lora.down.weight`.
      if word == "lora", place + 1 < words.count, ["down", "up"].contains(words[place + 1]) {
        return AdapterTensor(
          family: .lora, role: words[place + 1] == "down" ? .down : .up, place: place)
      }
      if let role = others[word], place + 1 == words.count || word == "lora_magnitude_vector" {
        return AdapterTensor(family: nil, role: role, place: place)
      }
    }
    return nil
  }

  static func unreadKind(_ components: [[UInt8]]) -> (kind: String, place: Int)? {
    for (place, word) in components.enumerated() {
      if let kind = unread[String(decoding: word, as: UTF8.self)] { return (kind, place) }
    }
    return nil
  }
}
