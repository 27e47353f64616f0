/// A weight packed into integers with its scales beside it, read off the leaves of one module.
///
/// Layouts as their writers document them: GPTQ packs along the input, AWQ along the output,
/// MLX along the input of an (out, in) matrix, bitsandbytes keeps 8-bit rows with one scale each.
struct PackedWeight {
  var kind: String
  var parts: [Int]
  /// Shape of the unpacked weight, (out, in).
  var shape: [Int]
  var shapeIsFree = false

  /// Every kind has a leaf that tells of it; most files have none.
  static func isTold(by leaf: String, dtype: String) -> Bool {
    switch leaf {
    case "qweight", "weight_packed": true
    case "weight": ["I8", "U8", "U32"].contains(dtype) || dtype.hasPrefix("F8")
    default: false
    }
  }

  static func find(_ leaves: [String: Int], in inventory: Inventory) -> PackedWeight? {
    func shape(_ leaf: String) -> [Int]? { leaves[leaf].map { inventory.tensors[$0].shape } }
    func parts(_ order: [String]) -> [Int] { order.compactMap { leaves[$0] } }

    if let packed = shape("qweight"), let scales = shape("scales"), packed.count == 2,
      let out = scales.last
    {
      let order = ["qweight", "qzeros", "scales", "g_idx"]
      if packed[1] == out {
        let bits = inventory.number(["bits"]) ?? zeroBits(shape("qzeros"), out) ?? 4
        let input = shape("g_idx")?.first ?? times(packed[0], 32) / max(bits, 1)
        return PackedWeight(kind: "GPTQ", parts: parts(order), shape: [out, input])
      }
      return PackedWeight(kind: "AWQ", parts: parts(order), shape: [out, packed[0]])
    }
    if let index = leaves["weight"], let packed = shape("weight"), packed.count == 2 {
      let dtype = inventory.tensors[index].dtype
      if dtype == "I8", leaves["SCB"] != nil {
        return PackedWeight(
          kind: "bitsandbytes 8-bit", parts: parts(["weight", "SCB", "weight_format"]),
          shape: packed)
      }
      if dtype == "U32", let scales = shape("scales"), let groups = scales.last {
        let bits = inventory.number(["bits"]) ?? 4
        let fromBits = times(packed[1], 32) / max(bits, 1)
        let fromGroups = inventory.number(["group_size"]).map { times(groups, $0) }
        return PackedWeight(
          kind: "MLX", parts: parts(["weight", "scales", "biases"]),
          shape: [packed[0], fromGroups ?? fromBits])
      }
      if dtype.hasPrefix("F8") || dtype == "I8",
        leaves["weight_scale"] != nil || leaves["weight_scale_inv"] != nil
      {
        return PackedWeight(
          kind: "scaled 8-bit",
          parts: parts([
            "weight", "weight_scale", "weight_scale_inv", "weight_zero_point", "input_scale",
          ]),
          shape: packed)
      }
    }
    if let packed = shape("weight_packed"), packed.count == 2, leaves["weight_scale"] != nil {
      let bits = inventory.number(["bits", "num_bits"]) ?? 4
      return PackedWeight(
        kind: "compressed-tensors",
        parts: parts([
          "weight_packed", "weight_scale", "weight_zero_point", "weight_shape", "weight_g_idx",
        ]),
        shape: [packed[0], times(packed[1], 32) / max(bits, 1)])
    }
    return nil
  }

  private static func zeroBits(_ zeros: [Int]?, _ out: Int) -> Int? {
    guard let packed = zeros?.last, out > 0 else { return nil }
    let bits = times(packed, 32) / out
    return bits > 0 ? bits : nil
  }

  private static func times(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? Bounds.dimension : Bounds.clamp(product)
  }
}
