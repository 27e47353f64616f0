import EspalierDiagnosis
import EspalierTree

/// A batch norm folded into the weight or the bias of the convolution before it.
struct BatchNormStep: Computation {
  enum Result {
    case weight(count: Int, inner: Int)
    case bias
  }

  let result: Result
  let epsilon: Float
  let hasScale: Bool
  let hasShift: Bool
  let hasBias: Bool

  /// Inputs: variance, mean, then scale, shift, the convolution's own tensor where there is one.
  static func node(
    _ parts: [Part], _ steps: ComputedSteps, _ target: [Int]
  ) throws(StepError) -> ValueNode {
    func find(_ names: [String], in directory: [[UInt8]]? = nil) -> Part? {
      parts.first { part in
        names.contains(part.leafName) && part.shape.count == 1
          && (directory.map { $0 == part.directory } ?? true)
      }
    }
    guard let variance = find(["running_var", "moving_variance", "var", "variance", "σ²"]),
      let mean = find(["running_mean", "moving_mean", "mean", "μ"], in: variance.directory)
    else {
      throw StepError(found: "no mean and variance among the sources", expected: "a batch norm")
    }
    let own = variance.directory
    let scale = find(["weight", "gamma", "scale", "γ"], in: own)
    let shift = find(["bias", "beta", "offset", "β"], in: own)
    let channels = variance.node.elementCount
    let norm = [variance, mean, scale, shift].compactMap { $0 }
    guard norm.allSatisfy({ $0.node.elementCount == channels }) else {
      throw StepError(found: "parts of a batch norm of other lengths", expected: "\(channels) each")
    }
    let epsilon = steps.epsilon
    if target.count == 1 {
      let bias = parts.first { $0.directory != own && $0.shape == [channels] }
      let step = BatchNormStep(
        result: .bias, epsilon: epsilon, hasScale: scale != nil, hasShift: shift != nil,
        hasBias: bias != nil)
      return ValueNode(
        .f32, [channels], .computed(step, (norm + [bias].compactMap { $0 }).map(\.node)))
    }
    guard let weight = parts.first(where: { $0.shape.count >= 2 }) else {
      throw StepError(found: "no weight among the sources", expected: "the convolution's weight")
    }
    let isLast = weight.leafName.hasPrefix("kernel") || weight.shape[0] != channels
    let axis = isLast ? weight.shape.count - 1 : 0
    guard weight.shape[axis] == channels else {
      throw StepError(
        found: "a weight of the shape \(Shape(weight.shape))",
        expected: "\(channels) outputs, as the batch norm has")
    }
    let step = BatchNormStep(
      result: .weight(count: channels, inner: weight.shape[(axis + 1)...].reduce(1, *)),
      epsilon: epsilon, hasScale: scale != nil, hasShift: shift != nil, hasBias: true)
    return ValueNode(.f32, weight.shape, .computed(step, norm.map(\.node) + [weight.node]))
  }

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let variance = try FloatStream.all(inputs[0], context)
    let mean = try FloatStream.all(inputs[1], context)
    var next = 2
    func take(_ isThere: Bool, or value: Float) throws -> [Float] {
      guard isThere else { return Array(repeating: value, count: variance.count) }
      next += 1
      return try FloatStream.all(inputs[next - 1], context)
    }
    let scale = try take(hasScale, or: 1)
    let shift = try take(hasShift, or: 0)
    let factors = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
    guard case .weight(let count, let inner) = result else {
      let bias = try take(hasBias, or: 0)
      var values: [Float]? = factors.indices.map {
        shift[$0] + (bias[$0] - mean[$0]) * factors[$0]
      }
      return ComputedReader {
        defer { values = nil }
        return values ?? []
      }
    }
    let stream = try FloatStream(inputs[next], context)
    var place = 0
    return ComputedReader {
      var values = try stream.next(ComputedReader.pieceCount)
      for index in values.indices { values[index] *= factors[(place + index) / inner % count] }
      place += values.count
      return values
    }
  }
}

extension ComputedSteps {
  /// What is added to variances; not a tensor, so that only the metadata may say it.
  var epsilon: Float {
    if let value = metadata(["batch_norm_eps", "batch_norm_epsilon", "bn_eps", "epsilon", "eps"]) {
      return value
    }
    let isKeras = source.metadata["format"].map { $0 == "keras" || $0 == "hdf5" } ?? false
    let value: Float = isKeras ? 1e-3 : 1e-5
    note("fold_bn: the source does not say what is added to the variance; \(value) is assumed")
    return value
  }
}
