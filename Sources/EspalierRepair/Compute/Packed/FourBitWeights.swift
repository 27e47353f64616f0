import EspalierDiagnosis
import EspalierTree

/// bitsandbytes with 4 bits: two numbers in a byte, the upper half first, that index a table of
/// sixteen values (`nf4`, `fp4`), times the largest magnitude of each block. Where that is quantised
/// itself, it indexes a table of 256 values, is scaled by blocks and shifted.
struct FourBitWeights: Computation {
  let count: Int
  let blockSize: Int
  /// Of the second quantisation, where there is one.
  let nested: Nested?

  struct Nested: Sendable {
    var blockSize: Int
    var offset: Float
  }

  /// The parts hang below the weight: `absmax`, `quant_map`, perhaps `nested_absmax` and
  /// `nested_quant_map`, and a text that says shape and sizes.
  static func node(_ weight: Part, _ parts: PackedParts) throws(StepError) -> ValueNode {
    guard let largest = parts["absmax"], let table = parts["quant_map"],
      table.node.elementCount == 16
    else {
      throw StepError(
        .unsupported, found: "4-bit weights without a table of 16 values",
        expected: "absmax and quant_map beside them")
    }
    let state = try QuantState(parts.all, parts.steps)
    guard let shape = state?.shape ?? parts.target else {
      throw StepError(
        .unsupported, found: "4-bit weights without the text of quant_state",
        expected: "the text, which says their shape, beside them")
    }
    let stored = weight.node.byteCount
    guard let count = Shape(shape).elementCount, count > 0, (count + 1) / 2 == stored else {
      throw StepError(
        found: "\(stored) bytes of 4-bit weights for the shape \(Shape(shape))",
        expected: "half a byte for each element")
    }
    let blockSize = state?.blockSize ?? power(count, largest.node.elementCount)
    guard let blockSize, blockSize > 0,
      (count - 1) / blockSize + 1 == largest.node.elementCount
    else {
      throw StepError(
        found: "\(largest.node.elementCount) block scales for \(count) elements",
        expected: "one for each block")
    }
    var nodes = [weight.node, table.node, largest.node]
    let nested = try nested(
      largest, state, parts["nested_quant_map"], parts["nested_absmax"], &nodes)
    return ValueNode(
      .f32, shape, .computed(Self(count: count, blockSize: blockSize, nested: nested), nodes))
  }

  private static func power(_ count: Int, _ blocks: Int) -> Int? {
    blocks == 1 ? count : ScaledGrid.side(count, blocks)
  }

  private static func nested(
    _ largest: Part, _ state: QuantState?, _ table: Part?, _ scales: Part?,
    _ nodes: inout [ValueNode]
  ) throws(StepError) -> Nested? {
    guard largest.node.dtype == .u8 else { return nil }
    guard let table, let scales, table.node.elementCount == 256, scales.node.elementCount > 0,
      let offset = state?.nestedOffset
    else {
      throw StepError(
        .unsupported, found: "block scales that are quantised, without what they are scaled by",
        expected: "nested_quant_map, nested_absmax and the text of quant_state beside them")
    }
    let size = state?.nestedBlockSize ?? 256
    guard size > 0, (largest.node.elementCount - 1) / size + 1 == scales.node.elementCount else {
      throw StepError(
        found: "\(scales.node.elementCount) nested scales for \(largest.node.elementCount) blocks",
        expected: "one for each \(size)")
    }
    nodes += [table.node, scales.node]
    return Nested(blockSize: size, offset: offset)
  }

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let words = try WordStream(parts[0], context)
    let table = try FloatStream.all(parts[1], context)
    let scales = try blockScales(parts, context)
    var place = 0
    return ComputedReader { [self] in
      let piece = min(count - place, ComputedReader.pieceCount)
      guard piece > 0 else { return [] }
      let bytes = try words.nextBytes((piece + 1) / 2)
      var values = [Float](repeating: 0, count: piece)
      for index in 0..<piece {
        let byte = bytes[index / 2]
        let code = Int(index % 2 == 0 ? byte >> 4 : byte & 15)
        values[index] = table[code] * scales[(place + index) / blockSize]
      }
      place += piece
      return values
    }
  }

  private func blockScales(_ parts: [ValueNode], _ context: ReadContext) throws -> [Float] {
    guard let nested else { return try FloatStream.all(parts[2], context) }
    let codes = try Words.all(parts[2], context)
    let table = try FloatStream.all(parts[3], context)
    let scales = try FloatStream.all(parts[4], context)
    return codes.enumerated().map { place, code in
      table[Int(code & 255)] * scales[place / nested.blockSize] + nested.offset
    }
  }
}
