import EspalierDiagnosis
import EspalierTree

/// `base + scale * B A`: a low-rank adapter merged into its base weight. With a magnitude for each
/// output (DoRA), every output of that sum is brought to its magnitude.
struct AdapterStep: Computation {
  enum Scale: Sendable {
    case number(Float)
    /// The last input holds alpha.
    case alphaTensor
  }

  let rows: Int
  let columns: Int
  let rank: Int
  /// The base weight is (in, out).
  let isTurned: Bool
  let hasMagnitude: Bool
  let scale: Scale

  /// Inputs: base, A (rank, in), B (out, rank), the magnitude and alpha where tensors hold them.
  ///
  /// - Parameter own: the destination's values, which are the base where the source has none.
  static func node(
    _ parts: [Part], _ steps: ComputedSteps, own: ValueNode
  ) throws(StepError) -> ValueNode {
    let roles = AdapterParts(parts)
    guard roles.isComplete, let down = roles.down, let up = roles.up else {
      throw StepError(
        .unsupported, found: "\(parts.count) tensors",
        expected:
          "a base weight (or none, for the destination's own), the two factors of an adapter, "
          + "perhaps a magnitude")
    }
    let base = roles.base?.node ?? own
    let rank = down.shape.first ?? 0
    let (a, b, all) = (down.node.elementCount, up.node.elementCount, base.elementCount)
    guard rank > 0, up.shape.count >= 2, up.shape[1] == rank, b == up.shape[0] * rank,
      down.shape.count >= 2, base.shape.count >= 2, base.dtype.isWholeBytes
    else {
      throw StepError(
        .unsupported, found: "factors of the shapes \(Shape(down.shape)) and \(Shape(up.shape))",
        expected: "(rank, in …) and (out, rank)")
    }
    let (outputs, inputs) = (up.shape[0], a / rank)
    let rows = base.shape[0]
    let columns = rows == 0 ? 0 : all / rows
    let fits = rows == outputs && columns == inputs
    let fitsTurned = base.shape.count == 2 && rows == inputs && columns == outputs
    let saysTurned = down.has("lora_embedding_A") || steps.says("fan_in_fan_out")
    guard fits || fitsTurned else {
      throw StepError(
        found: "a base of the shape \(Shape(base.shape)), factors for \(outputs) × \(inputs)",
        expected: "the same outputs and inputs")
    }
    if let magnitude = roles.magnitude, magnitude.node.elementCount != outputs {
      throw StepError(
        found: "a magnitude of the shape \(Shape(magnitude.shape))",
        expected: "one for each of \(outputs) outputs")
    }
    var nodes = [base, down.node, up.node] + (roles.magnitude.map { [$0.node] } ?? [])
    let scale = try steps.scale(down, rank, &nodes)
    let step = AdapterStep(
      rows: rows, columns: columns, rank: rank, isTurned: fitsTurned && (!fits || saysTurned),
      hasMagnitude: roles.magnitude != nil, scale: scale)
    return ValueNode(.f32, base.shape, .computed(step, nodes))
  }

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    var down = try FloatStream.all(inputs[1], context)
    let up = try FloatStream.all(inputs[2], context)
    let magnitude = hasMagnitude ? try FloatStream.all(inputs[3], context) : []
    var factor: Float = 1
    switch scale {
    case .number(let value): factor = value
    case .alphaTensor:
      let alpha = try inputs.last.flatMap { try FloatStream.all($0, context).first }
      factor = (alpha ?? Float(rank)) / Float(rank)
    }
    for index in down.indices { down[index] *= factor }
    let columnFactors =
      hasMagnitude && isTurned
      ? try columnFactors(FloatStream(inputs[0], context), down, up, magnitude) : nil
    let base = try FloatStream(inputs[0], context)
    var row = 0
    return ComputedReader { [down, self] in
      guard row < rows, columns > 0 else { return [] }
      var values = try merged(row, base, down, up)
      if let columnFactors {
        for column in 0..<columns { values[column] *= columnFactors[column] }
      } else if hasMagnitude {
        let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let scale = magnitude[row] / Float(norm)
        for column in 0..<columns { values[column] *= scale }
      }
      row += 1
      return values
    }
  }

  /// The next row of base and adapter.
  private func merged(
    _ row: Int, _ base: FloatStream, _ down: [Float], _ up: [Float]
  ) throws -> [Float] {
    var values = try base.next(columns)
    for k in 0..<rank {
      // Row-wise sums of products: rows of A by an entry of B, or the other way round.
      let weight = isTurned ? down[k * rows + row] : up[row * rank + k]
      if isTurned {
        for column in 0..<columns { values[column] += weight * up[column * rank + k] }
      } else {
        let start = k * columns
        for column in 0..<columns { values[column] += weight * down[start + column] }
      }
    }
    return values
  }

  /// What brings each column to its magnitude; the weight is read once for it.
  private func columnFactors(
    _ base: FloatStream, _ down: [Float], _ up: [Float], _ magnitude: [Float]
  ) throws -> [Float] {
    var squares = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for (column, value) in try merged(row, base, down, up).enumerated() {
        squares[column] += Double(value) * Double(value)
      }
    }
    return zip(magnitude, squares).map { $0 / Float($1.squareRoot()) }
  }
}

/// Which of the tensors of a `lora_merge` is what, by the parts of their names.
private struct AdapterParts {
  var base: Part?
  var down: Part?
  var up: Part?
  var magnitude: Part?
  private var others = 0

  init(_ parts: [Part]) {
    for part in parts {
      if down == nil, ["lora_A", "lora_down", "lora_embedding_A", "down"].contains(where: part.has)
      {
        down = part
      } else if up == nil,
        ["lora_B", "lora_up", "lora_embedding_B", "up"].contains(where: part.has)
      {
        up = part
      } else if magnitude == nil,
        ["lora_magnitude_vector", "dora_scale"].contains(where: part.has)
      {
        magnitude = part
      } else if base == nil {
        base = part
      } else {
        others += 1
      }
    }
  }

  var isComplete: Bool { down != nil && up != nil && others == 0 }
}
