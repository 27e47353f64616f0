import EspalierTree

/// Floats or integers of 8 bits with one scale for the whole, for each row, or for each block;
/// compressed-tensors, DeepSeek (`weight_scale_inv`, which multiplies, too) and ComfyUI
/// (`scale_weight`) name it differently. Integers may have a zero point beside each scale.
enum ScaledBytes {
  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    guard let weight = parts["weight"],
      let scales = parts["weight_scale"] ?? parts["weight_scale_inv"] ?? parts["scale_weight"]
    else { return nil }
    return try ScaledGrid.node(weight, scales, zeros: parts["weight_zero_point"], divisor: 1)
  }
}

/// 8-bit values with one scale for each block of a grid: the whole, each row, squares.
struct ScaledGrid: Computation {
  let columns: Int
  let block: (rows: Int, columns: Int)
  let gridColumns: Int
  let divisor: Float

  static func node(
    _ weight: Part, _ scales: Part, zeros: Part?, divisor: Float
  ) throws(StepError) -> ValueNode {
    guard weight.shape.count == 2 else {
      throw PackedParts.unsupported("scaled weights of other ranks than 2")
    }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    var grid = scales.shape
    if scales.node.elementCount == 1 { grid = [1, 1] }
    if grid.count == 1 { grid = [grid[0], 1] }
    guard grid.count == 2, let high = ScaledGrid.side(rows, grid[0]),
      let wide = ScaledGrid.side(columns, grid[1]),
      zeros.map({ $0.node.elementCount == scales.node.elementCount }) ?? true
    else {
      throw StepError(
        found: "scales of the shape \(Shape(scales.shape))",
        expected: "one scale for each block, and as many zero points where there are any")
    }
    let step = ScaledGrid(
      columns: columns, block: (high, wide), gridColumns: grid[1], divisor: divisor)
    return ValueNode(
      .f32, weight.shape,
      .computed(step, [weight.node, scales.node] + (zeros.map { [$0.node] } ?? [])))
  }

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let stream = try FloatStream(parts[0], context)
    let scales = try FloatStream.all(parts[1], context)
    let zeros = parts.count > 2 ? try FloatStream.all(parts[2], context) : nil
    var row = 0
    return ComputedReader { [self] in
      guard stream.left > 0 else { return [] }
      var values = try stream.next(columns)
      let line = row / block.rows * gridColumns
      for column in values.indices {
        let at = line + column / block.columns
        values[column] = (values[column] - (zeros?[at] ?? 0)) * scales[at] / divisor
      }
      row += 1
      return values
    }
  }

  /// The side of the blocks that a grid of `count` cuts an axis of `size` into. Writers use powers of
  /// two and let the last block be short; others divide the axis evenly.
  static func side(_ size: Int, _ count: Int) -> Int? {
    guard count > 0, size > 0 else { return nil }
    if count == 1 { return size }
    var power = 1
    while power < size, (size + power - 1) / power > count { power *= 2 }
    if (size + power - 1) / power == count { return power }
    return size % count == 0 ? size / count : nil
  }
}
