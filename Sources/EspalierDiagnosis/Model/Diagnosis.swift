/// Why a load fails; the raw value is the id that reports use.
public enum Cause: String, CaseIterable, Sendable, Hashable {
  case prefixAdded = "prefix_added"
  case prefixMissing = "prefix_missing"
  case wrapperNesting = "wrapper_nesting"
  case wrapperInfix = "wrapper_infix"
  case renamedModule = "renamed_module"
  case renamedLeaf = "renamed_leaf"
  case indexShift = "index_shift"
  case transposed
  case axisPermuted = "axis_permuted"
  case reversedDims = "reversed_dims"
  case reshaped
  case ropePermuted = "rope_permuted"
  case qkvInterleaved = "qkv_interleaved"
  case chunkOrder = "chunk_order"
  case flattenOrder = "flatten_order"
  case fusedSplit = "fused_split"
  case splitFused = "split_fused"
  case stackedLayers = "stacked_layers"
  case expertStack = "expert_stack"
  case missingBias = "missing_bias"
  case biasUnexpected = "bias_unexpected"
  case tiedAbsent = "tied_absent"
  case tiedConflict = "tied_conflict"
  case buffersMissing = "buffers_missing"
  case buffersUnexpected = "buffers_unexpected"
  case optimizerStateIncluded = "optimizer_state_included"
  case emaCopy = "ema_copy"
  case subsetCheckpoint = "subset_checkpoint"
  case extraHead = "extra_head"
  case headResized = "head_resized"
  case vocabResized = "vocab_resized"
  case posEmbedResized = "pos_embed_resized"
  case depthMismatch = "depth_mismatch"
  case widthMismatch = "width_mismatch"
  case dtypeMismatch = "dtype_mismatch"
  case loraAdapter = "lora_adapter"
  case quantisedPacked = "quantised_packed"
  case weightNormReparam = "weight_norm_reparam"
  case bnFolded = "bn_folded"
  case differentArchitecture = "different_architecture"
}

/// Does it matter?
public enum Harm: String, Sendable, Hashable {
  /// Nothing that was trained is lost.
  case harmless
  /// The remedy loads, but somebody has to want it.
  case needsDecision = "needs decision"
  /// Without the remedy, or with none, the load fails or leaves the model untrained.
  case blocks
}

/// One cause with what shows it and what to do.
public struct Diagnosis: Sendable, Equatable {
  public var cause: Cause
  /// What happened, in one sentence that says destination or source.
  public var sentence: String
  /// Numbers and paths that show it.
  public var evidence: [String]
  public var harm: Harm
  /// Rules that repair it; empty where there is nothing to do or nothing that helps.
  public var remedy: [Rule]
  /// What a load fills by names and shapes alone.
  public var before: Coverage
  /// What it fills with every rule applied.
  public var after: Coverage
  /// Names and shapes cannot decide this; the sentence says what was assumed.
  public var isAssumption: Bool = false
}

/// Everything the engine found.
public struct Report: Sendable {
  public var diagnoses: [Diagnosis]
  public var mapping: Mapping
  /// All rules, in the order in which they apply.
  public var rules: [Rule]
  public var before: Coverage
  public var after: Coverage
  /// Destination and source tensors that no diagnosis explains.
  public var unexplained: (destination: [Int], source: [Int])
  public var hyperParameters: (destination: HyperParameters, source: HyperParameters)
}
