import Testing

@testable import EspalierDiagnosis

/// Which packed weights and adapters are told apart, by names, types and shapes alone.
struct PackedKindTests {
  private static func inventory(_ tensors: [(String, [Int], String)]) -> Inventory {
    Inventory(tensors: tensors.map { TensorFacts($0.0, $0.1, dtype: $0.2) })
  }

  static let kinds: [(String, [(String, [Int], String)], [Int])] = [
    (
      "GPTQ",
      [
        ("m.qweight", [8, 32], "I32"), ("m.qzeros", [4, 4], "I32"), ("m.scales", [4, 32], "F16"),
      ],
      [32, 64]
    ),
    ("AWQ", [("m.qweight", [64, 4], "I32"), ("m.scales", [4, 32], "F16")], [32, 64]),
    (
      "AWQ GEMV",
      [
        ("m.qweight", [32, 32], "I32"), ("m.qzeros", [32, 1], "I32"), ("m.scales", [32, 8], "F16"),
      ],
      [32, 256]
    ),
    ("MLX", [("m.weight", [32, 8], "U32"), ("m.scales", [32, 4], "F16")], [32, 64]),
    (
      "scaled 8-bit", [("m.weight", [32, 64], "F8_E4M3"), ("m.scale_weight", [1], "F32")], [32, 64]
    ),
    ("NVFP4", [("m.weight", [32, 32], "U8"), ("m.weight_scale", [32, 4], "F8_E4M3")], [32, 64]),
    (
      "MXFP4", [("m.a_blocks", [2, 8, 3, 16], "U8"), ("m.a_scales", [2, 8, 3], "U8")], [2, 96, 8]
    ),
    ("MXFP4", [("m.blocks", [2, 8, 3, 16], "U8"), ("m.scales", [2, 8, 3], "U8")], [2, 8, 96]),
  ]

  @Test(arguments: kinds)
  func aKindIsToldByItsParts(_ kind: String, _ tensors: [(String, [Int], String)], _ shape: [Int]) {
    let found = Self.inventory(tensors).packedWeights
    #expect(found.map(\.kind) == [kind] && found.map(\.shape) == [shape])
    #expect(found.first?.refusal == nil)
    #expect(found.first?.parts.count == tensors.count)
  }

  @Test(
    arguments: [
      ("Marlin", [("m.B", [4, 64], "I32"), ("m.s", [1, 32], "F16")]),
      ("Marlin", [("m.qweight", [4, 64], "I32"), ("m.scales", [1, 32], "F16")]),
      ("AWQ GEMV-fast", [("m.qweight", [8, 64], "I16"), ("m.scales", [1, 32], "F16")]),
      (
        "EXL2",
        [
          ("m.q_weight", [8, 64], "I32"), ("m.q_scale", [4, 8], "I32"), ("m.q_groups", [8], "I16"),
        ]
      ),
      ("HQQ", [("m.W_q", [8, 64], "U8"), ("m.scale", [8], "F16"), ("m.zero", [8], "F16")]),
    ] as [(String, [(String, [Int], String)])])
  func aKindThatIsNotUnpackedIsNamed(_ kind: String, _ tensors: [(String, [Int], String)]) {
    let source = Self.inventory(tensors)
    #expect(source.packedWeights.map(\.kind) == [kind])
    #expect(source.packedWeights.first?.refusal != nil)
    let destination = Self.inventory([("m.weight", [32, 64], "F32")])
    let report = Engine().diagnose(destination: destination, source: source)
    let cause = report.diagnoses.first { $0.cause == .quantisedPacked }
    #expect(
      cause?.sentence.contains("belong to weights packed by \(kind), which is not undone here")
        == true)
    #expect(cause?.harm == .blocks && !report.rules.contains { $0.verbs.contains("dequantise") })
  }

  @Test(
    arguments: [
      ("LoHa adapter of rank 2", "to_q", ["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"]),
      ("low-rank MLX adapter of rank 2", "to_q", ["lora_a", "lora_b"]),
      ("low-rank adapter of rank 2", "to_q", ["lora_down.weight", "lora_up.weight"]),
      ("LoKr adapter alone", "to_q", ["lokr_w1", "lokr_w2"]),
    ])
  func adaptersAloneAreMergedByChoice(_ words: String, _ module: String, _ leaves: [String]) {
    let shapes: [String: [Int]] = [
      "hada_w1_a": [12, 2], "hada_w1_b": [2, 8], "hada_w2_a": [12, 2], "hada_w2_b": [2, 8],
      "lora_a": [8, 2], "lora_b": [2, 12], "lora_down.weight": [2, 8], "lora_up.weight": [12, 2],
      "lokr_w1": [3, 4], "lokr_w2": [4, 2],
    ]
    let destination = Self.inventory([("net.down.0.to_q.weight", [12, 8], "F32")])
    for prefix in ["base_model.net.down.0.", "lora_unet_down_0_"] {
      let source = Self.inventory(
        leaves.map { ("\(prefix)\(module).\($0)", shapes[$0] ?? [], "F32") }
          + [("\(prefix)\(module).alpha", [], "F32")])
      let report = Engine().diagnose(destination: destination, source: source)
      let cause = report.diagnoses.first { $0.cause == .loraAdapter }
      #expect(cause?.sentence.contains("The source is a \(words)") == true)
      #expect(cause?.choices.count == 1, "\(prefix)")
      #expect(cause?.choices.first?.description.hasSuffix("\(module).alpha : lora_merge") == true)
    }
  }

  @Test(arguments: ["hada_t1", "lokr_t2", "lora_mid.weight", "ia3_l", "oft_blocks"])
  func adaptersThatAreNotMergedAreNamed(_ leaf: String) {
    let source = Self.inventory([
      ("m.\(leaf)", [2, 2], "F32"), ("m.lora_down.weight", [2, 8], "F32"),
    ])
    let destination = Self.inventory([("m.weight", [12, 8], "F32")])
    let report = Engine().diagnose(destination: destination, source: source)
    let cause = report.diagnoses.first { $0.cause == .loraAdapter }
    #expect(cause?.sentence.contains("which is not undone here; merge it with the program") == true)
  }
}
