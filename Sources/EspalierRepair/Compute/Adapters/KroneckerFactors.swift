import EspalierDiagnosis
import EspalierTree

/// LoKr: the Kronecker product of two matrices, each whole or a low-rank product. Of a convolution the
/// second one has the kernel's axes behind its inputs, so that it is one of matrices even so.
struct KroneckerFactors: AdapterFactors {
  private let first: Factor
  private let second: Factor

  var outputs: Int { first.outputs * second.outputs }
  var inputs: Int { first.inputs * second.inputs }
  /// Two whole matrices have no rank.
  var rank: Int? { first.pair?.rank ?? second.pair?.rank }
  var nodes: [ValueNode] { first.nodes + second.nodes }

  private static let elementLimit = 1 << 28

  /// Nil where a factor is missing.
  init?(_ parts: AdapterParts) throws(StepError) {
    guard let first = try Factor(parts[.w1], parts[.w1A], parts[.w1B]),
      let second = try Factor(parts[.w2], parts[.w2A], parts[.w2B])
    else { return nil }
    // Each is held whole, and sizes multiply.
    guard [first, second].allSatisfy({ $0.elementCount <= Self.elementLimit }) else {
      throw StepError(.unsupported, found: "a factor of this size", expected: "fewer elements")
    }
    (self.first, self.second) = (first, second)
  }

  func open(scale: Float, _ context: ReadContext) throws -> any AdapterDelta {
    KroneckerDelta(
      first: try first.values(scale: scale, context), second: try second.values(scale: 1, context),
      firstInputs: first.inputs, secondInputs: second.inputs, secondOutputs: second.outputs)
  }

  /// One of the matrices.
  private struct Factor: Sendable {
    var whole: ValueNode?
    var pair: FactorPair?

    init?(_ whole: Part?, _ a: Part?, _ b: Part?) throws(StepError) {
      if let whole {
        guard whole.shape.count >= 2 else {
          throw StepError(
            found: "a factor of the shape \(Shape(whole.shape))", expected: "a matrix")
        }
        self.whole = whole.node
      } else if let a, let b {
        pair = try FactorPair(a, b)
      } else {
        return nil
      }
    }

    var outputs: Int { pair?.outputs ?? whole?.shape.first ?? 0 }
    var inputs: Int { pair?.inputs ?? (whole?.elementCount ?? 0) / max(1, outputs) }
    var nodes: [ValueNode] { pair.map { [$0.left, $0.right] } ?? whole.map { [$0] } ?? [] }

    /// Saturates instead of overflowing.
    var elementCount: Int {
      let (count, overflow) = outputs.multipliedReportingOverflow(by: inputs)
      return overflow ? Int.max : count
    }

    func values(scale: Float, _ context: ReadContext) throws -> [Float] {
      if let pair { return try pair.open(scale: scale, context).product }
      guard let whole else { return [] }
      return try FloatStream.all(whole, context).map { $0 * scale }
    }
  }
}

private struct KroneckerDelta: AdapterDelta {
  let first: [Float]
  let second: [Float]
  let firstInputs: Int
  let secondInputs: Int
  let secondOutputs: Int

  func add(_ row: Int, isTurned: Bool, to values: inout [Float]) {
    if isTurned {
      let (outer, inner) = row.quotientAndRemainder(dividingBy: secondInputs)
      for column in values.indices {
        let (above, below) = column.quotientAndRemainder(dividingBy: secondOutputs)
        values[column] +=
          first[above * firstInputs + outer] * second[below * secondInputs + inner]
      }
    } else {
      let (outer, inner) = row.quotientAndRemainder(dividingBy: secondOutputs)
      for left in 0..<firstInputs {
        let factor = first[outer * firstInputs + left]
        let (from, to) = (inner * secondInputs, left * secondInputs)
        for column in 0..<secondInputs { values[to + column] += factor * second[from + column] }
      }
    }
  }
}
