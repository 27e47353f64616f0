import EspalierDiagnosis

/// Architectures and spellings that the cases of ../shared do not hold; the engine was not made with
/// them. Sizes are small, structure is real.
enum HeldOut {
  static var all: [DiagnosisCase] {
    [
      speech(), encoderToPlain(), visionFused(), visionFusedBack(), groupedGGUF(), seq2seqFlax(),
      mobile(), lightningCompiled(), kerasConvolutions(), toKerasOrder(), juliaConvolutions(),
      mlxPacked(), stateSpace(), expertsStackedSource(), expertsTransposed(), scanDestination(),
      windows(), siblings(), vocoder(), awq(), sequentialInsert(), unetFused(), fine(),
      unrelatedSpeechVision(), unrelatedRecurrent(), unrelatedConvolutions(), recurrentBack(),
      keyValueSplit(), denoiser(), detectorHead(), towers(), decoderOnlyRename(),
    ]
  }

  // MARK: Speech

  static func speech() -> DiagnosisCase {
    var s = Skeleton()
    let w = 96
    for (side, other) in [("encoder", "encoder"), ("decoder", "decoder")] {
      let d = "model.\(side)"
      if side == "encoder" {
        s.pair("\(d).conv1.weight", "\(other).conv1.weight", [w, 80, 3])
        s.pair("\(d).conv1.bias", "\(other).conv1.bias", [w])
        s.pair("\(d).conv2.weight", "\(other).conv2.weight", [w, w, 3])
        s.pair("\(d).conv2.bias", "\(other).conv2.bias", [w])
        s.pair("\(d).embed_positions.weight", "\(other).positional_embedding", [1500, w])
      } else {
        s.pair("\(d).embed_tokens.weight", "\(other).token_embedding.weight", [5000, w])
        s.pair("\(d).embed_positions.weight", "\(other).positional_embedding", [448, w])
      }
      for n in 0..<3 {
        let a = "\(d).layers.\(n)"
        let b = "\(other).blocks.\(n)"
        for (one, two) in [("self_attn", "attn"), ("encoder_attn", "cross_attn")] where side == "decoder" || one == "self_attn" {
          s.dense("\(a).\(one).k_proj", "\(b).\(two).key", w, w, bias: false)
          s.dense("\(a).\(one).v_proj", "\(b).\(two).value", w, w)
          s.dense("\(a).\(one).q_proj", "\(b).\(two).query", w, w)
          s.dense("\(a).\(one).out_proj", "\(b).\(two).out", w, w)
          s.norm("\(a).\(one)_layer_norm", "\(b).\(two)_ln", w)
        }
        s.dense("\(a).fc1", "\(b).mlp.0", 4 * w, w)
        s.dense("\(a).fc2", "\(b).mlp.2", w, 4 * w)
        s.norm("\(a).final_layer_norm", "\(b).mlp_ln", w)
      }
      s.norm("\(d).layer_norm", side == "encoder" ? "encoder.ln_post" : "decoder.ln", w)
    }
    s.add("proj_out.weight", [5000, w], tiedTo: "model.decoder.embed_tokens.weight")
    s.map("proj_out.weight", ["decoder.token_embedding.weight"], "tie")
    return s.finish(
      "speech", causes: ["renamed_module", "tied_absent"], optional: ["renamed_leaf", "prefix_missing"])
  }

  // MARK: Encoders

  static func encoderToPlain() -> DiagnosisCase {
    var s = Skeleton()
    let w = 128
    s.pair("tok_emb.weight", "bert.embeddings.word_embeddings.weight", [3000, w])
    s.pair("pos_emb.weight", "bert.embeddings.position_embeddings.weight", [256, w])
    s.pair("seg_emb.weight", "bert.embeddings.token_type_embeddings.weight", [2, w])
    s.norm("emb_ln", "bert.embeddings.LayerNorm", w)
    for n in 0..<5 {
      let a = "blocks.\(n)"
      let b = "bert.encoder.layer.\(n)"
      s.dense("\(a).att.wq", "\(b).attention.self.query", w, w)
      s.dense("\(a).att.wk", "\(b).attention.self.key", w, w)
      s.dense("\(a).att.wv", "\(b).attention.self.value", w, w)
      s.dense("\(a).att.wo", "\(b).attention.output.dense", w, w)
      s.norm("\(a).ln1", "\(b).attention.output.LayerNorm", w)
      s.dense("\(a).ff.lin1", "\(b).intermediate.dense", 512, w)
      s.dense("\(a).ff.lin2", "\(b).output.dense", w, 512)
      s.norm("\(a).ln2", "\(b).output.LayerNorm", w)
    }
    return s.finish("encoderToPlain", causes: ["renamed_module"], container: "safetensors")
  }

  private static func vision(fusedInSource: Bool) -> DiagnosisCase {
    var s = Skeleton()
    let w = 192
    let hf = fusedInSource
    func pair(_ long: String, _ short: String, _ shape: [Int]) {
      hf ? s.pair(long, short, shape) : s.pair(short, long, shape)
    }
    func dense(_ long: String, _ short: String, _ out: Int, _ input: Int) {
      pair(long + ".weight", short + ".weight", [out, input])
      pair(long + ".bias", short + ".bias", [out])
    }
    pair("embeddings.cls_token", "cls_token", [1, 1, w])
    pair("embeddings.position_embeddings", "pos_embed", [1, 65, w])
    pair("embeddings.patch_embeddings.projection.weight", "patch_embed.proj.weight", [w, 3, 8, 8])
    pair("embeddings.patch_embeddings.projection.bias", "patch_embed.proj.bias", [w])
    for n in 0..<6 {
      let long = "encoder.layer.\(n)"
      let short = "blocks.\(n)"
      for kind in ["weight", "bias"] {
        let tail = kind == "weight" ? [w] : []
        let parts = ["query", "key", "value"].map { "\(long).attention.attention.\($0).\(kind)" }
        let whole = "\(short).attn.qkv.\(kind)"
        if hf {
          s.addSource(whole, [3 * w] + tail)
          for (at, part) in parts.enumerated() {
            s.add(part, [w] + tail)
            s.map(part, [whole], "split(0,\(at),3)")
          }
        } else {
          s.add(whole, [3 * w] + tail)
          for part in parts { s.addSource(part, [w] + tail) }
          s.map(whole, parts, "concat(0)")
        }
      }
      dense("\(long).attention.output.dense", "\(short).attn.proj", w, w)
      dense("\(long).intermediate.dense", "\(short).mlp.fc1", 4 * w, w)
      dense("\(long).output.dense", "\(short).mlp.fc2", w, 4 * w)
      pair("\(long).layernorm_before.weight", "\(short).norm1.weight", [w])
      pair("\(long).layernorm_before.bias", "\(short).norm1.bias", [w])
      pair("\(long).layernorm_after.weight", "\(short).norm2.weight", [w])
      pair("\(long).layernorm_after.bias", "\(short).norm2.bias", [w])
    }
    pair("layernorm.weight", "norm.weight", [w])
    pair("layernorm.bias", "norm.bias", [w])
    return s.finish(
      hf ? "visionFused" : "visionFusedBack", causes: ["renamed_module", hf ? "fused_split" : "split_fused"],
      optional: ["renamed_leaf"], container: "safetensors", alphabetical: true)
  }

  static func visionFused() -> DiagnosisCase { vision(fusedInSource: true) }
  static func visionFusedBack() -> DiagnosisCase { vision(fusedInSource: false) }

  // MARK: Decoders

  static func groupedGGUF() -> DiagnosisCase {
    var s = Skeleton()
    let w = 256
    s.pair("model.embed_tokens.weight", "token_embd.weight", [4000, w])
    for n in 0..<4 {
      let a = "model.layers.\(n)"
      let b = "blk.\(n)"
      s.dense("\(a).self_attn.q_proj", "\(b).attn_q", w, w)
      s.dense("\(a).self_attn.k_proj", "\(b).attn_k", 64, w)
      s.dense("\(a).self_attn.v_proj", "\(b).attn_v", 64, w)
      s.dense("\(a).self_attn.o_proj", "\(b).attn_output", w, w, bias: false)
      s.dense("\(a).mlp.gate_proj", "\(b).ffn_gate", 704, w, bias: false)
      s.dense("\(a).mlp.up_proj", "\(b).ffn_up", 704, w, bias: false)
      s.dense("\(a).mlp.down_proj", "\(b).ffn_down", w, 704, bias: false)
      s.norm("\(a).input_layernorm", "\(b).attn_norm", w, bias: false)
      s.norm("\(a).post_attention_layernorm", "\(b).ffn_norm", w, bias: false)
    }
    s.norm("model.norm", "output_norm", w, bias: false)
    s.pair("lm_head.weight", "output.weight", [4000, w])
    return s.finish(
      "groupedGGUF", causes: ["renamed_module"], container: "gguf",
      metadata: ["general.architecture": "qwen2"])
  }

  static func decoderOnlyRename() -> DiagnosisCase {
    var s = Skeleton()
    let w = 320
    s.pair("decoder.wte.weight", "model.embed_in.weight", [2048, w])
    for n in 0..<7 {
      let a = "decoder.stack.\(n)"
      let b = "model.layers.\(n)"
      s.pair("\(a).qkv.weight", "\(b).att.query_key_value_all.weight", [3 * w, w])
      s.pair("\(a).attn_out.weight", "\(b).att.dense.weight", [w, w])
      s.pair("\(a).up.weight", "\(b).ffn.dense_in.weight", [4 * w, w])
      s.pair("\(a).down.weight", "\(b).ffn.dense_out.weight", [w, 4 * w])
      s.pair("\(a).norm_attn.scale", "\(b).input_layernorm.weight", [w])
      s.pair("\(a).norm_mlp.scale", "\(b).post_attention_layernorm.weight", [w])
    }
    s.pair("decoder.norm_final.scale", "model.final_norm.weight", [w])
    s.pair("decoder.lm_head.weight", "embed_out.weight", [2048, w])
    return s.finish(
      "decoderOnlyRename", causes: ["renamed_module", "renamed_leaf"], container: "safetensors")
  }

  static func seq2seqFlax() -> DiagnosisCase {
    var s = Skeleton()
    let w = 64
    s.pair("shared.weight", "params.shared.embedding", [900, w])
    for side in ["encoder", "decoder"] {
      for n in 0..<3 {
        let attentions = side == "encoder" ? ["SelfAttention"] : ["SelfAttention", "EncDecAttention"]
        for (at, attention) in attentions.enumerated() {
          let path = "\(side).block.\(n).layer.\(at)"
          for part in ["q", "k", "v", "o"] {
            s.kernel("\(path).\(attention).\(part)", "params.\(path).\(attention).\(part)", w, w, bias: false)
          }
          s.pair("\(path).layer_norm.weight", "params.\(path).layer_norm.weight", [w])
        }
        let path = "\(side).block.\(n).layer.\(attentions.count)"
        s.kernel("\(path).DenseReluDense.wi_0", "params.\(path).DenseReluDense.wi_0", 160, w, bias: false)
        s.kernel("\(path).DenseReluDense.wi_1", "params.\(path).DenseReluDense.wi_1", 160, w, bias: false)
        s.kernel("\(path).DenseReluDense.wo", "params.\(path).DenseReluDense.wo", w, 160, bias: false)
        s.pair("\(path).layer_norm.weight", "params.\(path).layer_norm.weight", [w])
      }
      s.pair("\(side).final_layer_norm.weight", "params.\(side).final_layer_norm.weight", [w])
    }
    s.add("encoder.embed_tokens.weight", [900, w], tiedTo: "shared.weight")
    s.map("encoder.embed_tokens.weight", ["params.shared.embedding"], "tie")
    s.add("decoder.embed_tokens.weight", [900, w], tiedTo: "shared.weight")
    s.map("decoder.embed_tokens.weight", ["params.shared.embedding"], "tie")
    s.kernel("lm_head", "params.lm_head", 900, w, bias: false)
    return s.finish(
      "seq2seqFlax", causes: ["transposed", "renamed_leaf", "wrapper_nesting", "tied_absent"],
      optional: ["prefix_added"], container: "flax-msgpack", alphabetical: true)
  }

  static func stateSpace() -> DiagnosisCase {
    var s = Skeleton()
    let w = 128
    s.pair("backbone.embeddings.weight", "backbone.embedding.weight", [2000, w], "cast")
    for n in 0..<6 {
      let path = "backbone.layers.\(n)"
      s.pair("\(path).norm.weight", "\(path).norm.weight", [w], "cast")
      s.pair("\(path).mixer.A_log", "\(path).mixer.A_log", [2 * w, 16], "cast")
      s.pair("\(path).mixer.D", "\(path).mixer.D", [2 * w], "cast")
      s.pair("\(path).mixer.conv1d.weight", "\(path).mixer.conv1d.weight", [2 * w, 1, 4], "cast")
      s.pair("\(path).mixer.in_proj.weight", "\(path).mixer.in_proj.weight", [4 * w, w], "cast")
      s.pair("\(path).mixer.out_proj.weight", "\(path).mixer.out_proj.weight", [w, 2 * w], "cast")
    }
    s.pair("backbone.norm_f.weight", "backbone.norm_f.weight", [w], "cast")
    var one = s.finish("stateSpace", causes: ["renamed_module", "dtype_mismatch"])
    for at in one.source.tensors.indices { one.source.tensors[at].dtype = "BF16" }
    return one
  }

  // MARK: Experts and stacks

  static func expertsStackedSource() -> DiagnosisCase {
    var s = Skeleton()
    let w = 64
    s.pair("model.embed_tokens.weight", "model.embed_tokens.weight", [500, w])
    for n in 0..<3 {
      let path = "model.layers.\(n)"
      s.pair("\(path).norm.weight", "\(path).norm.weight", [w])
      s.pair("\(path).attn.weight", "\(path).attn.weight", [w, w])
      s.pair("\(path).mlp.gate.weight", "\(path).mlp.gate.weight", [4, w])
      s.addSource("\(path).mlp.experts.up_proj", [4, 96, w])
      s.addSource("\(path).mlp.experts.down_proj", [4, w, 96])
      for e in 0..<4 {
        for (part, shape) in [("up_proj", [96, w]), ("down_proj", [w, 96])] {
          s.add("\(path).mlp.experts.\(e).\(part).weight", shape)
          s.map("\(path).mlp.experts.\(e).\(part).weight", ["\(path).mlp.experts.\(part)"], "index(0,\(e))")
        }
      }
    }
    return s.finish(
      "expertsStackedSource", causes: ["expert_stack"], optional: ["renamed_leaf", "renamed_module"],
      container: "safetensors")
  }

  static func expertsTransposed() -> DiagnosisCase {
    var s = Skeleton()
    let w = 64
    s.pair("model.embed_tokens.weight", "model.embed_tokens.weight", [500, w])
    for n in 0..<3 {
      let path = "model.layers.\(n)"
      s.pair("\(path).input_layernorm.weight", "\(path).input_layernorm.weight", [w])
      s.pair("\(path).self_attn.o_proj.weight", "\(path).self_attn.o_proj.weight", [w, w])
      s.pair("\(path).mlp.router.weight", "\(path).mlp.router.weight", [6, w])
      for part in ["gate_proj", "up_proj"] {
        let names = (0..<6).map { "\(path).mlp.experts.\($0).\(part).weight" }
        for name in names { s.addSource(name, [80, w]) }
        s.add("\(path).mlp.experts.\(part)", [6, 80, w])
        s.map("\(path).mlp.experts.\(part)", names, "stack(0)")
      }
      let names = (0..<6).map { "\(path).mlp.experts.\($0).down_proj.weight" }
      for name in names { s.addSource(name, [w, 80]) }
      s.add("\(path).mlp.experts.down_proj", [6, w, 80])
      s.map("\(path).mlp.experts.down_proj", names, "stack(0)")
    }
    return s.finish(
      "expertsTransposed", causes: ["expert_stack"], optional: ["renamed_leaf", "renamed_module", "reshaped"],
      container: "safetensors")
  }

  static func scanDestination() -> DiagnosisCase {
    var s = Skeleton()
    let w = 48
    s.pair("embed.weight", "embed.weight", [700, w])
    for (part, shape) in [("ln.weight", [w]), ("ln.bias", [w]), ("fc.weight", [2 * w, w]), ("fc.bias", [2 * w]), ("out.weight", [w, 2 * w])] {
      let names = (0..<5).map { "layers.\($0).\(part)" }
      s.add("layers.\(part)", [5] + shape)
      for name in names { s.addSource(name, shape) }
      s.map("layers.\(part)", names, "stack(0)")
    }
    s.pair("head.weight", "head.weight", [10, w])
    return s.finish("scanDestination", causes: ["stacked_layers"])
  }

  // MARK: Convolutions

  static func mobile() -> DiagnosisCase {
    var s = Skeleton()
    s.pair("conv_stem.weight", "features.0.0.weight", [16, 3, 3, 3])
    s.batchNorm("bn1", "features.0.1", 16)
    let widths = [16, 24, 40, 48]
    for n in 0..<4 {
      let input = n == 0 ? 16 : widths[n - 1]
      let out = widths[n]
      let a = "blocks.\(n)"
      let b = "features.\(n + 1).conv"
      s.pair("\(a).conv_pw.weight", "\(b).0.0.weight", [4 * input, input, 1, 1])
      s.batchNorm("\(a).bn1", "\(b).0.1", 4 * input)
      s.pair("\(a).conv_dw.weight", "\(b).1.0.weight", [4 * input, 1, 3, 3])
      s.batchNorm("\(a).bn2", "\(b).1.1", 4 * input)
      s.pair("\(a).conv_pwl.weight", "\(b).2.weight", [out, 4 * input, 1, 1])
      s.batchNorm("\(a).bn3", "\(b).3", out)
    }
    s.pair("conv_head.weight", "features.5.0.weight", [320, 48, 1, 1])
    s.batchNorm("bn2", "features.5.1", 320)
    s.dense("classifier", "classifier.1", 100, 320)
    return s.finish("mobile", causes: ["renamed_module"], optional: ["index_shift"])
  }

  static func kerasConvolutions() -> DiagnosisCase {
    var s = Skeleton()
    let widths = [3, 16, 24, 40]
    for n in 1...3 {
      s.pair("features.\(4 * (n - 1)).weight", "model_weights/conv2d_\(n)/kernel", [widths[n], widths[n - 1], 3, 3],
        from: [3, 3, widths[n - 1], widths[n]], "permute[3,2,0,1]")
      s.pair("features.\(4 * (n - 1)).bias", "model_weights/conv2d_\(n)/bias", [widths[n]])
      let bn = "features.\(4 * (n - 1) + 1)"
      s.pair("\(bn).weight", "model_weights/batch_normalization_\(n)/gamma", [widths[n]])
      s.pair("\(bn).bias", "model_weights/batch_normalization_\(n)/beta", [widths[n]])
      s.pair("\(bn).running_mean", "model_weights/batch_normalization_\(n)/moving_mean", [widths[n]])
      s.pair("\(bn).running_var", "model_weights/batch_normalization_\(n)/moving_variance", [widths[n]])
      s.add("\(bn).num_batches_tracked", [], dtype: "I64")
    }
    s.pair("fc1.weight", "model_weights/dense/kernel", [64, 40 * 16], from: [40 * 16, 64],
      "reshape[4,4,40,64]|permute[3,2,0,1]|reshape[64,640]")
    s.pair("fc1.bias", "model_weights/dense/bias", [64])
    s.kernel("fc2", "model_weights/dense_1", 5, 64)
    return s.finish(
      "kerasConvolutions",
      causes: ["renamed_module", "renamed_leaf", "axis_permuted", "transposed", "flatten_order", "wrapper_nesting", "buffers_missing"],
      optional: ["prefix_added"], container: "hdf5", alphabetical: true)
  }

  static func toKerasOrder() -> DiagnosisCase {
    var s = Skeleton()
    let widths = [3, 12, 20]
    for n in 1...2 {
      s.pair("conv_\(n).kernel", "conv_\(n).weight", [5, 5, widths[n - 1], widths[n]],
        from: [widths[n], widths[n - 1], 5, 5], "permute[2,3,1,0]")
      s.pair("conv_\(n).bias", "conv_\(n).bias", [widths[n]])
    }
    s.pair("head.kernel", "head.weight", [20, 7], from: [7, 20], "transpose")
    s.pair("head.bias", "head.bias", [7])
    return s.finish("toKerasOrder", causes: ["axis_permuted", "transposed", "renamed_leaf"])
  }

  static func juliaConvolutions() -> DiagnosisCase {
    var s = Skeleton()
    let widths = [1, 8, 16]
    for n in 1...2 {
      s.pair("\(2 * (n - 1)).weight", "model_state.layers.\(n).weight", [widths[n], widths[n - 1], 3, 5],
        from: [5, 3, widths[n - 1], widths[n]], "permute[3,2,1,0]")
      s.pair("\(2 * (n - 1)).bias", "model_state.layers.\(n).bias", [widths[n]])
    }
    s.pair("5.weight", "model_state.layers.3.weight", [10, 144], from: [144, 10], "transpose")
    s.pair("5.bias", "model_state.layers.3.bias", [10])
    return s.finish(
      "juliaConvolutions", causes: ["reversed_dims", "index_shift", "wrapper_nesting", "prefix_added"],
      container: "jld2 (hdf5)", metadata: ["julia_version": "1.11"])
  }

  static func windows() -> DiagnosisCase {
    var s = Skeleton()
    s.pair("patch_embed.proj.weight", "patch_embed.proj.weight", [32, 3, 4, 4], "identity")
    for n in 0..<2 {
      for b in 0..<2 {
        let path = "layers.\(n).blocks.\(b)"
        let w = 32 << n
        s.pair("\(path).attn.qkv.weight", "\(path).attn.qkv.weight", [3 * w, w], "identity")
        s.pair("\(path).attn.relative_position_bias_table", "\(path).attn.relative_position_bias_table", [529, 2 << n],
          from: [169, 2 << n], "resize")
        s.pair("\(path).norm1.weight", "\(path).norm1.weight", [w], "identity")
      }
    }
    s.add("head.weight", [12, 64])
    s.addSource("head.weight", [1000, 64])
    s.add("head.bias", [12])
    s.addSource("head.bias", [1000])
    return s.finish("windows", causes: ["pos_embed_resized", "head_resized"])
  }

  static func detectorHead() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<4 {
      s.pair("body.layer\(n + 1).conv.weight", "state_dict.module.body.layer\(n + 1).conv.weight", [16, 16, 3, 3])
      s.batchNorm("body.layer\(n + 1).bn", "state_dict.module.body.layer\(n + 1).bn", 16)
    }
    s.add("roi.cls_score.weight", [4, 32])
    s.addSource("state_dict.module.roi.cls_score.weight", [91, 32])
    s.add("roi.cls_score.bias", [4])
    s.addSource("state_dict.module.roi.cls_score.bias", [91])
    s.add("roi.bbox_pred.weight", [16, 32])
    s.addSource("state_dict.module.roi.bbox_pred.weight", [364, 32])
    s.add("roi.bbox_pred.bias", [16])
    s.addSource("state_dict.module.roi.bbox_pred.bias", [364])
    return s.finish(
      "detectorHead", causes: ["wrapper_nesting", "prefix_added", "head_resized"],
      metadata: ["epoch": "12"])
  }

  static func unetFused() -> DiagnosisCase {
    var s = Skeleton()
    for (n, w) in [32, 64].enumerated() {
      let a = "down_blocks.\(n)"
      let b = "input_blocks.\(n)"
      s.pair("\(a).resnet.conv1.weight", "\(b).in_layers.2.weight", [w, w, 3, 3])
      s.pair("\(a).resnet.conv1.bias", "\(b).in_layers.2.bias", [w])
      s.pair("\(a).resnet.time_emb_proj.weight", "\(b).emb_layers.1.weight", [w, 128])
      s.pair("\(a).resnet.time_emb_proj.bias", "\(b).emb_layers.1.bias", [w])
      for (at, part) in ["to_q", "to_k", "to_v"].enumerated() {
        s.add("\(a).attention.\(part).weight", [w, w])
        s.map("\(a).attention.\(part).weight", ["\(b).attention.qkv.weight"], "split(0,\(at),3)|reshape[\(w),\(w)]")
      }
      s.addSource("\(b).attention.qkv.weight", [3 * w, w, 1])
      s.pair("\(a).attention.to_out.weight", "\(b).attention.proj_out.weight", [w, w], from: [w, w, 1], "reshape[\(w),\(w)]")
    }
    s.pair("conv_in.weight", "first.weight", [32, 3, 3, 3])
    return s.finish(
      "unetFused", causes: ["renamed_module", "fused_split", "reshaped"], container: "safetensors")
  }

  static func denoiser() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<3 {
      for b in 0..<2 {
        s.pair("up_blocks.\(n).resnets.\(b).conv.weight", "dec.up.\(2 - n).block.\(b).conv.weight",
          [16 << (2 - n), 16 << (2 - n), 3, 3])
        s.pair("up_blocks.\(n).resnets.\(b).conv.bias", "dec.up.\(2 - n).block.\(b).conv.bias", [16 << (2 - n)])
        s.norm("up_blocks.\(n).resnets.\(b).norm", "dec.up.\(2 - n).block.\(b).norm", 16 << (2 - n))
      }
    }
    s.pair("conv_out.weight", "dec.conv_out.weight", [3, 16, 3, 3])
    s.pair("conv_out.bias", "dec.conv_out.bias", [3])
    return s.finish(
      "denoiser", causes: ["renamed_module"], optional: ["index_shift", "prefix_added"],
      container: "safetensors")
  }

  // MARK: Training files

  static func lightningCompiled() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<4 {
      let name = "enc.\(n).lin.weight"
      s.pair(name, "state_dict.model._orig_mod.\(name)", [32, 32])
      s.pair("enc.\(n).lin.bias", "state_dict.model._orig_mod.enc.\(n).lin.bias", [32])
      s.addSource("state_dict.ema_model._orig_mod.\(name)", [32, 32])
      s.addSource("state_dict.ema_model._orig_mod.enc.\(n).lin.bias", [32])
      s.addSource("optimizer_states.0.state.\(n).exp_avg", [32, 32])
    }
    return s.finish(
      "lightningCompiled",
      causes: ["wrapper_nesting", "prefix_added", "ema_copy", "optimizer_state_included"],
      metadata: ["epoch": "3"])
  }

  static func sequentialInsert() -> DiagnosisCase {
    var s = Skeleton()
    let widths = [40, 30, 20, 10]
    for (at, place) in [0, 3, 6].enumerated() {
      s.pair("net.\(place).weight", "net.\(2 * at).weight", [widths[at + 1], widths[at]], at == 0 ? "identity" : "rename")
      s.pair("net.\(place).bias", "net.\(2 * at).bias", [widths[at + 1]])
    }
    return s.finish("sequentialInsert", causes: ["index_shift"])
  }

  static func siblings() -> DiagnosisCase {
    var s = Skeleton()
    s.add("emb.tok.weight", [800, 64])
    s.addSource("emb.tok.weight", [800, 128])
    for n in 0..<6 {
      for (leaf, one, two) in [("q.weight", [64, 64], [128, 128]), ("f.weight", [256, 64], [512, 128]), ("n.weight", [64], [128])] {
        if n < 4 { s.add("layers.\(n).\(leaf)", one) }
        s.addSource("layers.\(n).\(leaf)", two)
      }
    }
    return s.finish("siblings", causes: ["width_mismatch"], optional: ["depth_mismatch"])
  }

  static func vocoder() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<4 {
      for leaf in ["bias"] { s.pair("ups.\(n).\(leaf)", "generator.ups.\(n).\(leaf)", [64 >> n]) }
      let shape = [128 >> n, 64 >> n, 8]
      s.add("ups.\(n).weight", shape)
      let g = "generator.ups.\(n).parametrizations.weight.original0"
      let v = "generator.ups.\(n).parametrizations.weight.original1"
      s.addSource(g, [128 >> n, 1, 1])
      s.addSource(v, shape)
      s.map("ups.\(n).weight", [g, v], "weight_norm(0)")
    }
    return s.finish(
      "vocoder", causes: ["weight_norm_reparam", "wrapper_nesting"], optional: ["prefix_added"])
  }

  // MARK: Packed

  static func mlxPacked() -> DiagnosisCase {
    var s = Skeleton()
    s.pair("model.norm.weight", "model.norm.weight", [256])
    for n in 0..<3 {
      s.pair("model.layers.\(n).norm.weight", "model.layers.\(n).norm.weight", [256])
      for part in ["q_proj", "o_proj"] {
        let path = "model.layers.\(n).self_attn.\(part)"
        s.add("\(path).weight", [256, 256], dtype: "F16")
        s.addSource("\(path).weight", [256, 32], dtype: "U32")
        s.addSource("\(path).scales", [256, 4], dtype: "F16")
        s.addSource("\(path).biases", [256, 4], dtype: "F16")
        s.map("\(path).weight", ["\(path).weight", "\(path).scales", "\(path).biases"], "dequantise")
      }
    }
    return s.finish(
      "mlxPacked", causes: ["quantised_packed"], container: "safetensors",
      metadata: ["format": "mlx", "quantization.bits": "4", "quantization.group_size": "64"])
  }

  static func awq() -> DiagnosisCase {
    var s = Skeleton()
    s.pair("model.norm.weight", "base.model.norm.weight", [128])
    for n in 0..<4 {
      s.pair("model.layers.\(n).norm.weight", "base.model.layers.\(n).norm.weight", [128])
      let path = "model.layers.\(n).mlp.down_proj"
      s.add("\(path).weight", [128, 256], dtype: "F16")
      s.addSource("base.\(path).qweight", [256, 16], dtype: "I32")
      s.addSource("base.\(path).qzeros", [2, 16], dtype: "I32")
      s.addSource("base.\(path).scales", [2, 128], dtype: "F16")
      s.map("\(path).weight", ["qweight", "qzeros", "scales"].map { "base.\(path).\($0)" }, "dequantise")
    }
    return s.finish("awq", causes: ["quantised_packed", "prefix_added"], container: "safetensors")
  }

  // MARK: Recurrent, attention

  static func recurrentBack() -> DiagnosisCase {
    var s = Skeleton()
    s.pair("emb.weight", "emb.weight", [100, 24], "identity")
    for n in 0..<2 {
      s.pair("rnn.weight_ih_l\(n)", "encoder.weight_ih_l\(n)", [128, n == 0 ? 24 : 32])
      s.pair("rnn.weight_hh_l\(n)", "encoder.weight_hh_l\(n)", [128, 32])
      s.pair("rnn.bias_ih_l\(n)", "encoder.bias_ih_l\(n)", [128])
      s.pair("rnn.bias_hh_l\(n)", "encoder.bias_hh_l\(n)", [128])
    }
    s.dense("out", "out", 9, 32)
    return s.finish("recurrentRename", causes: ["renamed_module"])
  }

  static func keyValueSplit() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<4 {
      let path = "layers.\(n)"
      s.pair("\(path).attn.to_q.weight", "\(path).attn.to_q.weight", [64, 64], "identity")
      s.addSource("\(path).attn.to_kv.weight", [128, 64])
      for (at, part) in ["to_k", "to_v"].enumerated() {
        s.add("\(path).attn.\(part).weight", [64, 64])
        s.map("\(path).attn.\(part).weight", ["\(path).attn.to_kv.weight"], "split(0,\(at),2)")
      }
      s.pair("\(path).attn.to_out.weight", "\(path).attn.to_out.weight", [64, 64], "identity")
    }
    return s.finish("keyValueSplit", causes: ["fused_split"])
  }

  static func towers() -> DiagnosisCase {
    var s = Skeleton()
    for (tower, w) in [("image", 48), ("text", 48)] {
      for n in 0..<3 {
        s.pair("clip.\(tower)_tower.layers.\(n).fc.weight", "\(tower).blocks.\(n).mlp.weight", [4 * w, w])
        s.pair("clip.\(tower)_tower.layers.\(n).proj.weight", "\(tower).blocks.\(n).out.weight", [w, 4 * w])
        s.norm("clip.\(tower)_tower.layers.\(n).ln", "\(tower).blocks.\(n).norm", w)
      }
    }
    s.pair("clip.scale", "logit_scale", [])
    return s.finish("towers", causes: ["renamed_module"], optional: ["renamed_leaf"])
  }

  // MARK: Fine and unrelated

  static func fine() -> DiagnosisCase {
    var s = Skeleton()
    for n in 0..<3 { s.dense("l.\(n)", "l.\(n)", 8, 8) }
    s.batchNorm("bn", "bn", 8)
    return s.finish("fine", causes: [])
  }

  static func unrelatedSpeechVision() -> DiagnosisCase {
    let one = speech()
    let two = visionFused()
    return DiagnosisCase(
      id: "unrelatedSpeechVision", title: "", destination: two.destination, source: one.source,
      causes: ["different_architecture"], optional: [], rows: [:])
  }

  static func unrelatedRecurrent() -> DiagnosisCase {
    let one = recurrentBack()
    let two = decoderOnlyRename()
    return DiagnosisCase(
      id: "unrelatedRecurrent", title: "", destination: two.destination, source: one.source,
      causes: ["different_architecture"], optional: [], rows: [:])
  }

  static func unrelatedConvolutions() -> DiagnosisCase {
    let one = mobile()
    let two = unetFused()
    return DiagnosisCase(
      id: "unrelatedConvolutions", title: "", destination: one.destination, source: two.source,
      causes: ["different_architecture"], optional: [], rows: [:])
  }
}
