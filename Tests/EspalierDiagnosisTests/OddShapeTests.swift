import EspalierDiagnosis
import Testing

/// Axes of no length, of one, and of any number: whatever a file claims, there is a report.
@Suite struct OddShapeTests {
  private static let shapes: [[Int]] = [
    [], [0], [1], [64], [0, 64], [64, 0], [0, 0], [1, 1], [64, 64], [1, 1, 64], [0, 3, 3],
    [1, 0, 1],
    [1, 1, 0, 0], [0, 0, 3, 3], [3, 3, 0, 0], [64, 1, 3, 3], [1, 1, 1, 1, 1],
    [2, 2, 2, 2, 2, 2, 2],
    [1 << 30, 1 << 30], [1 << 61],
  ]
  private static let names = [
    "layers.0.attn.q_proj.weight", "layers.0.attn.k_proj.weight", "layers.0.attn.q_norm.weight",
    "layers.0.attn.inv_freq", "layers.0.attn.query", "layers.0.conv.kernel", "rnn.weight_hh_l0",
    "rnn.weight_ih_l0", "pos_embed", "embed.weight", "classifier.weight",
    "block.relative_position_bias_table", "layers.1.attn.q_proj.weight",
    "layers.0.attn.q_proj.lora_A.weight", "layers.0.attn.q_proj.lora_B.weight",
  ]
  private static let facts: [[String: String]] = [
    [:], ["num_attention_heads": "8"], ["head_dim": "16", "num_key_value_heads": "2"],
  ]

  @Test(arguments: shapes)
  func againstEveryOther(_ shape: [Int]) {
    let mixed = Self.names.enumerated().map { place, name in
      TensorFacts(name, place % 2 == 0 ? shape : [4, 64])
    }
    for other in Self.shapes {
      for facts in Self.facts {
        let report = Engine().diagnose(
          destination: Inventory(tensors: mixed, metadata: facts),
          source: Inventory(
            tensors: Self.names.map { TensorFacts("module." + $0, other) }, metadata: facts))
        #expect(report.sizes.first?.name == "parameters")
      }
    }
  }
}
