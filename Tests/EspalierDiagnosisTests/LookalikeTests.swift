import EspalierDiagnosis
import Testing

/// What looks alike and is not the same, and what is the same under another look.
@Suite struct LookalikeTests {
  private func causes(_ one: DiagnosisCase) -> Set<String> {
    Set(SolvedCase(one).report.diagnoses.map(\.cause.rawValue))
  }

  private func failures(_ one: DiagnosisCase) -> [String] {
    CaseScore(one, causes: [], mapping: SolvedCase(one).report.mapping).failures.map { "\($0)" }
  }

  @Test func adaptersThatTheDestinationHasTooStayApart() {
    var s = Skeleton()
    for n in 0..<3 {
      let name = "layers.\(n).q_proj"
      s.pair(name + ".base_layer.weight", name + ".base_layer.weight", [64, 64])
      for (factor, shape) in [("lora_A", [8, 64]), ("lora_B", [64, 8])] {
        s.pair("\(name).\(factor).default.weight", "\(name).\(factor).default.weight", shape)
      }
    }
    let one = s.finish("adapters", causes: [])
    #expect(causes(one).isEmpty)
    #expect(failures(one).isEmpty)
  }

  @Test func packedWeightsThatTheDestinationHasTooStayPacked() {
    var s = Skeleton()
    for n in 0..<3 {
      for (leaf, shape, type) in [
        ("qweight", [8, 64], "I32"), ("qzeros", [2, 8], "I32"), ("scales", [2, 64], "F16"),
      ] {
        s.add("layers.\(n).\(leaf)", shape, dtype: type)
        s.addSource("layers.\(n).\(leaf)", shape, dtype: type)
        s.map("layers.\(n).\(leaf)", ["layers.\(n).\(leaf)"], "identity")
      }
    }
    let one = s.finish("packed", causes: [])
    #expect(causes(one).isEmpty)
    #expect(failures(one).isEmpty)
  }

  /// Layers of a transformer, on both sides, under names of two libraries.
  private static func layers(_ s: inout Skeleton, _ count: Int = 4, width: Int = 48) {
    for n in 0..<count {
      for (left, right) in [("query", "q_proj"), ("key", "k_proj"), ("value", "v_proj")] {
        s.dense(
          "encoder.layer.\(n).attention.\(left)", "layers.\(n).self_attn.\(right)", width, width)
      }
      s.dense("encoder.layer.\(n).intermediate", "layers.\(n).fc1", 4 * width, width)
      s.dense("encoder.layer.\(n).output", "layers.\(n).fc2", width, 4 * width)
    }
  }

  private static func texts(_ words: Int, against others: Int, hasOutput: Bool = false) -> Skeleton
  {
    var s = Skeleton()
    s.add("embeddings.word_embeddings.weight", [words, 48])
    s.addSource("embed_tokens.weight", [others, 48])
    layers(&s)
    if hasOutput {
      s.add("lm_head.weight", [words, 48])
      s.addSource("output.weight", [others, 48])
    }
    return s
  }

  /// What reads images and what reads sound have the same layers, and nothing else in common.
  @Test func layersAreAlikeInAllTransformers() {
    var s = Skeleton()
    s.add("embeddings.patch_embeddings.projection.weight", [48, 3, 16, 16])
    s.add("embeddings.position_embeddings", [1, 197, 48])
    s.addSource("feature_projection.projection.weight", [48, 64])
    s.addSource("pos_conv_embed.conv.weight", [48, 3, 128])
    Self.layers(&s, 12)
    #expect(causes(s.finish("image and sound", causes: [])) == ["different_architecture"])
  }

  /// A vocabulary grows by a few words, or by some more where the output layer grows with it; another
  /// one belongs to another model.
  @Test(arguments: [
    (1_000, false, true), (1_004, false, true), (1_300, false, false),
    (1_030, true, true), (1_030, false, false),
  ])
  func vocabulariesTellModelsApart(_ words: Int, hasOutput: Bool, isRelated: Bool) {
    let one = Self.texts(words, against: 1_000, hasOutput: hasOutput)
    let found = causes(one.finish("texts", causes: []))
    #expect(found.contains("different_architecture") != isRelated)
    #expect(found.contains("vocab_resized") == (isRelated && words != 1_000))
  }

  /// A table of words is none of positions, its length agrees with a projection's by chance, and the
  /// rows of a table of two are no norms.
  @Test func tablesOfWordsAreNoTablesOfImages() {
    var s = Skeleton()
    s.add("embeddings.patch_embedding.weight", [48, 3, 32, 32])
    s.add("embeddings.position_embedding.weight", [577, 48])
    s.add("pre_layernorm.weight", [48])
    s.add("post_layernorm.weight", [48])
    s.add("visual_projection.weight", [40, 48])
    s.addSource("embeddings.word_embeddings.weight", [900, 48])
    s.addSource("embeddings.position_embeddings.weight", [40, 48])
    s.addSource("embeddings.token_type_embeddings.weight", [2, 48])
    Self.layers(&s, 12)
    #expect(causes(s.finish("image and text", causes: [])) == ["different_architecture"])
  }

  /// Numbers are all their names say; biases and norms of one length agree by chance.
  @Test func vectorsAloneAreNoLikeness() {
    var s = Skeleton()
    for (n, width) in [(0, 32), (3, 64)] {
      s.add("\(n).weight", [width, n == 0 ? 3 : 32, 3, 3])
      s.addSource("\(n).weight", [width, n == 0 ? 20 : 32])
      for (name, shape) in [
        ("\(n).bias", [width]), ("\(n + 1).weight", [width]), ("\(n + 1).bias", [width]),
      ] {
        s.add(name, shape)
        s.addSource(name, shape)
      }
    }
    let one = s.finish("vectors", causes: ["different_architecture"])
    #expect(causes(one) == ["different_architecture"])
    #expect(failures(one).isEmpty)
    // With its rules a load keeps apart what agrees by chance.
    let rules = SolvedCase(one).report.rules
    #expect(rules.apply(to: one.source, destination: one.destination).links.isEmpty)
  }

  /// A square matrix that is left over on both sides, under names without a word in common.
  @Test func aSquareMatrixIsNoEvidenceWhereAllElseHasItsName() {
    var s = Skeleton()
    for n in 0..<4 { s.dense("layers.\(n).up", "layers.\(n).up", 96, 48) }
    s.add("pooler.weight", [48, 48])
    s.add("pooler.bias", [48])
    s.addSource("transform.weight", [48, 48])
    s.addSource("transform.bias", [48])
    s.addSource("transform_norm.bias", [48])
    #expect(failures(s.finish("square", causes: [])).isEmpty)
  }

  /// A list whose number 0 is the embedding, and whose last number is the output.
  @Test func layersAreFoundBehindAnEmbeddingInOneList() {
    var s = Skeleton()
    s.pair("embed.weight", "body.0.wte.weight", [90, 32])
    for n in 0..<3 {
      s.norm("layers.\(n).norm", "body.\(n + 1).ln", 32)
      s.dense("layers.\(n).attention.dense", "body.\(n + 1).mixer.out_proj", 32, 32)
      s.dense("layers.\(n).mlp.fc1", "body.\(n + 1).mlp.fc1", 80, 32)
      s.dense("layers.\(n).mlp.fc2", "body.\(n + 1).mlp.fc2", 32, 80)
    }
    s.norm("final_norm", "body.4.ln", 32)
    s.dense("head", "body.4.linear", 90, 32)
    #expect(failures(s.finish("one list", causes: ["renamed_module"])).isEmpty)
  }

  @Test(arguments: ["ema.ema_model.", "flat."])
  func aCopyIsOneWhereverItLies(place: String) {
    var s = Skeleton()
    for n in 0..<6 {
      s.dense("blocks.\(n).fc", "model.blocks.\(n).fc", 16, 16 + n)
      let name = place == "flat." ? "blocks\(n)fc" : "blocks.\(n).fc."
      s.addSource(place + name + "weight", [16, 16 + n])
      s.addSource(place + name + "bias", [16])
    }
    let one = s.finish("copy", causes: ["ema_copy"])
    #expect(causes(one).contains("ema_copy"))
    #expect(!causes(one).contains("extra_head"))
    #expect(failures(one).isEmpty)
  }

  /// `relative_attention_bias` says bias and is a table.
  @Test func aTableThatIsAddedIsFoundUnderABareName() {
    var s = Skeleton()
    for n in 0..<3 {
      s.kernel("block.\(n).attention.q", "layer_\(n).attention.q", 32, 48, bias: false)
      s.kernel("block.\(n).attention.o", "layer_\(n).attention.o", 48, 32, bias: false)
    }
    s.pair(
      "block.0.attention.relative_attention_bias.weight",
      "layer_0.attention.relative_attention_bias", [20, 4], from: [4, 20], "transpose")
    #expect(failures(s.finish("table", causes: [])).isEmpty)
  }

  @Test func schedulesAndTablesOfPositionsAreBuffers() {
    var s = Skeleton()
    for n in 0..<3 {
      s.dense("h.\(n).attn.q_proj", "h.\(n).attn.q_proj", 32, 32)
      s.addSource("h.\(n).attn.embed_positions", [64, 8])
    }
    for name in ["betas", "posterior_variance", "log_one_minus"] { s.addSource(name, [100]) }
    #expect(causes(s.finish("schedule", causes: [])) == ["buffers_unexpected"])
  }

  @Test func namesThatFollowFromAStackOfExpertsAreNoRenames() {
    var s = Skeleton()
    for n in 0..<2 {
      s.dense("layers.\(n).q", "layers.\(n).q", 24, 24)
      for part in ["fc1", "fc2"] {
        let shape = part == "fc1" ? [56, 24] : [24, 56]
        s.addSource("layers.\(n).experts.\(part)_weight", [4] + shape)
        for expert in 0..<4 {
          let name = "layers.\(n).experts.expert_\(expert).\(part).weight"
          s.add(name, shape)
          s.map(name, ["layers.\(n).experts.\(part)_weight"], "index(0,\(expert))")
        }
      }
    }
    let one = s.finish("experts", causes: ["expert_stack"])
    #expect(causes(one) == ["expert_stack"])
    #expect(failures(one).isEmpty)
  }

  /// Kernels (in, out) against weights without a bias to say which axis is which.
  @Test func kernelsAreTurnedAgainstWeightsThatHaveNoBias() {
    var s = Skeleton()
    for n in 0..<3 {
      s.kernel("layers.\(n).mlp.gate_proj", "h.\(n).feed_forward.w1", 88, 32, bias: false)
      s.kernel("layers.\(n).mlp.up_proj", "h.\(n).feed_forward.w3", 88, 32, bias: false)
      s.kernel("layers.\(n).mlp.down_proj", "h.\(n).feed_forward.w2", 32, 88, bias: false)
    }
    #expect(failures(s.finish("kernels", causes: [])).isEmpty)
  }

  @Test func greekNamesOfNormsAreWeightsAndBiases() {
    var s = Skeleton()
    for n in 0..<3 {
      s.dense("features.\(n).fc", "layers.\(n).fc", 24, 24 + n)
      s.pair("features.\(n).norm.weight", "layers.\(n).norm.γ", [24])
      s.pair("features.\(n).norm.bias", "layers.\(n).norm.β", [24])
    }
    #expect(failures(s.finish("greek", causes: [])).isEmpty)
  }
}
