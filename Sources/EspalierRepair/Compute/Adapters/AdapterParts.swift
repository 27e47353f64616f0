import EspalierDiagnosis
import EspalierTree

/// Which of the tensors of a `lora_merge` is what, by the parts of their names.
struct AdapterParts {
  private(set) var base: Part?
  private(set) var family: AdapterFamily?
  private var roles: [AdapterRole: Part] = [:]
  private var others = 0

  init(_ parts: [Part]) {
    for part in parts {
      let found = AdapterWords.read(part.tensor.components)
      if let found, roles[found.role] == nil,
        found.family == nil || family ?? found.family == found.family
      {
        family = found.family ?? family
        roles[found.role] = part
      } else if found == nil, base == nil {
        base = part
      } else {
        others += 1
      }
    }
  }

  subscript(_ role: AdapterRole) -> Part? { roles[role] }

  /// The factors of the kind, without more than a base beside them.
  func factors() throws(StepError) -> any AdapterFactors {
    let factors: (any AdapterFactors)? =
      switch others == 0 ? family : nil {
      case .lora, .mlx: try LowRankFactors(self)
      case .loha: try HadamardFactors(self)
      case .lokr: try KroneckerFactors(self)
      case nil: nil
      }
    guard let factors else {
      throw StepError(
        .unsupported, found: "\(roles.count + others + (base == nil ? 0 : 1)) tensors",
        expected:
          "a base weight (or none, for the destination's own) and the factors of one adapter: "
          + "A and B, those of LoHa or of LoKr, perhaps a magnitude and alpha")
    }
    return factors
  }
}

/// How an adapter's difference to the base weight is made.
protocol AdapterFactors: Sendable {
  /// Of the difference, as (outputs, inputs …).
  var outputs: Int { get }
  var inputs: Int { get }
  /// What alpha is divided by; nil where the factors have no rank and alpha says nothing.
  var rank: Int? { get }
  var nodes: [ValueNode] { get }
  /// The difference, times a scale.
  func open(scale: Float, _ context: ReadContext) throws -> any AdapterDelta
}

/// An adapter's difference with its factors in memory.
protocol AdapterDelta {
  /// Adds row `row` of the difference, or of the transposed one, to the values.
  func add(_ row: Int, isTurned: Bool, to values: inout [Float])
}

/// Two matrices and their product, row by row.
struct MatrixPair {
  /// (outputs, rank) and (rank, inputs).
  let left: [Float]
  let right: [Float]
  let outputs: Int
  let inputs: Int
  let rank: Int

  /// Adds row `row` of the product, or of the transposed one.
  func add(_ row: Int, isTurned: Bool, to values: inout [Float]) {
    for k in 0..<rank {
      if isTurned {
        let weight = right[k * inputs + row]
        for column in 0..<outputs { values[column] += weight * left[column * rank + k] }
      } else {
        let (weight, start) = (left[row * rank + k], k * inputs)
        for column in 0..<inputs { values[column] += weight * right[start + column] }
      }
    }
  }

  /// The whole product.
  var product: [Float] {
    var all: [Float] = []
    all.reserveCapacity(outputs * inputs)
    for row in 0..<outputs {
      var values = [Float](repeating: 0, count: inputs)
      add(row, isTurned: false, to: &values)
      all += values
    }
    return all
  }
}

/// The shape of two factors, (outputs, rank) and (rank, inputs …).
struct FactorPair: Sendable {
  let left: ValueNode
  let right: ValueNode
  let rank: Int

  var outputs: Int { left.shape.first ?? 0 }
  var inputs: Int { right.elementCount / max(1, rank) }

  init(_ left: Part, _ right: Part) throws(StepError) {
    let rank = right.shape.first ?? 0
    guard rank > 0, left.shape.count >= 2, left.shape[1] == rank, right.shape.count >= 2,
      left.node.elementCount == left.shape[0] * rank
    else {
      throw StepError(
        .unsupported, found: "factors of the shapes \(Shape(left.shape)) and \(Shape(right.shape))",
        expected: "(out, rank) and (rank, in …)")
    }
    (self.left, self.right, self.rank) = (left.node, right.node, rank)
  }

  func open(scale: Float = 1, _ context: ReadContext) throws -> MatrixPair {
    var values = try FloatStream.all(right, context)
    if scale != 1 { for index in values.indices { values[index] *= scale } }
    return MatrixPair(
      left: try FloatStream.all(left, context), right: values, outputs: outputs, inputs: inputs,
      rank: rank)
  }
}
