/// A way in which weights are packed, told by the names, types and shapes of a module's leaves.
///
/// Layouts are those that their writers document. What reads one is in `EspalierRepair`, a file
/// for each.
struct PackedKind: Sendable {
  var name: String
  /// In the order in which rules name them. The first one tells of the kind.
  var leaves: [String]
  /// Of the first leaf, or how its name begins; any without it.
  var dtypes: [String] = []
  /// The unpacked weight hangs in the module under the name `weight`; otherwise it is the module.
  var isLeaf = true
  /// What to do with a kind that is not unpacked here.
  var refusal: String?
  /// The unpacked shape, outermost axis first; nil where it is another kind after all.
  var shape: @Sendable (PackedModule) -> [Int]?

  func allows(_ dtype: String) -> Bool {
    dtypes.isEmpty || dtypes.contains { dtype.hasPrefix($0) }
  }

  func find(_ module: PackedModule) -> [Int]? {
    guard let first = leaves.first, module.has(first),
      allows(module.dtype(first))
    else { return nil }
    return shape(module)
  }

  /// Kinds by the leaf that tells of them.
  static let byTellingLeaf = Dictionary(grouping: rows) { Array(($0.leaves.first ?? "").utf8) }

  /// The first that fits counts.
  static let rows: [PackedKind] = [
    marlin("qweight", "scales"), marlin("B", "s"), gemvFast, gemv, gptq, awq, packedRows, mxfp4,
    nvfp4Packed, nvfp4, bitsandbytes8, mlx, scaled8, bitsandbytes4,
    refused("EXL2", ["q_weight", "q_scale", "q_groups"], "exllamav2"),
    refused("HQQ", ["W_q", "scale", "zero"], "hqq"),
    refused("AQLM", ["codes", "codebooks", "scales"], "aqlm"),
    refused("QuIP#", ["Qidxs", "SU", "SV"], "quip-sharp"),
  ]
}

// MARK: Words of 32 bits

extension PackedKind {
  /// Along the input: (in · bits / 32, out).
  private static let gptq = PackedKind(
    name: "GPTQ", leaves: ["qweight", "qzeros", "scales", "g_idx"], dtypes: ["I32", "U32"]
  ) { module in
    guard let packed = module.matrix("qweight"), let scales = module.matrix("scales"),
      packed.columns == scales.columns
    else { return nil }
    let zeros = module.matrix("qzeros").map { PackedModule.times($0.columns, 32) }
    let out = packed.columns
    let zeroBits = zeros.flatMap { out > 0 && $0 / out > 0 ? $0 / out : nil }
    let bits = zeroBits ?? module.number(["bits"]) ?? 4
    let input = module.shape("g_idx")?.first ?? PackedModule.times(packed.rows, 32) / max(bits, 1)
    return [out, input]
  }

  /// Along the output: (in, out / 8).
  private static let awq = PackedKind(
    name: "AWQ", leaves: ["qweight", "qzeros", "scales"], dtypes: ["I32", "U32"]
  ) { module in
    guard let packed = module.matrix("qweight"), let scales = module.matrix("scales") else {
      return nil
    }
    return [scales.columns, packed.rows]
  }

  /// Along the input of a row for each output: (out, in / 8). Scales are filled up with zeros.
  private static let gemv = PackedKind(
    name: "AWQ GEMV", leaves: ["qweight", "qzeros", "scales"], dtypes: ["I32", "U32"]
  ) { module in
    guard let packed = module.matrix("qweight"), let scales = module.matrix("scales"),
      let zeros = module.matrix("qzeros"), packed.rows == scales.rows, zeros.rows == packed.rows,
      PackedModule.times(zeros.columns, 8) == scales.columns, packed.columns != scales.columns
    else { return nil }
    return [packed.rows, PackedModule.times(packed.columns, 8)]
  }

  /// compressed-tensors, along the input of a row for each output.
  private static let packedRows = PackedKind(
    name: "compressed-tensors",
    leaves: [
      "weight_packed", "weight_scale", "weight_zero_point", "weight_shape", "weight_g_idx",
    ], dtypes: ["I32", "U32"]
  ) { module in
    guard let packed = module.matrix("weight_packed"), module.has("weight_scale") else {
      return nil
    }
    let bits = module.number(["weights.num_bits", "bits", "num_bits"]) ?? 4
    return [packed.rows, PackedModule.times(packed.columns, 32) / max(bits, 1)]
  }

  private static let mlx = PackedKind(
    name: "MLX", leaves: ["weight", "scales", "biases"], dtypes: ["U32"]
  ) { module in
    guard let packed = module.matrix("weight"), let groups = module.shape("scales")?.last else {
      return nil
    }
    let fromBits = PackedModule.times(packed.columns, 32) / max(module.number(["bits"]) ?? 4, 1)
    let fromGroups = module.number(["group_size"]).map { PackedModule.times(groups, $0) }
    return [packed.rows, fromGroups ?? fromBits]
  }
}

// MARK: Bytes

extension PackedKind {
  private static let bitsandbytes8 = PackedKind(
    name: "bitsandbytes 8-bit", leaves: ["weight", "SCB", "weight_format"], dtypes: ["I8"]
  ) { module in
    module.has("SCB") && module.matrix("weight") != nil ? module.shape("weight") : nil
  }

  /// The state hangs below the weight's own name; only it knows the shape.
  private static let bitsandbytes4 = PackedKind(
    name: "bitsandbytes 4-bit", leaves: ["weight"], dtypes: ["U8"]
  ) { module in
    guard !module.below.isEmpty, let weight = module.leaves["weight"] else { return nil }
    return [PackedModule.times(module.inventory.tensors[weight].elements, 2)]
  }

  private static let scaled8 = PackedKind(
    name: "scaled 8-bit",
    leaves: [
      "weight", "weight_scale", "weight_scale_inv", "scale_weight", "weight_zero_point",
      "input_scale", "scale_input",
    ], dtypes: ["F8", "I8"]
  ) { module in
    let hasScale = ["weight_scale", "weight_scale_inv", "scale_weight"].contains(where: module.has)
    return hasScale && module.matrix("weight") != nil ? module.shape("weight") : nil
  }
}

// MARK: Floats of 4 bits

extension PackedKind {
  /// Blocks of 32 with a power of two each, as gpt-oss has them: (…, rows, blocks, 16).
  private static let mxfp4 = PackedKind(
    name: "MXFP4", leaves: ["blocks", "scales"], dtypes: ["U8"], isLeaf: false
  ) { module in
    guard let blocks = module.shape("blocks"), let scales = module.shape("scales"),
      blocks.count >= 3, blocks.last == 16, blocks.dropLast().elementsEqual(scales),
      let groups = scales.last
    else { return nil }
    return scales.dropLast() + [PackedModule.times(groups, 32)]
  }

  private static let nvfp4Packed = PackedKind(
    name: "4-bit floats of compressed-tensors",
    leaves: ["weight_packed", "weight_scale", "weight_global_scale", "input_global_scale"],
    dtypes: ["U8"], shape: { twice("weight_packed", $0) })

  private static let nvfp4 = PackedKind(
    name: "NVFP4", leaves: ["weight", "weight_scale", "weight_scale_2", "input_scale"],
    dtypes: ["U8"], shape: { twice("weight", $0) })

  /// Two in a byte, with scales for groups of a row.
  private static func twice(_ leaf: String, _ module: PackedModule) -> [Int]? {
    guard let packed = module.matrix(leaf), let scales = module.matrix("weight_scale"),
      packed.rows == scales.rows
    else { return nil }
    return [packed.rows, PackedModule.times(packed.columns, 2)]
  }
}

// MARK: Not unpacked here

extension PackedKind {
  /// Tiles of 16 × 64 for one kernel: as many words in a row as twice the outputs.
  private static func marlin(_ packed: String, _ scales: String) -> PackedKind {
    PackedKind(
      name: "Marlin", leaves: [packed, scales, "qzeros", "g_idx", "workspace"],
      dtypes: ["I32", "U32"], refusal: "take the GPTQ or AWQ checkpoint that it was made from"
    ) { module in
      guard let words = module.matrix(packed), let scales = module.matrix(scales),
        scales.columns > 0, words.columns == PackedModule.times(scales.columns, 2)
      else { return nil }
      return [scales.columns, PackedModule.times(words.rows, 16)]
    }
  }

  private static let gemvFast = PackedKind(
    name: "AWQ GEMV-fast", leaves: ["qweight", "qzeros", "scales"], dtypes: ["I16", "U16"],
    refusal: "take a checkpoint in AWQ's version “gemm” or “gemv”"
  ) { $0.has("scales") ? $0.shape("qweight") : nil }

  private static func refused(
    _ name: String, _ leaves: [String], _ program: String
  ) -> PackedKind {
    PackedKind(
      name: name, leaves: leaves,
      refusal: "save plain weights with \(program), or take the checkpoint that it was made from"
    ) { module in
      leaves.allSatisfy(module.has) ? module.shape(leaves[0]) : nil
    }
  }
}
