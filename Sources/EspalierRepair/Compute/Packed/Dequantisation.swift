import EspalierDiagnosis
import EspalierTree

/// Finds out how a weight is packed, by the names and shapes of its parts.
enum Dequantisation {
  /// One way to pack. A new one is a file with what reads it, and a row here.
  struct Kind {
    let name: String
    /// Nil for parts of another kind; throws where the parts of this one do not fit together.
    let node: @Sendable (PackedParts) throws(StepError) -> ValueNode?
  }

  /// The first that knows its parts reads them.
  static let kinds: [Kind] = [
    Kind(name: "GPTQ", node: GPTQ.node),
    Kind(name: "AWQ", node: AWQ.node),
    Kind(name: "compressed-tensors", node: CompressedRows.node),
    Kind(name: "4-bit floats with block scales", node: FourBitFloats.node),
    Kind(name: "bitsandbytes", node: BitsAndBytes.node),
    Kind(name: "MLX", node: MLXRows.node),
    Kind(name: "scaled 8-bit", node: ScaledBytes.node),
  ]

  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode {
    if parts.all.count == 1, let only = parts.all.first { return try blocks(only.node) }
    for kind in kinds {
      if let node = try kind.node(parts) { return node }
    }
    throw PackedParts.unsupported(parts.names)
  }

  static func blocks(_ node: ValueNode) throws(StepError) -> ValueNode {
    if node.dtype.isWholeBytes, node.dtype.kind == .float { return node }
    guard let decode = BlockDecoding.decoder(of: node.dtype) else {
      throw StepError(
        .unsupported, found: "\(node.dtype) values",
        expected: "one of " + BlockDecoding.types.map(\.name).joined(separator: ", "))
    }
    return ValueNode(
      .f32, node.shape, .computed(BlockDequantisation(dtype: node.dtype, decode: decode), [node]))
  }
}
