import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// Turns the operation of a link into a node, step by step.
struct Compiler {
  /// The arrays of the source, and what is known about them.
  let source: Inventory
  let sourceLeaves: [LeafID]
  let sourceTree: Tree
  let reversesSource: Bool
  let destinationTree: Tree
  let computed: ComputedSteps

  /// - Parameter target: the destination's shape as rules see it.
  func node(_ link: Link, target: [Int], destination: LeafID) throws(StepError) -> ValueNode {
    var nodes: [ValueNode] = []
    for s in link.sources {
      nodes.append(Self.input(sourceLeaves[s], of: sourceTree, reverses: reversesSource))
    }
    for (place, step) in link.operation.steps.enumerated() {
      try apply(step, link, target, destination, to: &nodes)
      if case .pad = step, link.operation.steps[(place + 1)...].contains(where: Self.movesValues) {
        throw StepError(
          .unsupported, found: "“\(step)” before another step",
          expected: "“pad” last, because it keeps the destination's own values")
      }
    }
    guard nodes.count == 1, let result = nodes.first else {
      throw StepError(
        found: "\(nodes.count) arrays", expected: "one; join them with concat or stack")
    }
    guard result.shape == target else {
      throw StepError(
        found: "a result of the shape \(Shape(result.shape))",
        expected: "the destination's shape \(Shape(target))")
    }
    return result
  }

  private static func movesValues(_ step: Step) -> Bool {
    if case .pad = step { return false }
    return !step.keepsValues
  }

  /// A source tensor as rules see it.
  static func input(_ leaf: LeafID, of tree: Tree, reverses: Bool) -> ValueNode {
    let node = ValueNode(tree.dtype(of: leaf), tree.shape(of: leaf).dimensions, .leaf(leaf))
    // Reversing the axes of an array cannot fail.
    return reverses ? (try? node.reversed()) ?? node : node
  }

  private func apply(
    _ step: Step, _ link: Link, _ target: [Int], _ destination: LeafID,
    to nodes: inout [ValueNode]
  ) throws(StepError) {
    switch step {
    case .identity, .rename, .cast, .tie: return
    case .skip:
      throw StepError(.unsupported, found: "“skip” inside of an operation", expected: "a skip rule")
    case .concat(let axis): nodes = [try Joining.concat(nodes, axis)]
    case .stack(let axis): nodes = [try Joining.stack(nodes, axis)]
    case .pad(let axis, let size):
      nodes = [
        try one(nodes, step).padded(
          axis, size, destination, destinationTree.dtype(of: destination))
      ]
    case .dequantise, .weightNorm, .loraMerge, .foldBatchNorm, .resize:
      let own = ValueNode(destinationTree.dtype(of: destination), target, .own(destination))
      nodes = [try computed.node(step, link, nodes, target, own: own)]
    default:
      for place in nodes.indices { nodes[place] = try Self.moved(nodes[place], step) }
    }
  }

  private func one(_ nodes: [ValueNode], _ step: Step) throws(StepError) -> ValueNode {
    guard nodes.count == 1, let node = nodes.first else {
      throw StepError(found: "\(nodes.count) arrays for “\(step)”", expected: "one")
    }
    return node
  }

  /// A step that only moves elements.
  static func moved(_ node: ValueNode, _ step: Step) throws(StepError) -> ValueNode {
    switch step {
    case .transpose: return try node.transposed()
    case .permute(let axes): return try node.permuted(axes)
    case .reshape(let shape): return try node.reshaped(shape)
    case .split(let axis, let index, let parts): return try node.split(axis, index, of: parts)
    case .slice(let axis, let start, let stop): return try node.sliced(axis, start, stop)
    case .index(let axis, let at): return try node.indexed(axis, at)
    case .take(let axis, let order): return try node.taken(axis, order)
    case .flip(let axes): return try node.flipped(axes)
    default: return node
    }
  }
}

/// Several nodes as one.
enum Joining {
  static func concat(_ nodes: [ValueNode], _ axis: Int) throws(StepError) -> ValueNode {
    guard let first = nodes.first else {
      throw StepError(found: "no arrays", expected: "arrays to join")
    }
    let axis = try first.checked(axis)
    var shape = first.shape
    shape[axis] = 0
    for node in nodes {
      var rest = node.shape
      guard node.dtype == first.dtype, node.dtype.isWholeBytes else {
        throw StepError(
          .unsupported, found: "\(first.dtype) and \(node.dtype) to be joined",
          expected: "one element type of whole bytes")
      }
      if rest.indices.contains(axis) { rest[axis] = first.shape[axis] }
      let (sum, overflow) = shape[axis].addingReportingOverflow(
        node.shape.indices.contains(axis) ? node.shape[axis] : 0)
      guard rest == first.shape, !overflow else {
        throw StepError(
          found: "the shapes \(Shape(first.shape)) and \(Shape(node.shape))",
          expected: "equal sizes on every axis but \(axis)")
      }
      shape[axis] = sum
    }
    guard Shape(shape).elementCount.flatMap(first.dtype.byteCount(elements:)) != nil else {
      throw StepError(found: "the joined shape \(Shape(shape))", expected: "a smaller array")
    }
    return nodes.count == 1 ? first : ValueNode(first.dtype, shape, .concat(nodes, axis: axis))
  }

  static func stack(_ nodes: [ValueNode], _ axis: Int) throws(StepError) -> ValueNode {
    var raised: [ValueNode] = []
    for node in nodes {
      let own = axis < 0 ? axis + node.shape.count + 1 : axis
      guard own >= 0, own <= node.shape.count else {
        throw StepError(
          found: "a new axis \(axis) for the shape \(Shape(node.shape))",
          expected: "at most \(node.shape.count)")
      }
      var shape = node.shape
      shape.insert(1, at: own)
      raised.append(try node.reshaped(shape))
    }
    return try concat(raised, axis)
  }
}

extension ValueNode {
  /// Put at the start of the destination's array along one axis.
  /// The result has the destination's element type, so that what is kept loses nothing.
  func padded(
    _ axis: Int, _ size: Int, _ destination: LeafID, _ type: DType
  ) throws(StepError) -> ValueNode {
    let axis = try checked(axis)
    guard size >= shape[axis] else {
      throw StepError(
        found: "\(shape[axis]) entries to be extended to \(size)",
        expected: "at most \(size); “slice” makes an array shorter")
    }
    guard dtype.isWholeBytes, type.isWholeBytes, Conversion.exists(from: dtype, to: type) else {
      throw StepError(
        .unsupported, found: "\(dtype) elements at the start of \(type) elements",
        expected: "element types that convert")
    }
    var grown = shape
    grown[axis] = size
    guard Shape(grown).elementCount.flatMap(type.byteCount(elements:)) != nil else {
      throw StepError(found: "the shape \(Shape(grown))", expected: "a smaller array")
    }
    // Several axes are one piece of the destination, which begins where it does.
    if case .pad(let inner, _) = kind {
      return ValueNode(type, grown, .pad(inner, destination: destination))
    }
    return ValueNode(type, grown, .pad(self, destination: destination))
  }
}
