import EspalierTree

/// How the values of one array come about: a small graph whose leaves are arrays of the source.
///
/// Shapes are known and checked when a node is made; nothing is read before it is opened. Every
/// node is a stream of elements in C order of its shape.
final class ValueNode: Sendable {
  let dtype: DType
  let shape: [Int]
  let kind: Kind

  enum Kind: Sendable {
    /// An array of the source as it is.
    case leaf(LeafID)
    /// An array of the destination, its axes as rules see them.
    case own(LeafID)
    /// Elements of another node's stream, by strides.
    case view(ValueNode, offset: Int, strides: [Int])
    /// Positions along an axis, in any order.
    case gather(ValueNode, axis: Int, order: [Int])
    case concat([ValueNode], axis: Int)
    /// The node at the start of the destination's own array.
    case pad(ValueNode, destination: LeafID)
    /// New values from the values of other nodes.
    case computed(any Computation, [ValueNode])
  }

  init(_ dtype: DType, _ shape: [Int], _ kind: Kind) {
    self.dtype = dtype
    self.shape = shape
    self.kind = kind
  }

  var elementCount: Int { Shape(shape).elementCount ?? 0 }
  var byteCount: Int { dtype.byteCount(elements: elementCount) ?? 0 }

  /// The array of the source that this node is, unchanged.
  var plainLeaf: LeafID? {
    if case .leaf(let leaf) = kind { return leaf }
    return nil
  }
}

/// New values computed from the streams of other nodes, in bounded memory.
protocol Computation: Sendable {
  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader
}

/// A step that does not fit what it is given.
struct StepError: Error, Hashable {
  var reason: RepairError.Reason = .shape
  var found: String
  var expected: String

  init(_ reason: RepairError.Reason = .shape, found: String, expected: String) {
    self.reason = reason
    self.found = found
    self.expected = expected
  }
}
