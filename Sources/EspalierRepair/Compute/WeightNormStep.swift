import EspalierTree

/// `g * v / norm(v)`: a weight kept as magnitude and direction.
struct WeightNormStep: Computation {
  /// Of the direction: axes before the one that is kept, its size, axes behind it.
  let count: Int
  let inner: Int

  static func node(_ parts: [Part], dim: Int) throws(StepError) -> ValueNode {
    guard parts.count == 2 else {
      throw StepError(found: "\(parts.count) tensors", expected: "magnitude and direction")
    }
    let isSwapped =
      parts[0].leafName == "weight_v" || parts[0].leafName == "original1"
      || parts[0].node.elementCount > parts[1].node.elementCount
    let (g, v) = isSwapped ? (parts[1].node, parts[0].node) : (parts[0].node, parts[1].node)
    let axis = try v.checked(dim)
    let isWhole = g.elementCount == 1
    guard isWhole || g.elementCount == v.shape[axis] else {
      throw StepError(
        found: "a magnitude of the shape \(Shape(g.shape))",
        expected: "one for each of \(v.shape[axis]) on axis \(axis) of \(Shape(v.shape))")
    }
    let step =
      isWhole
      ? WeightNormStep(count: 1, inner: max(1, v.elementCount))
      : WeightNormStep(count: v.shape[axis], inner: v.shape[(axis + 1)...].reduce(1, *))
    return ValueNode(.f32, v.shape, .computed(step, [g, v]))
  }

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    var squares = [Double](repeating: 0, count: count)
    let first = try FloatStream(inputs[1], context)
    var at = 0
    while first.left > 0 {
      for value in try first.next(ComputedReader.pieceCount) {
        squares[at / inner % count] += Double(value) * Double(value)
        at += 1
      }
    }
    let magnitude = try FloatStream.all(inputs[0], context)
    let scales = zip(magnitude, squares).map { $0 / Float($1.squareRoot()) }
    let second = try FloatStream(inputs[1], context)
    var place = 0
    return ComputedReader {
      var values = try second.next(ComputedReader.pieceCount)
      for index in values.indices {
        values[index] *= scales[(place + index) / inner % count]
      }
      place += values.count
      return values
    }
  }
}
