/// Why a load fails; the raw value is the id that reports use.
public enum Cause: String, CaseIterable, Sendable, Hashable {
  /// Source names have leading parts that the destination's lack (`module.`).
  case prefixAdded = "prefix_added"
  /// Destination names have leading parts that the source's lack.
  case prefixMissing = "prefix_missing"
  /// The weights lie below an entry such as `state_dict`.
  case wrapperNesting = "wrapper_nesting"
  /// A wrapper's name stands inside of source names (`_orig_mod`).
  case wrapperInfix = "wrapper_infix"
  /// Modules of the same structure have other names.
  case renamedModule = "renamed_module"
  /// Tensors of a module have other names (`gamma` for `weight`).
  case renamedLeaf = "renamed_leaf"
  /// Numbers in names differ by a constant.
  case indexShift = "index_shift"
  /// Matrices have their two axes swapped.
  case transposed
  /// The axes of convolutions stand in another order.
  case axisPermuted = "axis_permuted"
  /// All axes stand in the opposite order, as from a column-major writer.
  case reversedDims = "reversed_dims"
  /// The same number of elements in another shape.
  case reshaped
  /// Rows of queries and keys stand in another rotary order.
  case ropePermuted = "rope_permuted"
  /// Rows of fused queries, keys and values are ordered by head.
  case qkvInterleaved = "qkv_interleaved"
  /// The parts of a fused tensor stand in another order, as the gates of an LSTM.
  case chunkOrder = "chunk_order"
  /// A dense layer follows a flattened feature map whose axes stood in another order.
  case flattenOrder = "flatten_order"
  /// One source tensor holds what are several in the destination.
  case fusedSplit = "fused_split"
  /// Several source tensors are one in the destination.
  case splitFused = "split_fused"
  /// One side has the layers of a list stacked along an axis.
  case stackedLayers = "stacked_layers"
  /// One side has the experts of a mixture stacked along an axis.
  case expertStack = "expert_stack"
  /// The destination has a bias that the source lacks.
  case missingBias = "missing_bias"
  /// The source has a bias that the destination lacks.
  case biasUnexpected = "bias_unexpected"
  /// A destination tensor is tied in the source, which stores it once under another name.
  case tiedAbsent = "tied_absent"
  /// Tensors that the destination ties are separate in the source.
  case tiedConflict = "tied_conflict"
  /// The destination has buffers (running statistics, position ids) that the source lacks.
  case buffersMissing = "buffers_missing"
  /// The source has buffers that the destination lacks.
  case buffersUnexpected = "buffers_unexpected"
  /// The source holds an optimiser's state beside the weights.
  case optimizerStateIncluded = "optimizer_state_included"
  /// The source holds a second, averaged copy of the weights.
  case emaCopy = "ema_copy"
  /// The source holds a part of the destination only.
  case subsetCheckpoint = "subset_checkpoint"
  /// The source has a head that the destination lacks.
  case extraHead = "extra_head"
  /// The last layer has another number of outputs.
  case headResized = "head_resized"
  /// An embedding has another number of rows.
  case vocabResized = "vocab_resized"
  /// A position table has another length.
  case posEmbedResized = "pos_embed_resized"
  /// The sides have different numbers of blocks.
  case depthMismatch = "depth_mismatch"
  /// The sides have different widths; no rule repairs that.
  case widthMismatch = "width_mismatch"
  /// Element types differ.
  case dtypeMismatch = "dtype_mismatch"
  /// The source is a low-rank adapter, or holds one.
  case loraAdapter = "lora_adapter"
  /// Source weights are quantised and packed.
  case quantisedPacked = "quantised_packed"
  /// Source weights are stored as direction and magnitude.
  case weightNormReparam = "weight_norm_reparam"
  /// Batch norm layers of the source are folded into the destination's layers.
  case bnFolded = "bn_folded"
  /// The two are not the same kind of model.
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
  /// Which of the known causes it is.
  public var cause: Cause
  /// What happened, in one sentence that says destination or source.
  public var sentence: String
  /// Numbers and paths that show it.
  public var evidence: [String]
  /// Whether it matters.
  public var harm: Harm
  /// Rules that repair it; empty where there is nothing to do or nothing that helps.
  public var remedy: [Rule]
  /// Rules that somebody may want instead, or beside: they are never applied unasked, and are part of
  /// no coverage.
  public var choices: [Rule] = []
  /// What a load fills by names and shapes alone.
  public var before: Coverage
  /// What it fills with every rule applied.
  public var after: Coverage
  /// Names and shapes cannot decide this; the sentence says what was assumed.
  public var isAssumption: Bool = false
}

/// Everything the engine found.
public struct Report: Sendable {
  /// The causes that were found, in the order in which a reader needs them.
  public var diagnoses: [Diagnosis]
  /// Where each destination tensor comes from with all rules applied.
  public var mapping: Mapping
  /// All rules, in the order in which they apply.
  public var rules: [Rule]
  /// What a load fills by names and shapes alone.
  public var before: Coverage
  /// What it fills with every rule applied.
  public var after: Coverage
  /// Destination and source tensors that no diagnosis explains.
  public var unexplained: (destination: [Int], source: [Int])
  /// The sizes of both models.
  public var hyperParameters: (destination: HyperParameters, source: HyperParameters)
  /// The sizes of both side by side, in reading order.
  public var sizes: [SizeRow]
}

extension Report {
  /// The first cause whose remedy has a rule, by its place: there a list of causes shows the rule.
  public var ownersOfRules: [Rule: Int] { diagnoses.ownersOfRules }
}

extension Array where Element == Diagnosis {
  /// The first cause whose remedy has a rule, by its place in the list.
  package var ownersOfRules: [Rule: Int] {
    var owners: [Rule: Int] = [:]
    for (number, diagnosis) in enumerated() {
      for rule in diagnosis.remedy where owners[rule] == nil { owners[rule] = number }
    }
    return owners
  }
}
