import EspalierLoad
import EspalierTree

/// What nodes are read from.
struct ReadContext: Sendable {
  let source: any TensorSource
  let destination: any TensorSource
  /// Whether arrays of the destination are padded with their axes in reverse order.
  let reversesDestination: Bool
  /// Bytes that one array may hold in memory while it is put in order.
  var blockBytes: Int

  func open(_ node: ValueNode) throws -> any TensorReader {
    if node.byteCount == 0 { return ZeroReader(byteCount: 0) }
    switch node.kind {
    case .leaf(let leaf): return try source.reader(for: leaf)
    case .own(let leaf): return try own(leaf)
    case .view(let base, let offset, let strides):
      return try openView(node, base, offset, strides)
    case .gather(let base, let axis, let order):
      return GatherReader(
        storage(base), shape: base.shape, axis: axis, order: order,
        itemSize: node.dtype.bytesPerBlock, limit: blockBytes)
    case .concat(let nodes, let axis):
      return ConcatReader(nodes, axis: axis, context: sharing(nodes, axis))
    case .pad(let inner, let leaf): return try PadReader(node, inner, leaf, context: self)
    case .computed(let computation, let inputs): return try computation.open(inputs, self)
    }
  }

  /// The destination's values in the order of axes that rules see.
  func own(_ leaf: LeafID) throws -> any TensorReader {
    let tree = destination.tree
    let plain = ValueNode(tree.dtype(of: leaf), tree.shape(of: leaf).dimensions, .leaf(leaf))
    let context = ReadContext(
      source: destination, destination: destination, reversesDestination: false,
      blockBytes: blockBytes)
    return try context.open(reversesDestination ? plain.reversed() : plain)
  }

  /// A node's stream as a storage that is read forward.
  func storage(_ node: ValueNode) -> ForwardStorage {
    ForwardStorage(byteCount: node.byteCount) { try self.open(node) }
  }

  private func openView(
    _ node: ValueNode, _ base: ValueNode, _ offset: Int, _ strides: [Int]
  ) throws -> any TensorReader {
    if node.isWholeStream { return try open(base) }
    if let reader = try turnedBack(node, base, offset, strides) { return reader }
    let size = node.dtype.bytesPerBlock
    if node.isDense(strides) {
      return RangeReader(storage(base), offset * size, node.byteCount)
    }
    return BandReader(
      storage(base), shape: node.shape, strides: strides, offset: offset, itemSize: size,
      limit: blockBytes)
  }

  /// A column-major array with its axes reversed is its memory.
  private func turnedBack(
    _ node: ValueNode, _ base: ValueNode, _ offset: Int, _ strides: [Int]
  ) throws -> (any TensorReader)? {
    guard case .leaf(let leaf) = base.kind, offset == 0, node.shape == base.shape.reversed(),
      strides == Shape(node.shape).contiguousStrides(.column),
      source.tree.layout(of: leaf) == .contiguous(.column),
      source.tree.shape(of: leaf).dimensions == base.shape
    else { return nil }
    return try source.memoryReader(for: leaf)
  }

  /// Arrays that are read side by side share the memory of one.
  private func sharing(_ nodes: [ValueNode], _ axis: Int) -> ReadContext {
    guard let first = nodes.first, first.shape.prefix(axis).contains(where: { $0 > 1 }) else {
      return self
    }
    var context = self
    context.blockBytes = max(1 << 16, blockBytes / nodes.count)
    return context
  }

  /// All values of a small node; nil where they are not at hand.
  func bytes(_ node: ValueNode) -> [UInt8]? {
    guard hasValues(node), var reader = try? open(node) else { return nil }
    var bytes = [UInt8](repeating: 0, count: node.byteCount)
    let isWhole = (try? bytes.withUnsafeMutableBytes { try reader.fillAll($0) }) != nil
    return isWhole ? bytes : nil
  }

  func hasValues(_ node: ValueNode) -> Bool {
    switch node.kind {
    case .leaf(let leaf): source.hasValues(leaf)
    case .own(let leaf): destination.hasValues(leaf)
    case .view(let base, _, _), .gather(let base, _, _): hasValues(base)
    case .concat(let nodes, _), .computed(_, let nodes): nodes.allSatisfy(hasValues)
    case .pad(let inner, let leaf): hasValues(inner) && destination.hasValues(leaf)
    }
  }
}
