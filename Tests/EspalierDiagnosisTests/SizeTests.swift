import EspalierDiagnosis
import Testing

/// Sizes of both models, read off structure, and put side by side.
@Suite struct SizeTests {
  private func rows(
    _ destination: [(String, [Int])], _ source: [(String, [Int])],
    metadata: [String: String] = [:]
  ) -> [String: [String?]] {
    func inventory(_ tensors: [(String, [Int])], _ facts: [String: String] = [:]) -> Inventory {
      Inventory(tensors: tensors.map { TensorFacts($0.0, $0.1) }, metadata: facts)
    }
    let report = Engine().diagnose(
      destination: inventory(destination), source: inventory(source, metadata))
    return Dictionary(
      report.sizes.map { ($0.name, [$0.destination, $0.source]) }, uniquingKeysWith: { a, _ in a })
  }

  /// A decoder of transformer blocks with grouped queries.
  private func decoder(
    _ list: String, _ words: (q: String, k: String, v: String, o: String, up: String, down: String),
    depth: Int, vocabulary: Int, swapped: Bool = false
  ) -> [(String, [Int])] {
    func matrix(_ out: Int, _ input: Int) -> [Int] { swapped ? [input, out] : [out, input] }
    let leaf = swapped ? "kernel" : "weight"
    var tensors = [("embed_tokens.weight", [vocabulary, 64])]
    for block in 0..<depth {
      for (name, out, input) in [
        (words.q, 64, 64), (words.k, 16, 64), (words.v, 16, 64), (words.o, 64, 64),
        (words.up, 176, 64), (words.down, 64, 176),
      ] {
        tensors.append(("\(list).\(block).\(name).\(leaf)", matrix(out, input)))
      }
      tensors.append(("\(list).\(block).norm.weight", [64]))
    }
    return tensors + [("lm_head.\(leaf)", matrix(vocabulary, 64))]
  }

  private let plain = (
    "attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.o_proj", "mlp.up_proj", "mlp.down_proj"
  )

  @Test func aListThatHasAnotherNameStandsInTheSameRow() {
    let sizes = rows(
      decoder("model.layers", plain, depth: 4, vocabulary: 300),
      decoder(
        "blocks", ("att.wq", "att.wk", "att.wv", "att.wo", "ffn.up", "ffn.down"), depth: 6,
        vocabulary: 280))
    #expect(sizes["depth of model.layers (source: blocks)"] == ["4", "6"])
    #expect(sizes["width"] == ["64", "64"])
    #expect(sizes["hidden"] == ["176", "176"])
    #expect(sizes["vocabulary"] == ["300", "280"])
    // A layer of words is no classifier.
    #expect(sizes["classes"] == nil)
  }

  @Test func axesTheOtherWayRoundReadTheSame() {
    let sizes = rows(
      decoder("layers", plain, depth: 3, vocabulary: 300),
      decoder("layers", plain, depth: 3, vocabulary: 300, swapped: true))
    #expect(sizes["hidden"] == ["176", "176"])
    #expect(sizes["vocabulary"] == ["300", "300"])
  }

  @Test func headsFollowFromTheFileOrTheRotaryTable() {
    let one = decoder("layers", plain, depth: 2, vocabulary: 300)
    let said = rows(one, one, metadata: ["num_attention_heads": "8"])
    #expect(said["heads"] == [nil, "8"])
    #expect(said["key heads"] == [nil, "2"])
    let table = rows(one, one + [("layers.0.attn.rotary_emb.inv_freq", [4])])
    #expect(table["heads"] == [nil, "8"])
    #expect(table["key heads"] == [nil, "2"])
  }

  /// Stages of blocks, as in residual networks.
  private func network(
    _ blocks: [Int], classes: Int, kernelLast: Bool = true, names: (Int, Int) -> String
  ) -> [(String, [Int])] {
    func kernel(_ out: Int, _ input: Int, _ side: Int) -> [Int] {
      kernelLast ? [out, input, side, side] : [out, side, side, input]
    }
    var tensors = [("stem.weight", kernel(16, 3, 7))]
    for (stage, count) in blocks.enumerated() {
      for block in 0..<count {
        for conv in 1...2 {
          tensors.append(("\(names(stage, block)).conv\(conv).weight", kernel(16, 16, 3)))
        }
        tensors.append(("\(names(stage, block)).bn.weight", [16]))
      }
    }
    return tensors + [("fc.weight", [classes, 16]), ("fc.bias", [classes])]
  }

  @Test func stagesAreCountedBlockByBlock() {
    let sizes = rows(
      network([2, 3, 4, 2], classes: 10) { "stages.\($0).blocks.\($1)" },
      network([2, 3, 4, 2], classes: 1000, kernelLast: false) { "layer\($0 + 1).\($1)" })
    #expect(sizes["depth of stages.*.blocks (source: layer*)"] == ["2, 3, 4, 2", "2, 3, 4, 2"])
    #expect(sizes["depth of stages"] == nil)
    #expect(sizes["classes"] == ["10", "1000"])
    #expect(sizes["kernel"] == ["7x7", "7x7"])
    #expect(sizes["channels"] == ["3", "3"])
  }

  @Test func aRecurrentNetworkIsAsWideAsWhatItReads() {
    let sizes = rows(
      [
        ("embedding.weight", [500, 24]), ("rnn.weight_ih_l0", [128, 24]),
        ("rnn.weight_hh_l0", [128, 32]), ("rnn.bias_ih_l0", [128]), ("rnn.bias_hh_l0", [128]),
        ("fc.weight", [5, 32]), ("fc.bias", [5]),
      ],
      [
        ("embedding.embeddings", [500, 24]), ("lstm.kernel", [24, 128]),
        ("lstm.recurrent_kernel", [32, 128]), ("lstm.bias", [128]), ("dense.kernel", [32, 5]),
        ("dense.bias", [5]),
      ])
    #expect(sizes["width"] == ["24", "24"])
    #expect(sizes["hidden"] == ["32", "32"])
    #expect(sizes["vocabulary"] == ["500", "500"])
    #expect(sizes["classes"] == ["5", "5"])
  }

  /// The word for classes counts more than the place at the end, a square step before it nothing.
  @Test func theLastLayerIsTheOneThatMakesClasses() {
    let model: [(String, [Int])] = [
      ("body.0.fc1.weight", [64, 32]), ("body.0.fc2.weight", [32, 64]),
      ("pooler.dense.weight", [32, 32]), ("box_predictor.cls_score.weight", [21, 32]),
      ("box_predictor.bbox_pred.weight", [80, 32]), ("extra.weight", [8, 32]),
    ]
    #expect(rows(model, model)["classes"] == ["21", "21"])
    let encoder = Array(model.prefix(3))
    #expect(rows(encoder, encoder)["classes"] == nil)
  }

  @Test func anAdapterAloneHasItsOwnParametersAndARank() {
    let base = decoder("layers", plain, depth: 2, vocabulary: 300)
    let adapter = (0..<2).flatMap { block in
      [
        ("base_model.model.layers.\(block).attn.q_proj.lora_A.weight", [4, 64]),
        ("base_model.model.layers.\(block).attn.q_proj.lora_B.weight", [64, 4]),
      ]
    }
    let sizes = rows(base, adapter)
    #expect(sizes["rank"] == [nil, "4"])
    #expect(sizes["parameters"]?[1] == "1024")
  }
}
