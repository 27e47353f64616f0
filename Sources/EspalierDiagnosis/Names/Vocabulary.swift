/// Conventions of the field: words that every tool which reads checkpoints is expected to know.
///
/// Nothing here belongs to one architecture. Words are hints only: shapes, counts and order decide
/// first, and a name that is not listed costs a hint, not a match.
enum Vocabulary {
  // MARK: Wrappers and containers

  /// Entries of a training checkpoint under which the weights lie.
  static let containers: Set<String> = [
    "state_dict", "model_state_dict", "model_state", "model", "params", "params_ema", "weights",
    "model_weights", "module", "network", "net", "state", "ema", "ema_state_dict",
    "state_dict_ema", "model_ema", "variables", "target", "generator", "layers", "teacher",
    "student",
  ]
  /// Collections that hold one tree of a model's variables each.
  static let collections: Set<String> = ["params", "batch_stats", "buffers", "variables", "cache"]
  /// Attribute names that wrappers put before or into paths.
  static let wrappers: Set<String> = [
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
    "base_layer", "base_model", "original_module", "_wrapped_module", "orig_module", "_layer",
  ]
  /// Files of these formats are flat; a first component there is part of the name.
  static let flatFormats = ["safetensors", "gguf", "npz", "tf-checkpoint", "nn.module"]

  // MARK: What is no weight

  static let optimizerEntries: Set<String> = [
    "optimizer", "optimizers", "optimizer_states", "optimizer_state", "optimizer_state_dict",
    "opt_state", "opt", "optim", "optim_state", "lr_scheduler", "lr_schedulers", "scaler",
    "last_optimizer_state", "optimizer_g", "optimizer_d", "optimiser",
  ]
  static let optimizerLeaves: Set<String> = [
    "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "acc_delta",
    "grad_avg", "adam_m", "adam_v", "Adam", "Adam_1", "Momentum", "RMSProp", "exp_inf", "mu", "nu",
    "exp_avg_sq_row", "exp_avg_sq_col",
  ]
  static let copyWords: Set<String> = [
    "ema", "shadow", "teacher", "momentum", "avg", "average", "averaged", "target", "k", "mean",
    "old", "slow", "key", "swa",
  ]
  /// Buffers that a model computes for itself or counts with.
  static let bufferWords: Set<String> = [
    "num_batches_tracked", "position_ids", "token_type_ids", "inv_freq", "freqs", "freqs_cis",
    "relative_position_index", "attn_mask", "mask", "masked_bias", "causal_mask", "tril", "triu",
    "relative_coords_table", "queue", "queue_ptr", "pixel_mean", "pixel_std", "cos_cached",
    "sin_cached", "n_averaged", "total_ops", "total_params", "cell_anchors", "criterion",
    "loss_fn", "loss", "version", "dummy_tensor_fct", "anchors", "filter", "window", "bias_mask",
    "embed_positions_float_tensor", "rope", "alibi", "betas", "alphas_cumprod", "count", "step",
  ]

  // MARK: Parameter names

  enum Role: Int, CaseIterable {
    case weight, bias, mean, variance, counter, other

    static let count = allCases.count
  }

  static func role(_ leaf: String) -> Role { roles[leaf] ?? leafRole(inside: leaf) }

  private static let roles: [String: Role] = {
    let names: [(Role, [String])] = [
      (
        .weight,
        [
          "weight", "kernel", "gamma", "scale", "w", "g", "W", "embedding", "embeddings", "weights",
          "depthwise_kernel", "pointwise_kernel", "output_weights", "table", "gain", "γ",
        ]
      ),
      (.bias, ["bias", "b", "beta", "offset", "biases", "output_bias", "shift", "β"]),
      (.mean, ["running_mean", "mean", "moving_mean", "mu", "μ"]),
      (.variance, ["running_var", "var", "moving_variance", "variance", "σ²", "sigma2"]),
      (.counter, ["num_batches_tracked", "count", "counter", "step"]),
    ]
    return Dictionary(
      uniqueKeysWithValues: names.flatMap { role, names in names.map { ($0, role) } })
  }()

  /// The name says bias and nothing else.
  static func isPlainBias(_ leaf: String) -> Bool {
    let words = leaf.split(separator: "_").map { String($0) }
    return role(leaf) == .bias && words.count < 3
  }

  /// `in_proj_weight`, `bias_ih_l0`, `recurrent_kernel`: the role is one of the words.
  private static func leafRole(inside leaf: String) -> Role {
    guard leaf.utf8.contains(UInt8(ascii: "_")) else { return .other }
    let words = leaf.split(separator: "_")
    if words.contains("bias") || words.contains("biases") { return .bias }
    if words.contains("weight") || words.contains("kernel") { return .weight }
    return .other
  }

  // MARK: Module names

  /// Concepts behind the words of module names, so that spellings compare. Words that are not
  /// listed stand for themselves.
  static let concepts: [String: [String]] = [
    "attn": ["attention"], "attention": ["attention"], "selfattention": ["attention", "self"],
    "multiheadattention": ["attention"], "mha": ["attention"], "sa": ["attention", "self"],
    "multiheaddotproductattention": ["attention"], "multihead": ["attention"],
    "encdecattention": ["attention", "cross"], "crossattention": ["attention", "cross"],
    "self": ["self"], "cross": ["cross"], "encoderattention": ["attention", "cross"],
    "q": ["query"], "wq": ["query"], "query": ["query"], "queries": ["query"], "q_proj": ["query"],
    "k": ["key"], "wk": ["key"], "key": ["key"], "keys": ["key"], "v": ["value"], "wv": ["value"],
    "value": ["value"], "values": ["value"], "qkv": ["qkv"], "o": ["out"], "wo": ["out"],
    "out": ["out"], "output": ["out"], "proj": ["proj"], "projection": ["proj"], "linear": ["proj"],
    "dense": ["proj"], "lin": ["proj"],
    "mlp": ["mlp"], "ffn": ["mlp"], "ff": ["mlp"], "feedforward": ["mlp"],
    "mlpblock": ["mlp"], "densereludense": ["mlp"], "intermediate": ["mlp", "up"], "fc": ["fc"],
    "up": ["up"], "down": ["down"], "gate": ["gate"], "wi": ["up", "mlp"],
    "ln": ["norm"], "layernorm": ["norm"], "norm": ["norm"], "normalization": ["norm"],
    "rmsnorm": ["norm"], "layer_norm": ["norm"], "batchnorm": ["norm"], "bn": ["norm"],
    "layrnorm": ["norm"], "groupnorm": ["norm"], "gn": ["norm"], "rms": ["norm"],
    "conv": ["conv"], "convolution": ["conv"], "conv2d": ["conv"], "conv1d": ["conv"],
    "cv": ["conv"], "dwconv": ["conv", "dw"], "depthwise": ["dw"], "dw": ["dw"],
    "emb": ["embed"], "embd": ["embed"], "embed": ["embed"], "embedding": ["embed"],
    "embeddings": ["embed"], "embeds": ["embed"], "embedder": ["embed"],
    "tok": ["token"], "token": ["token"], "tokens": ["token"], "word": ["token"],
    "words": ["token"], "wte": ["token", "embed"], "vocab": ["token"],
    "shared": ["token", "embed"], "posembed": ["position", "embed"],
    "posemb": ["position", "embed"],
    "pos": ["position"], "position": ["position"], "positions": ["position"],
    "positional": ["position"], "wpe": ["position", "embed"], "patch": ["patch"],
    "patches": ["patch"], "cls": ["class"], "class": ["class"], "head": ["head"],
    "classifier": ["head"], "logits": ["head"], "heads": ["head"], "predictions": ["head"],
    "encoder": ["encoder"], "enc": ["encoder"], "decoder": ["decoder"], "dec": ["decoder"],
    "visual": ["vision"], "vision": ["vision"], "image": ["vision"], "img": ["vision"],
    "text": ["text"], "textual": ["text"], "lm": ["lm"], "downsample": ["shortcut", "down"],
    "downsampler": ["down"], "downsamplers": ["down", "shortcut"], "upsample": ["up"],
    "upsamplers": ["up"], "upsampler": ["up"], "shortcut": ["shortcut"], "skip": ["shortcut"],
    "nin": ["conv"], "identity": ["shortcut"], "final": ["final"], "f": ["final"],
    "fin": ["final"], "type": ["type"], "types": ["type"], "segment": ["type"],
    "mask": ["mask"], "masked": ["mask"], "experts": ["expert"], "expert": ["expert"],
    "mid": ["mid"], "middle": ["mid"], "post": ["post"], "pre": ["pre"], "bbox": ["bbox"],
    "input": ["input"], "recurrent": ["hidden"], "hh": ["hidden"], "ih": ["input"],
    "dist": ["distillation"], "reg": ["register"], "spec": [],
    "router": ["gate"], "content": ["content"], "module": [], "model": [], "base": [], "main": [],
  ]

  /// What a layer is, whichever it is.
  static let kinds = ["proj", "fc"]

  /// Sisters in one block: a name that says one of them does not mean another.
  static let parts = ["query", "key", "value", "gate", "up", "down"]

  /// Which of a block's norms, in order, a norm's name says it is.
  static func normOrdinal(_ words: [String]) -> Int? {
    let text = words.joined(separator: "_")
    guard contains(text, "norm") || contains(text, "ln") else { return nil }
    let phrases: [(String, Int)] = [
      ("post_attention_layernorm", 2), ("post_attention_norm", 2),
      ("attn_output_norm", 1), ("layer_output_norm", 2), ("attention_output", 1),
      ("self_attn_layernorm", 1), ("sa_layernorm", 1), ("encoder_attn_layernorm", 5),
      ("output_layernorm", 2), ("final_layernorm", 9), ("layernorm_before", 1),
      ("layernorm_after", 2), ("norm_before", 1), ("norm_after", 2), ("input_layernorm", 1),
      ("input_layernorm", 1), ("input_norm", 1), ("attention_norm", 1), ("attn_norm", 1),
      ("attn_ln", 1), ("cross_attn_ln", 5), ("mlp_ln", 2), ("ffn_norm", 2), ("mlp_norm", 2),
      ("pre_attn", 1), ("pre_mlp", 2), ("ffn_ln", 2), ("ff_norm", 2), ("norm_mlp", 2),
      ("norm_attn", 1), ("ln_attn", 1), ("ln_mlp", 2), ("before", 1), ("after", 2),
    ]
    if contains(text, "cross_attn_ln") { return 5 }
    for (phrase, ordinal) in phrases where contains(text, phrase) { return ordinal }
    for ordinal in 1...3 where contains(text, "norm_\(ordinal)") || contains(text, "ln_\(ordinal)")
    {
      return ordinal
    }
    return nil
  }

  // MARK: Fused tensors

  /// Without one of these in a word there is no fused name.
  static let fusedStems = ["kv", "key", "proj", "attn", "gate", "w1"]

  /// What of query, key, value (or gate, up) a module's words name; order is the order of fusing.
  static func fusedOrder(_ words: [String]) -> [String]? {
    let text = words.joined(separator: "_")
    for phrase in ["qkv", "query_key_value", "in_proj", "c_attn", "wqkv", "Wqkv", "to_qkv"]
    where contains(text, phrase) { return ["query", "key", "value"] }
    if contains(text, "up_gate") || contains(text, "up_and_gate") { return ["up", "gate"] }
    for phrase in ["gate_up", "gate_and_up", "w12", "w13", "fc_gate_up"]
    where contains(text, phrase) { return ["gate", "up"] }
    for phrase in ["to_kv", "kv_proj", "key_value", "wkv", "c_kv"] where contains(text, phrase) {
      return ["key", "value"]
    }
    return nil
  }

  /// Fused rows are laid out head by head where the projection is spelt out in full.
  static func interleavesHeads(_ words: [String]) -> Bool {
    contains(words.joined(separator: "_"), "query_key_value")
  }
}
