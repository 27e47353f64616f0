/// A node of a tree. Nodes are numbered in walk order: a branch, then everything below it.
public struct NodeID: Hashable, Comparable, Sendable {
  /// The number in walk order, from 0 for the root.
  public let raw: Int32
  /// The node with this number.
  @inline(__always) public init(_ raw: Int32) { self.raw = raw }
  @inline(__always) init(_ index: Int) { raw = Int32(truncatingIfNeeded: index) }
  /// The number as an index into arrays of nodes.
  @inline(__always) public var index: Int { Int(raw) }
  @inline(__always) public static func < (a: NodeID, b: NodeID) -> Bool { a.raw < b.raw }

  /// The node above all others.
  public static let root = NodeID(0 as Int32)
}

/// A leaf of a tree. Leaves are numbered in the order in which the file or model has them.
public struct LeafID: Hashable, Comparable, Sendable {
  /// The number in the order of the file or model, from 0.
  public let raw: Int32
  /// The leaf with this number.
  @inline(__always) public init(_ raw: Int32) { self.raw = raw }
  @inline(__always) init(_ index: Int) { raw = Int32(truncatingIfNeeded: index) }
  /// The number as an index into arrays of leaves.
  @inline(__always) public var index: Int { Int(raw) }
  @inline(__always) public static func < (a: LeafID, b: LeafID) -> Bool { a.raw < b.raw }
}

/// Whether a branch's children have names or places.
public enum BranchKind: UInt8, Sendable, Hashable {
  /// A struct, a named tuple, a dictionary, a group, a part of a dotted name.
  case keyed
  /// A tuple, a list, a `Chain`.
  case positional
}

/// A model's structure: ordered branches and leaves, described without their values.
///
/// A tree lives in flat arrays with indices; depth and size cost heap, never stack. Nodes stand in
/// walk order, so that everything below a branch is one range of node numbers. It is immutable:
/// build one with ``TreeBuilder``. Copies share storage.
public struct Tree: Sendable {
  /// The deepest tree that is accepted.
  public static let maximumDepth = 10_000

  struct Node: Sendable {
    var segment: Int32
    var parent: Int32
    var end: Int32 = 0
    var leaf: Int32 = -1
    var joint: Joint
    var kind: BranchKind = .keyed
    var isHidden = false
  }

  /// A leaf, packed: rare parts live in side tables.
  struct LeafRecord: Sendable {
    var kind: LeafKind
    var dtype: DType
    var trainability: Trainability
    /// 0 row, 1 column, 2 explicit (in `layouts`).
    var layoutKind: UInt8
    var shape: Int32
    var storage: Int32
    /// Index of an explicit layout, or of a value.
    var extra: Int32
    var node: Int32
  }

  /// Everything, behind one reference so that a tree is cheap to hand on and to compare.
  final class Storage: Sendable {
    let segments: SegmentTable
    let nodes: ContiguousArray<Node>
    let leaves: ContiguousArray<LeafRecord>
    let dimensions: ContiguousArray<Int>
    let shapeEnds: ContiguousArray<UInt32>
    let layouts: [Layout]
    let values: [LeafValue]
    let labels: LabelTable
    let ties: TieTable
    let isNaturallyOrdered: Bool
    let isSorted: Bool

    init(
      segments: SegmentTable, nodes: ContiguousArray<Node>, leaves: ContiguousArray<LeafRecord>,
      dimensions: ContiguousArray<Int>, shapeEnds: ContiguousArray<UInt32>, layouts: [Layout],
      values: [LeafValue], labels: LabelTable, ties: TieTable, isNaturallyOrdered: Bool,
      isSorted: Bool
    ) {
      self.segments = segments
      self.nodes = nodes
      self.leaves = leaves
      self.dimensions = dimensions
      self.shapeEnds = shapeEnds
      self.layouts = layouts
      self.values = values
      self.labels = labels
      self.ties = ties
      self.isNaturallyOrdered = isNaturallyOrdered
      self.isSorted = isSorted
    }
  }

  let storage: Storage

  /// A tree with a root and nothing below it.
  public static let empty = TreeBuilder().finishedEmpty()

  /// Nodes in all, the root among them.
  public var nodeCount: Int { storage.nodes.count }
  /// Leaves in all, arrays and others.
  public var leafCount: Int { storage.leaves.count }
  /// All leaves, in the file's own order.
  public var leafIDs: some RandomAccessCollection<LeafID> & Sendable {
    (0..<storage.leaves.count).lazy.map { LeafID($0) }
  }
  /// Whether children stand in natural order (true) or in their producer's (false).
  public var isNaturallyOrdered: Bool { storage.isNaturallyOrdered }
  /// Whether children were put in natural order, because the order that the file has them in means
  /// nothing.
  public var isSorted: Bool { storage.isSorted }

  /// Whether two values are the same tree, without looking at nodes.
  public func isIdentical(to other: Tree) -> Bool { storage === other.storage }
}

// MARK: - Nodes

extension Tree {
  /// The last segment of a node's path; empty for the root.
  @inline(__always) public func name(of node: NodeID) -> Name {
    storage.segments.name(storage.nodes[node.index].segment)
  }

  /// The bytes of a node's own segment, without a copy.
  public func withName<R>(
    of node: NodeID, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    try storage.segments.withBytes(storage.nodes[node.index].segment, body)
  }

  /// A number that two nodes of one tree share exactly when their segments are equal.
  public func segmentNumber(of node: NodeID) -> Int { Int(storage.nodes[node.index].segment) }
  /// Segment numbers are below this.
  public var segmentCount: Int { storage.segments.count }
  /// The segment with a number, see ``segmentNumber(of:)``.
  public func segment(number: Int) -> Name { storage.segments.name(Int32(number)) }

  /// The node above, nil for the root.
  @inline(__always) public func parent(of node: NodeID) -> NodeID? {
    let parent = storage.nodes[node.index].parent
    return parent < 0 ? nil : NodeID(parent)
  }
  /// The first node number after everything below `node`.
  @inline(__always) public func end(of node: NodeID) -> Int { Int(storage.nodes[node.index].end) }
  /// The leaf at a node, nil for a branch and for `()`.
  @inline(__always) public func leaf(at node: NodeID) -> LeafID? {
    let leaf = storage.nodes[node.index].leaf
    return leaf < 0 ? nil : LeafID(leaf)
  }
  /// How a node's segment is attached to what stands before it.
  @inline(__always) public func joint(of node: NodeID) -> Joint { storage.nodes[node.index].joint }
  /// Whether a branch's children have names or places.
  public func kind(of node: NodeID) -> BranchKind { storage.nodes[node.index].kind }
  /// Whether the producer marks the subtree as beside the weights (optimiser state).
  public func isHidden(_ node: NodeID) -> Bool { storage.nodes[node.index].isHidden }
  /// The producer's name for the type of a branch (`Dense`, `LSTM`), where the file has one.
  public func label(of node: NodeID) -> [UInt8]? { storage.labels[node.raw] }
  /// Whether anything stands below a node.
  @inline(__always) public func hasChildren(_ node: NodeID) -> Bool {
    end(of: node) > node.index + 1
  }

  /// A node's children in order.
  @inline(__always) public func children(of node: NodeID) -> Children {
    Children(tree: self, at: node.index + 1, end: end(of: node))
  }

  /// The children of a node in order, found as they are asked for.
  public struct Children: Sequence, IteratorProtocol {
    let tree: Tree
    var at: Int
    let end: Int

    @inline(__always) public mutating func next() -> NodeID? {
      guard at < end else { return nil }
      let node = NodeID(at)
      at = tree.end(of: node)
      return node
    }
  }

  /// The path from the root.
  public func path(of node: NodeID) -> TreePath {
    var segments: [TreePath.Segment] = []
    var at = node
    while let parent = parent(of: at) {
      segments.append(TreePath.Segment(name(of: at), joint: joint(of: at)))
      at = parent
    }
    return TreePath(segments.reversed())
  }

  /// The path from a node above to a node.
  public func path(of node: NodeID, below root: NodeID) -> TreePath {
    TreePath(Array(path(of: node).segments.dropFirst(depth(of: root))))
  }

  /// The path from the root to a leaf.
  public func path(of leaf: LeafID) -> TreePath { path(of: node(of: leaf)) }

  /// Nodes above a node: 0 for the root.
  public func depth(of node: NodeID) -> Int {
    var depth = 0
    var at = node
    while let parent = parent(of: at) {
      depth += 1
      at = parent
    }
    return depth
  }

  /// The first child with this name, nil when there is none.
  public func child(of node: NodeID, named name: Name) -> NodeID? {
    name.bytes.withUnsafeBytes { wanted in
      children(of: node).first { child in
        withName(of: child) { $0.count == wanted.count && $0.elementsEqual(wanted) }
      }
    }
  }

  /// The node that a path leads to; joints are not compared.
  public func node(at path: TreePath, below root: NodeID = .root) -> NodeID? {
    var node = root
    for segment in path.segments {
      guard let next = child(of: node, named: segment.name) else { return nil }
      node = next
    }
    return node
  }

  /// The node whose ``TreePath/flatName`` is `name`: what a person types.
  ///
  /// Several divisions into segments can spell one name; the first in walk order wins.
  public func node(named name: Name) -> NodeID? {
    if name.bytes.isEmpty { return .root }
    var pending: [(node: NodeID, from: Int)] = [(.root, 0)]
    while let (node, from) = pending.popLast() {
      var found: [(NodeID, Int)] = []
      for child in children(of: node) {
        let length = withName(of: child) { segment in
          name.bytes[from...].starts(with: segment) ? segment.count : -1
        }
        guard length >= 0 else { continue }
        let end = from + length
        if end == name.bytes.count { return child }
        if name.bytes[end] == UInt8(ascii: ".") || name.bytes[end] == UInt8(ascii: "/") {
          found.append((child, end + 1))
        }
      }
      pending += found.reversed()
    }
    return nil
  }
}

extension Tree: Equatable {
  /// Equal structure, names, leaves and ties.
  public static func == (a: Tree, b: Tree) -> Bool {
    if a.isIdentical(to: b) { return true }
    guard a.nodeCount == b.nodeCount, a.leafCount == b.leafCount else { return false }
    return (0..<a.nodeCount).allSatisfy { index in
      let node = NodeID(index)
      guard a.end(of: node) == b.end(of: node), a.joint(of: node) == b.joint(of: node),
        a.name(of: node) == b.name(of: node), a.kind(of: node) == b.kind(of: node),
        a.label(of: node) == b.label(of: node)
      else { return false }
      switch (a.leaf(at: node), b.leaf(at: node)) {
      case (nil, nil): return true
      case (let x?, let y?):
        return a.leaf(x) == b.leaf(y) && a.tie(of: x) == b.tie(of: y)
      default: return false
      }
    }
  }
}
