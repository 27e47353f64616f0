import EspalierDiagnosis
import EspalierTree

/// B A. MLX keeps both turned: (in, rank) and (rank, out).
struct LowRankFactors: AdapterFactors {
  private let pair: FactorPair

  var outputs: Int { pair.outputs }
  var inputs: Int { pair.inputs }
  var rank: Int? { pair.rank }
  var nodes: [ValueNode] { [pair.left, pair.right] }

  /// Nil where a factor is missing.
  init?(_ parts: AdapterParts) throws(StepError) {
    guard var down = parts[.down], var up = parts[.up] else { return nil }
    if parts.family == .mlx {
      guard down.shape.count == 2, up.shape.count == 2, down.shape[1] == up.shape[0] else {
        throw StepError(
          .unsupported,
          found: "factors of the shapes \(Shape(down.shape)) and \(Shape(up.shape))",
          expected: "(in, rank) and (rank, out), as MLX writes them for a linear layer")
      }
      down.node = try down.node.transposed()
      up.node = try up.node.transposed()
    }
    pair = try FactorPair(up, down)
  }

  func open(scale: Float, _ context: ReadContext) throws -> any AdapterDelta {
    try pair.open(scale: scale, context)
  }
}

extension MatrixPair: AdapterDelta {}
