import EspalierTree

/// bitsandbytes: rows of 8 bits with the largest magnitude of each beside them, or ``FourBitWeights``.
enum BitsAndBytes {
  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    guard let weight = parts["weight"] else { return nil }
    if parts["quant_map"] != nil || parts["absmax"] != nil {
      return try FourBitWeights.node(weight, parts)
    }
    guard let scales = parts["SCB"] else { return nil }
    if let order = parts["weight_format"], let code = parts.steps.smallBytes(order)?.first,
      code != 0
    {
      throw PackedParts.unsupported(
        "8-bit weights of bitsandbytes in tiles for one kind of processor")
    }
    return try ScaledGrid.node(weight, scales, zeros: nil, divisor: 127)
  }
}
