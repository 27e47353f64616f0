import EspalierDiagnosis
import EspalierTree

/// Steps that compute new values, as 32-bit floating point numbers.
final class ComputedSteps {
  let source: Inventory
  let leaf: (Int) -> ValueNode
  private let bytes: (ValueNode) -> [UInt8]?
  /// Made when a step first asks for a tensor by its name: most repairs have no such step.
  private lazy var byName: [[UInt8]: Int] = Dictionary(
    source.tensors.enumerated().map { ($0.element.name, $0.offset) },
    uniquingKeysWith: { a, _ in a })
  /// What had to be assumed, each once.
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - leaf: the node of a source tensor.
  ///   - bytes: the values of a node, where they are at hand.
  init(
    source: Inventory, leaf: @escaping (Int) -> ValueNode,
    bytes: @escaping (ValueNode) -> [UInt8]? = { _ in nil }
  ) {
    self.source = source
    self.leaf = leaf
    self.bytes = bytes
  }

  /// The bytes of a tensor that says how others are to be read: a few, known before a load begins.
  func smallBytes(_ part: Part) -> [UInt8]? {
    part.node.byteCount <= 1 << 16 ? bytes(part.node) : nil
  }

  func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  /// - Parameters:
  ///   - target: the destination's shape as rules see it.
  ///   - own: the destination's values.
  func node(
    _ step: Step, _ link: Link, _ nodes: [ValueNode], _ target: [Int], own: ValueNode
  ) throws(StepError) -> ValueNode {
    guard nodes.count == link.sources.count else {
      throw StepError(
        .unsupported, found: "“\(step)” after a step that joins",
        expected: "it to take the source's tensors themselves")
    }
    try Self.checkSizes(nodes)
    let parts = zip(link.sources, nodes).map { Part(tensor: source.tensors[$0], node: $1) }
    switch step {
    case .weightNorm(let dim): return try WeightNormStep.node(parts, dim: dim)
    case .foldBatchNorm: return try BatchNormStep.node(parts, self, target)
    case .resize:
      guard parts.count == 1, let only = parts.first else {
        throw StepError(found: "\(parts.count) arrays for “resize”", expected: "one")
      }
      return try ResizeStep.node(only, self, target)
    case .loraMerge: return try AdapterStep.node(parts, self, own: own)
    default:
      let isLast = link.operation.steps.count { !$0.keepsValues } == 1
      return try Dequantisation.node(
        PackedParts(all: parts, steps: self, target: target, isLast: isLast))
    }
  }

  /// Throws for shapes that a computation does not take: sums and products of sizes fit the others.
  static func checkSizes(_ nodes: [ValueNode]) throws(StepError) {
    // Far beyond any model, and products of sizes still fit.
    if let odd = nodes.first(where: { node in
      node.elementCount == 0 || node.elementCount > 1 << 48
        || node.shape.contains { $0 > 1 << 40 }
    }) {
      throw StepError(
        .unsupported, found: "a tensor of the shape \(Shape(odd.shape))",
        expected: "some values, and fewer than 2⁴⁸")
    }
  }

  func tensor(named name: [UInt8]) -> Int? { byName[name] }

  /// A number of the metadata, whose key ends so.
  func metadata(_ suffixes: [String]) -> Float? {
    for suffix in suffixes {
      if let value = texts(suffix).lazy.compactMap({ Float($0) }).first { return value }
    }
    return nil
  }

  /// A text of the metadata, whose key ends so.
  func text(_ suffix: String) -> String? { texts(suffix).first }

  /// Whether the metadata says yes to it.
  func says(_ suffix: String) -> Bool {
    texts(suffix).contains { ["true", "True", "1"].contains($0) }
  }

  private func texts(_ suffix: String) -> [String] {
    source.metadata.keys.filter { $0 == suffix || $0.hasSuffix("." + suffix) }.sorted()
      .compactMap { source.metadata[$0] }
  }
}

/// A source tensor on its way into a computation.
struct Part {
  var tensor: TensorFacts
  var node: ValueNode

  /// The last part of its name.
  var leafName: String {
    tensor.components.last.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
  var path: TreePath { TreePath(components: [Name(tensor.name)]) }
  var directory: [[UInt8]] { Array(tensor.components.dropLast()) }
  var shape: [Int] { node.shape }

  func has(_ word: String) -> Bool { tensor.components.contains(Array(word.utf8)) }
}
