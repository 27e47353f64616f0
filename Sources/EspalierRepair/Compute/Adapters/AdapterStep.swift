import EspalierDiagnosis
import EspalierTree

/// The base weight with an adapter's difference added to it, times a scale. With a magnitude for each
/// output (DoRA), every output of that sum is brought to its magnitude.
struct AdapterStep: Computation {
  enum Scale: Sendable {
    case number(Float)
    /// This node holds alpha, which is divided by the rank.
    case alpha(ValueNode, rank: Int)
  }

  let rows: Int
  let columns: Int
  /// The base weight is (in, out).
  let isTurned: Bool
  let factors: any AdapterFactors
  let magnitude: ValueNode?
  let scale: Scale

  /// - Parameter own: the destination's values, which are the base where the source has none.
  static func node(
    _ parts: [Part], _ steps: ComputedSteps, own: ValueNode
  ) throws(StepError) -> ValueNode {
    let parts = AdapterParts(parts)
    let factors = try parts.factors()
    let base = parts.base?.node ?? own
    guard base.shape.count >= 2, base.dtype.isWholeBytes else {
      throw StepError(
        .unsupported, found: "a base of the shape \(Shape(base.shape)) and type \(base.dtype)",
        expected: "plain numbers with at least two axes; unpack quantised weights first")
    }
    let (outputs, inputs) = (factors.outputs, factors.inputs)
    let rows = base.shape[0]
    let columns = rows == 0 ? 0 : base.elementCount / rows
    let fits = rows == outputs && columns == inputs
    let fitsTurned = base.shape.count == 2 && rows == inputs && columns == outputs
    guard fits || fitsTurned else {
      throw StepError(
        found: "a base of the shape \(Shape(base.shape)), factors for \(outputs) × \(inputs)",
        expected: "the same outputs and inputs")
    }
    let magnitude = try magnitude(parts, outputs)
    let scale = try steps.scale(parts, factors)
    let isTurned = fitsTurned && (!fits || saysTurned(parts, steps))
    let step = AdapterStep(
      rows: rows, columns: columns, isTurned: isTurned, factors: factors, magnitude: magnitude,
      scale: scale)
    var nodes = [base] + factors.nodes + (magnitude.map { [$0] } ?? [])
    if case .alpha(let node, _) = scale { nodes.append(node) }
    return ValueNode(.f32, base.shape, .computed(step, nodes))
  }

  /// A square base is (in, out): what embeddings are, and layers whose file says so.
  private static func saysTurned(_ parts: AdapterParts, _ steps: ComputedSteps) -> Bool {
    if let down = parts[.down] {
      if down.has("lora_embedding_A") { return true }
      if parts.family == .mlx {
        return down.directory.last.map { String(decoding: $0, as: UTF8.self) }?
          .contains("embed") ?? false
      }
    }
    return steps.says("fan_in_fan_out")
  }

  private static func magnitude(
    _ parts: AdapterParts, _ outputs: Int
  ) throws(StepError) -> ValueNode? {
    guard let magnitude = parts[.magnitude] else { return nil }
    let isOfInputs =
      magnitude.leafName == "dora_scale" && magnitude.shape.first == 1 && magnitude.shape.count == 2
      && outputs > 1
    guard magnitude.node.elementCount == outputs, !isOfInputs else {
      throw StepError(
        found: "a magnitude of the shape \(Shape(magnitude.shape))",
        expected: "one for each of \(outputs) outputs")
    }
    return magnitude.node
  }

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let magnitude = try magnitude.map { try FloatStream.all($0, context) }
    let delta = try factors.open(scale: factor(context), context)
    var columnFactors: [Float]?
    if isTurned, let magnitude {
      columnFactors = try self.columnFactors(inputs[0], context, delta, magnitude)
    }
    let base = try FloatStream(inputs[0], context)
    var row = 0
    return ComputedReader { [columnFactors, self] in
      guard row < rows, columns > 0 else { return [] }
      var values = try base.next(columns)
      delta.add(row, isTurned: isTurned, to: &values)
      if let columnFactors {
        for column in 0..<columns { values[column] *= columnFactors[column] }
      } else if let magnitude {
        let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let scale = magnitude[row] / Float(norm)
        for column in 0..<columns { values[column] *= scale }
      }
      row += 1
      return values
    }
  }

  private func factor(_ context: ReadContext) throws -> Float {
    switch scale {
    case .number(let value): return value
    case .alpha(let node, let rank):
      return try (FloatStream.all(node, context).first ?? Float(rank)) / Float(rank)
    }
  }

  /// What brings each column to its magnitude; the weight is read once for it.
  private func columnFactors(
    _ node: ValueNode, _ context: ReadContext, _ delta: any AdapterDelta, _ magnitude: [Float]
  ) throws -> [Float] {
    let base = try FloatStream(node, context)
    var squares = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      var values = try base.next(columns)
      delta.add(row, isTurned: isTurned, to: &values)
      for (column, value) in values.enumerated() {
        squares[column] += Double(value) * Double(value)
      }
    }
    return zip(magnitude, squares).map { $0 / Float($1.squareRoot()) }
  }
}
