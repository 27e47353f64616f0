import EspalierDiagnosis

/// More models the engine was not made with: the same blocks under other roofs.
extension HeldOut {
  static var transformers: [DiagnosisCase] {
    [
      distilled(), groupedFused(), torchvisionTower(), excited(), gatedExperts(), tiedGGUF(),
      segmenter(), interleavedBack(), preNormFairseq(), relativeSpeech(), adapterBeside(),
    ]
  }

  static func distilled() -> DiagnosisCase {
    var s = Skeleton()
    let w = 96
    s.pair("distil.embeddings.word_embeddings.weight", "encoder.wte.weight", [1200, w])
    s.pair("distil.embeddings.position_embeddings.weight", "encoder.wpe.weight", [128, w])
    s.norm("distil.embeddings.LayerNorm", "encoder.ln_emb", w)
    for n in 0..<4 {
      let a = "distil.transformer.layer.\(n)"
      let b = "encoder.h.\(n)"
      for (one, two) in [("q_lin", "q"), ("k_lin", "k"), ("v_lin", "v"), ("out_lin", "o")] {
        s.dense("\(a).attention.\(one)", "\(b).mha.\(two)", w, w)
      }
      s.norm("\(a).sa_layer_norm", "\(b).ln1", w)
      s.dense("\(a).ffn.lin1", "\(b).ff1", 4 * w, w)
      s.dense("\(a).ffn.lin2", "\(b).ff2", w, 4 * w)
      s.norm("\(a).output_layer_norm", "\(b).ln2", w)
    }
    return s.finish("distilled", causes: ["renamed_module"], optional: ["prefix_added"])
  }

  /// Query rows, then fewer key and value rows: unequal parts.
  static func groupedFused() -> DiagnosisCase {
    var s = Skeleton()
    let w = 128
    s.pair("model.embed_tokens.weight", "model.embed_tokens.weight", [1000, w], "identity")
    for n in 0..<3 {
      let path = "model.layers.\(n)"
      let qkv = "\(path).self_attn.qkv_proj.weight"
      s.addSource(qkv, [128 + 32 + 32, w])
      for (part, start, stop) in [("q", 0, 128), ("k", 128, 160), ("v", 160, 192)] {
        s.add("\(path).self_attn.\(part)_proj.weight", [stop - start, w])
        s.map("\(path).self_attn.\(part)_proj.weight", [qkv], "slice(0,\(start),\(stop))")
      }
      s.pair(
        "\(path).self_attn.o_proj.weight", "\(path).self_attn.o_proj.weight", [w, w], "identity")
      let gateUp = "\(path).mlp.gate_up_proj.weight"
      s.addSource(gateUp, [600, w])
      for (at, part) in ["gate", "up"].enumerated() {
        s.add("\(path).mlp.\(part)_proj.weight", [300, w])
        s.map("\(path).mlp.\(part)_proj.weight", [gateUp], "split(0,\(at),2)")
      }
      s.pair("\(path).mlp.down_proj.weight", "\(path).mlp.down_proj.weight", [w, 300], "identity")
      s.pair("\(path).input_layernorm.weight", "\(path).input_layernorm.weight", [w], "identity")
    }
    return s.finish("groupedFused", causes: ["fused_split"], container: "safetensors")
  }

  static func torchvisionTower() -> DiagnosisCase {
    var s = Skeleton()
    let w = 64
    s.pair("vit.cls", "class_token", [1, 1, w])
    s.pair("vit.pos", "encoder.pos_embedding", [1, 17, w])
    s.pair("vit.patch.weight", "conv_proj.weight", [w, 3, 4, 4])
    s.pair("vit.patch.bias", "conv_proj.bias", [w])
    for n in 0..<5 {
      let a = "vit.layers.\(n)"
      let b = "encoder.layers.encoder_layer_\(n)"
      for (kind, tail) in [("weight", [w]), ("bias", [])] {
        let whole = "\(b).self_attention.in_proj_\(kind)"
        s.addSource(whole, [3 * w] + tail)
        for (at, part) in ["query", "key", "value"].enumerated() {
          s.add("\(a).attention.\(part).\(kind)", [w] + tail)
          s.map("\(a).attention.\(part).\(kind)", [whole], "split(0,\(at),3)")
        }
      }
      s.dense("\(a).attention.output", "\(b).self_attention.out_proj", w, w)
      s.norm("\(a).norm_before", "\(b).ln_1", w)
      s.norm("\(a).norm_after", "\(b).ln_2", w)
      s.dense("\(a).mlp.up", "\(b).mlp.0", 4 * w, w)
      s.dense("\(a).mlp.down", "\(b).mlp.3", w, 4 * w)
    }
    s.norm("vit.norm", "encoder.ln", w)
    s.dense("classifier", "heads.head", 40, w)
    return s.finish(
      "torchvisionTower", causes: ["renamed_module", "fused_split"], optional: ["renamed_leaf"])
  }

  /// Squeeze and excitation as linear layers here, as 1x1 convolutions there.
  static func excited() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<3 {
      let w = 16 << n
      s.pair("stage.\(n).conv.weight", "layer\(n + 1).conv1.weight", [w, w, 3, 3])
      s.batchNorm("stage.\(n).bn", "layer\(n + 1).bn1", w)
      s.pair(
        "stage.\(n).se.reduce.weight", "layer\(n + 1).se.fc1.weight", [w / 4, w],
        from: [w / 4, w, 1, 1], "reshape[\(w / 4),\(w)]")
      s.pair("stage.\(n).se.reduce.bias", "layer\(n + 1).se.fc1.bias", [w / 4])
      s.pair(
        "stage.\(n).se.expand.weight", "layer\(n + 1).se.fc2.weight", [w, w / 4],
        from: [w, w / 4, 1, 1], "reshape[\(w),\(w / 4)]")
      s.pair("stage.\(n).se.expand.bias", "layer\(n + 1).se.fc2.bias", [w])
    }
    s.dense("head", "fc", 10, 64)
    return s.finish("excited", causes: ["renamed_module", "reshaped"])
  }

  static func gatedExperts() -> DiagnosisCase {
    var s = Skeleton()
    let w = 64
    s.pair("model.embed_tokens.weight", "model.embed_tokens.weight", [900, w], "identity")
    for n in 0..<2 {
      let path = "model.layers.\(n)"
      s.pair("\(path).mlp.gate.weight", "\(path).mlp.gate.weight", [5, w], "identity")
      let gateUp = (0..<5).flatMap { e in
        ["gate_proj", "up_proj"].map { "\(path).mlp.experts.\(e).\($0).weight" }
      }
      let down = (0..<5).map { "\(path).mlp.experts.\($0).down_proj.weight" }
      for name in gateUp { s.addSource(name, [24, w]) }
      for name in down { s.addSource(name, [w, 24]) }
      s.add("\(path).mlp.experts.gate_up_proj", [5, 48, w])
      s.map("\(path).mlp.experts.gate_up_proj", gateUp, "concat(0)|reshape[5,48,64]")
      s.add("\(path).mlp.experts.down_proj", [5, w, 24])
      s.map("\(path).mlp.experts.down_proj", down, "stack(0)")
    }
    return s.finish(
      "gatedExperts", causes: ["expert_stack"],
      optional: ["split_fused", "renamed_leaf", "reshaped", "renamed_module"],
      container: "safetensors")
  }

  static func tiedGGUF() -> DiagnosisCase {
    var s = Skeleton()
    let w = 128
    s.pair("model.embed_tokens.weight", "token_embd.weight", [2000, w])
    for n in 0..<3 {
      let a = "model.layers.\(n)"
      let b = "blk.\(n)"
      for (one, two, out) in [
        ("q_proj", "attn_q", w), ("k_proj", "attn_k", 32), ("v_proj", "attn_v", 32),
      ] {
        s.dense("\(a).self_attn.\(one)", "\(b).\(two)", out, w, bias: false)
      }
      s.dense("\(a).self_attn.o_proj", "\(b).attn_output", w, w, bias: false)
      s.dense("\(a).mlp.gate_proj", "\(b).ffn_gate", 512, w, bias: false)
      s.dense("\(a).mlp.up_proj", "\(b).ffn_up", 512, w, bias: false)
      s.dense("\(a).mlp.down_proj", "\(b).ffn_down", w, 512, bias: false)
      s.norm("\(a).input_layernorm", "\(b).attn_norm", w, bias: false)
      s.norm("\(a).post_attention_layernorm", "\(b).post_attention_norm", w, bias: false)
      s.norm("\(a).pre_feedforward_layernorm", "\(b).ffn_norm", w, bias: false)
      s.norm("\(a).post_feedforward_layernorm", "\(b).post_ffw_norm", w, bias: false)
    }
    s.norm("model.norm", "output_norm", w, bias: false)
    s.add("lm_head.weight", [2000, w], tiedTo: "model.embed_tokens.weight")
    s.map("lm_head.weight", ["token_embd.weight"], "tie")
    return s.finish(
      "tiedGGUF", causes: ["renamed_module", "tied_absent"], container: "gguf",
      metadata: ["general.architecture": "gemma2"])
  }

  static func segmenter() -> DiagnosisCase {
    var s = Skeleton()
    let w = 80
    s.pair("vision_encoder.pos_embed", "image_encoder.pos_embed", [1, 8, 8, w])
    s.pair(
      "vision_encoder.patch_embed.projection.weight", "image_encoder.patch_embed.proj.weight",
      [w, 3, 8, 8])
    s.pair("vision_encoder.patch_embed.projection.bias", "image_encoder.patch_embed.proj.bias", [w])
    for n in 0..<4 {
      let a = "vision_encoder.layers.\(n)"
      let b = "image_encoder.blocks.\(n)"
      s.norm("\(a).layer_norm1", "\(b).norm1", w)
      s.pair("\(a).attn.rel_pos_h", "\(b).attn.rel_pos_h", [15, 20])
      s.pair("\(a).attn.rel_pos_w", "\(b).attn.rel_pos_w", [15, 20])
      s.dense("\(a).attn.qkv", "\(b).attn.qkv", 3 * w, w)
      s.dense("\(a).attn.proj", "\(b).attn.proj", w, w)
      s.norm("\(a).layer_norm2", "\(b).norm2", w)
      s.dense("\(a).mlp.lin1", "\(b).mlp.lin1", 4 * w, w)
      s.dense("\(a).mlp.lin2", "\(b).mlp.lin2", w, 4 * w)
    }
    s.pair("vision_encoder.neck.conv1.weight", "image_encoder.neck.0.weight", [32, w, 1, 1])
    s.norm("vision_encoder.neck.layer_norm1", "image_encoder.neck.1", 32)
    s.pair("vision_encoder.neck.conv2.weight", "image_encoder.neck.2.weight", [32, 32, 3, 3])
    s.norm("vision_encoder.neck.layer_norm2", "image_encoder.neck.3", 32)
    return s.finish("segmenter", causes: ["renamed_module"])
  }

  /// Separate projections into a tensor fused head by head.
  static func interleavedBack() -> DiagnosisCase {
    var s = Skeleton()
    let w = 128
    s.pair("embed.weight", "embed.weight", [600, w], "identity")
    for n in 0..<3 {
      let names = ["q", "k", "v"].map { "layers.\(n).attention.\($0)_proj.weight" }
      for name in names { s.addSource(name, [w, w]) }
      s.add("layers.\(n).attention.query_key_value.weight", [3 * w, w])
      s.map(
        "layers.\(n).attention.query_key_value.weight", names,
        "reshape[2,64,128]|stack(1)|reshape[384,128]")
      s.pair(
        "layers.\(n).attention.dense.weight", "layers.\(n).attention.dense.weight", [w, w],
        "identity")
    }
    return s.finish(
      "interleavedBack", causes: ["split_fused", "qkv_interleaved"], container: "safetensors")
  }

  static func preNormFairseq() -> DiagnosisCase {
    var s = Skeleton()
    let w = 72
    s.pair("decoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", [800, w])
    for n in 0..<6 {
      let a = "decoder.layers.\(n)"
      let b = "model.decoder.layers.\(n)"
      for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        s.dense("\(a).self_attn.\(part)", "\(b).self_attn.\(part)", w, w)
      }
      s.norm("\(a).self_attn_layer_norm", "\(b).self_attn_layer_norm", w)
      s.dense("\(a).fc1", "\(b).fc1", 288, w)
      s.dense("\(a).fc2", "\(b).fc2", w, 288)
      s.norm("\(a).final_layer_norm", "\(b).final_layer_norm", w)
    }
    s.norm("decoder.layer_norm", "model.decoder.layer_norm", w)
    s.addSource("model.decoder.version", [1])
    return s.finish(
      "preNormFairseq", causes: ["wrapper_nesting", "buffers_unexpected"],
      optional: ["prefix_added"],
      metadata: ["args.arch": "transformer_lm"])
  }

  static func relativeSpeech() -> DiagnosisCase {
    var s = Skeleton()
    let w = 64
    for n in 0..<4 {
      let a = "encoder.layers.\(n)"
      let b = "conformer.blocks.\(n)"
      s.dense("\(a).ffn1.up", "\(b).ff_start.linear1", 4 * w, w)
      s.dense("\(a).ffn1.down", "\(b).ff_start.linear2", w, 4 * w)
      for (one, two) in [
        ("q", "linear_q"), ("k", "linear_k"), ("v", "linear_v"), ("out", "linear_out"),
      ] {
        s.dense("\(a).attn.\(one)", "\(b).self_attn.\(two)", w, w)
      }
      s.pair("\(a).attn.pos_bias_u", "\(b).self_attn.pos_bias_u", [4, 16])
      s.pair("\(a).attn.pos_bias_v", "\(b).self_attn.pos_bias_v", [4, 16])
      s.pair(
        "\(a).conv.pointwise1.weight", "\(b).conv_module.pointwise_conv1.weight", [2 * w, w, 1])
      s.pair("\(a).conv.depthwise.weight", "\(b).conv_module.depthwise_conv.weight", [w, 1, 15])
      s.pair("\(a).conv.pointwise2.weight", "\(b).conv_module.pointwise_conv2.weight", [w, w, 1])
      s.dense("\(a).ffn2.up", "\(b).ff_end.linear1", 4 * w, w)
      s.dense("\(a).ffn2.down", "\(b).ff_end.linear2", w, 4 * w)
      s.norm("\(a).norm_out", "\(b).norm_final", w)
    }
    s.dense("ctc", "head", 30, w)
    return s.finish("relativeSpeech", causes: ["renamed_module"])
  }

  static func adapterBeside() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<3 {
      let path = "layers.\(n).proj"
      s.pair("\(path).bias", "model.\(path).bias", [40])
      s.add("\(path).weight", [40, 30])
      let names = ["weight", "lora_down.weight", "lora_up.weight"].map { "model.\(path).\($0)" }
      s.addSource(names[0], [40, 30])
      s.addSource(names[1], [4, 30])
      s.addSource(names[2], [40, 4])
      s.map("\(path).weight", names, "lora_merge")
      s.pair("layers.\(n).norm.weight", "model.layers.\(n).norm.weight", [30])
    }
    return s.finish(
      "adapterBeside", causes: ["lora_adapter", "prefix_added"], container: "safetensors")
  }
}
