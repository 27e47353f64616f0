import EspalierDiagnosis
import EspalierTree

/// LoHa: the product of two low-rank products, element by element.
struct HadamardFactors: AdapterFactors {
  private let first: FactorPair
  private let second: FactorPair

  var outputs: Int { first.outputs }
  var inputs: Int { first.inputs }
  var rank: Int? { first.rank }
  var nodes: [ValueNode] { [first.left, first.right, second.left, second.right] }

  /// Nil where a factor is missing.
  init?(_ parts: AdapterParts) throws(StepError) {
    guard let a = parts[.w1A], let b = parts[.w1B], let c = parts[.w2A], let d = parts[.w2B] else {
      return nil
    }
    first = try FactorPair(a, b)
    second = try FactorPair(c, d)
    guard first.outputs == second.outputs, first.inputs == second.inputs else {
      throw StepError(
        found: "products for \(first.outputs) × \(first.inputs) and for "
          + "\(second.outputs) × \(second.inputs)", expected: "two of one size")
    }
  }

  func open(scale: Float, _ context: ReadContext) throws -> any AdapterDelta {
    HadamardDelta(
      first: try first.open(scale: scale, context), second: try second.open(context))
  }
}

private struct HadamardDelta: AdapterDelta {
  let first: MatrixPair
  let second: MatrixPair

  func add(_ row: Int, isTurned: Bool, to values: inout [Float]) {
    var one = [Float](repeating: 0, count: values.count)
    var two = one
    first.add(row, isTurned: isTurned, to: &one)
    second.add(row, isTurned: isTurned, to: &two)
    for column in values.indices { values[column] += one[column] * two[column] }
  }
}
