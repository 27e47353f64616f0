/// One step on the way from source tensors to a destination tensor.
public enum Step: Hashable, Sendable {
  /// No change; other names for the same: under another name, in another element type, as memory
  /// that is shared.
  case identity, rename, cast, tie
  /// Swaps the two axes of a matrix.
  case transpose
  /// Orders the axes: axis `i` of the result is axis `order[i]` of the input.
  case permute([Int])
  /// Row-major reshape; at most one dimension may be -1.
  case reshape([Int])
  /// Part `index` of `of` equal parts along an axis.
  case split(axis: Int, index: Int, of: Int)
  /// Places `start` up to, without, `stop` along an axis.
  case slice(axis: Int, start: Int, stop: Int)
  /// One place along an axis, which disappears.
  case index(axis: Int, at: Int)
  /// Equal parts along an axis in another order.
  case take(axis: Int, order: [Int])
  /// Reverses these axes.
  case flip([Int])
  /// Put at the start and extended; the added entries keep the destination's initial values.
  case pad(axis: Int, size: Int)
  /// Puts sources one after another along an axis.
  case concat(axis: Int)
  /// Puts sources of one shape along a new axis.
  case stack(axis: Int)
  /// Interpolates a position table to the destination's shape.
  case resize
  /// Numbers from packed integers and their scales.
  case dequantise
  /// Direction times magnitude; the norm is over all axes but `dim`.
  case weightNorm(dim: Int)
  /// Adds the product of a low-rank adapter's matrices to the weight.
  case loraMerge
  /// Multiplies a batch norm into the layer before it.
  case foldBatchNorm
  /// Keeps the destination's values.
  case skip

  /// Values stay as they are.
  public var keepsValues: Bool {
    switch self {
    case .identity, .rename, .cast, .tie: true
    default: false
    }
  }

  /// Joins several sources.
  public var joins: Bool {
    switch self {
    case .concat, .stack, .dequantise, .weightNorm, .loraMerge, .foldBatchNorm: true
    default: false
    }
  }

  /// New values are computed, so element positions cannot be followed through the step.
  public var computes: Bool {
    switch self {
    case .resize, .dequantise, .weightNorm, .loraMerge, .foldBatchNorm: true
    default: false
    }
  }
}

/// Steps applied from left to right; those before a joining step apply to each source by itself.
public struct Operation: Hashable, Sendable, CustomStringConvertible {
  /// From the first to the last.
  public var steps: [Step]

  /// Steps in the order in which they apply.
  public init(_ steps: [Step]) { self.steps = steps }

  /// The operation that changes nothing.
  public static let identity = Operation([.identity])

  public var description: String { steps.map(\.description).joined(separator: "|") }

  /// Only names and types change.
  public var keepsValues: Bool { steps.allSatisfy(\.keepsValues) }
}

extension Step: CustomStringConvertible {
  /// The name of the step, without what it is done with.
  var verb: String {
    switch self {
    case .identity: "identity"
    case .rename: "rename"
    case .cast: "cast"
    case .tie: "tie"
    case .transpose: "transpose"
    case .permute: "permute"
    case .reshape: "reshape"
    case .split: "split"
    case .slice: "slice"
    case .index: "index"
    case .take: "take"
    case .flip: "flip"
    case .pad: "pad"
    case .concat: "concat"
    case .stack: "stack"
    case .resize: "resize"
    case .dequantise: "dequantise"
    case .weightNorm: "weight_norm"
    case .loraMerge: "lora_merge"
    case .foldBatchNorm: "fold_bn"
    case .skip: "skip"
    }
  }

  public var description: String { verb + arguments }

  private var arguments: String {
    switch self {
    case .permute(let numbers), .reshape(let numbers), .flip(let numbers): list(numbers)
    case .split(let axis, let index, let of): "(\(axis),\(index),\(of))"
    case .slice(let axis, let start, let stop): "(\(axis),\(start),\(stop))"
    case .index(let axis, let at): "(\(axis),\(at))"
    case .take(let axis, let order): "(\(axis),\(list(order)))"
    case .pad(let axis, let size): "(\(axis),\(size))"
    case .concat(let axis), .stack(let axis), .weightNorm(let axis): "(\(axis))"
    case .identity, .rename, .cast, .tie, .transpose, .resize, .dequantise, .loraMerge,
      .foldBatchNorm, .skip:
      ""
    }
  }

  private func list(_ numbers: [Int]) -> String {
    "[" + numbers.map(String.init).joined(separator: ",") + "]"
  }
}

extension Operation {
  /// Reads the textual form; nil where a step is unknown or its arguments do not fit.
  public init?(parsing text: String) {
    var steps: [Step] = []
    for part in text.split(separator: "|", omittingEmptySubsequences: false) {
      guard let step = Step(parsing: part.filter { $0 != " " }) else { return nil }
      steps.append(step)
    }
    self.init(steps)
  }
}

extension Step {
  init?(parsing text: String) {
    let name = text.prefix { $0 != "(" && $0 != "[" }
    let rest = text.dropFirst(name.count)
    // Brackets only group; the order of the numbers is all that is needed.
    guard
      rest.allSatisfy({ $0.isNumber || $0 == "," || $0 == "-" || "()[]".contains($0) }),
      rest.isEmpty || rest.last == ")" || rest.last == "]"
    else { return nil }
    let words = rest.split { $0 == "," || "()[]".contains($0) }
    let numbers = words.compactMap { Int($0) }
    guard numbers.count == words.count else { return nil }
    switch (String(name), numbers.count) {
    case ("identity", 0): self = .identity
    case ("rename", 0): self = .rename
    case ("cast", 0): self = .cast
    case ("tie", 0): self = .tie
    case ("transpose", 0): self = .transpose
    case ("permute", 1...): self = .permute(numbers)
    case ("reshape", _): self = .reshape(numbers)
    case ("split", 3): self = .split(axis: numbers[0], index: numbers[1], of: numbers[2])
    case ("slice", 3): self = .slice(axis: numbers[0], start: numbers[1], stop: numbers[2])
    case ("index", 2): self = .index(axis: numbers[0], at: numbers[1])
    case ("take", 2...): self = .take(axis: numbers[0], order: Array(numbers.dropFirst()))
    case ("flip", 1...): self = .flip(numbers)
    case ("pad", 2): self = .pad(axis: numbers[0], size: numbers[1])
    case ("concat", 1): self = .concat(axis: numbers[0])
    case ("stack", 1): self = .stack(axis: numbers[0])
    case ("resize", 0): self = .resize
    case ("dequantise", 0): self = .dequantise
    case ("weight_norm", 1): self = .weightNorm(dim: numbers[0])
    case ("lora_merge", 0): self = .loraMerge
    case ("fold_bn", 0): self = .foldBatchNorm
    case ("skip", 0): self = .skip
    default: return nil
    }
  }
}
