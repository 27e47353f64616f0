/// Builds a ``Tree`` from branches and leaves in any order.
///
/// Every leaf keeps the order in which it was added; children of a branch stand in order of first
/// appearance, or in natural order where the file's own order means nothing.
public struct TreeBuilder {
  /// How the children of a branch stand.
  public enum ChildOrder: Sendable {
    /// As they were added: files and models whose order is the model's.
    case asGiven
    /// Layer 2 before layer 10: files that sort their names in their own way.
    case natural
  }

  /// A node while the tree is being built. Its number differs from the finished tree's.
  public struct Handle: Hashable, Sendable {
    let raw: Int32
    /// The node above all others, which is there from the start.
    public static var root: Handle { Handle(raw: 0) }
  }

  /// What is known of a node only while the tree is being built. Its depth stands in `end`, which
  /// is not known yet. Small, because large trees are built as fast as memory is handed out.
  struct Links {
    /// The last child, -1 where there is none. When the tree is finished, the node's number in it.
    var last: Int32 = -1
    /// The next child of the parent; after the last one, the first.
    var next: Int32
  }

  let order: ChildOrder
  var interner = SegmentInterner()
  /// Nodes in the order in which they were made; where they end is not known yet.
  var nodes = ContiguousArray<Tree.Node>()
  var links = ContiguousArray<Links>()
  var leaves = ContiguousArray<Tree.LeafRecord>()
  var shapes = ShapeInterner()
  var layouts: [Layout] = []
  var values: [LeafValue] = []
  var labels = LabelTable()
  private var childIndex = ProbeTable()
  private let seed = UInt64.random(in: .min ... .max)
  /// The node path of the last flat name, for names that begin alike.
  private var lastFlat = FlatNameCache()
  /// The last shape and type that were found to go together.
  private var lastChecked: (shape: Int32, dtype: DType) = (-1, .u8)

  /// A tree with a root and nothing below it.
  public init(order: ChildOrder = .asGiven) {
    self.order = order
    let segment = interner.intern(UnsafeRawBufferPointer(start: nil, count: 0)) ?? 0
    nodes.append(Tree.Node(segment: segment, parent: -1, end: 0, joint: .level))
    links.append(Links(next: 0))
  }

  /// Makes room for `count` leaves in all; those that are there are taken for a fair sample.
  public mutating func reserve(leaves count: Int) {
    let (nodesThere, leavesThere) = leaves.isEmpty ? (5, 4) : (nodes.count, leaves.count)
    let (product, overflow) = count.multipliedReportingOverflow(by: nodesThere)
    guard !overflow else { return }
    leaves.reserveCapacity(count)
    nodes.reserveCapacity(product / leavesThere)
    links.reserveCapacity(product / leavesThere)
  }

  // MARK: Branches

  /// The child of `parent` with this name, made when there is none.
  public mutating func node(
    _ name: Name, under parent: Handle = .root, joint: Joint = .level
  ) throws -> Handle {
    try name.bytes.withUnsafeBytes { try node($0, under: parent, joint: joint) }
  }

  /// The child of `parent` with a name in bytes, made when there is none.
  public mutating func node(
    _ name: UnsafeRawBufferPointer, under parent: Handle, joint: Joint = .level
  ) throws -> Handle {
    try step(name, parent, joint)
  }

  @inline(__always)
  private mutating func step(
    _ name: UnsafeRawBufferPointer, _ parent: Handle, _ joint: Joint
  ) throws -> Handle {
    guard let segment = interner.intern(name) else { throw TreeError.tooLarge }
    let (known, siblings) = child(segment, under: parent, joint: joint)
    if known >= 0 { return Handle(raw: known) }
    return try append(segment, under: parent, joint: joint, siblings: siblings)
  }

  /// The child with this segment, -1 where there is none; without one, how many others there are,
  /// exactly where they are few.
  @inline(__always)
  private func child(_ segment: Int32, under parent: Handle, joint: Joint) -> (Int32, Int) {
    var siblings = 0
    let last = links[Int(parent.raw)].last
    if last < 0 { return (-1, 0) }
    var child = last
    repeat {
      child = links[Int(child)].next
      let node = nodes[Int(child)]
      if node.segment == segment && node.joint == joint { return (child, siblings) }
      siblings += 1
      if siblings > Self.scannedChildren { break }
    } while child != last
    guard siblings > Self.scannedChildren else { return (-1, siblings) }
    var probe = childIndex.probe(childHash(parent.raw, segment, joint))
    while let known = childIndex.next(&probe) {
      let node = nodes[Int(known)]
      if node.parent == parent.raw && node.segment == segment && node.joint == joint {
        return (known, siblings)
      }
    }
    return (-1, siblings)
  }

  /// The child of `parent` at an index.
  public mutating func node(at index: Int, under parent: Handle) throws -> Handle {
    // Digits from the last to the first: an array of a million layers asks for a million names.
    try withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var start = digits.count
      var rest = index.magnitude
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      return try node(UnsafeRawBufferPointer(rebasing: digits[start...]), under: parent)
    }
  }

  /// Says whether a branch's children have names or places.
  public mutating func setKind(_ kind: BranchKind, of node: Handle) {
    nodes[Int(node.raw)].kind = kind
  }
  /// The producer's name for the branch's type.
  public mutating func setLabel(_ label: some Sequence<UInt8>, of node: Handle) {
    labels.set(Array(label), of: node.raw)
  }
  /// Marks a subtree as beside the weights.
  public mutating func hide(_ node: Handle) { nodes[Int(node.raw)].isHidden = true }

  /// The path from the root.
  public func path(of node: Handle) -> TreePath {
    var segments: [TreePath.Segment] = []
    var at = node.raw
    while at > 0 {
      let node = nodes[Int(at)]
      segments.append(TreePath.Segment(interner.table.name(node.segment), joint: node.joint))
      at = node.parent
    }
    return TreePath(segments.reversed())
  }

  // MARK: Leaves

  /// Makes `node` a leaf.
  @discardableResult
  public mutating func setLeaf(_ leaf: Leaf, at node: Handle) throws -> LeafID {
    switch leaf {
    case .array(let array): return try setArray(array, at: node)
    case .value(let value):
      values.append(value)
      return try append(
        Tree.LeafRecord(
          kind: value.kind, dtype: .u8, trainability: .unknown, layoutKind: 0, shape: -1,
          storage: -1, extra: Int32(truncatingIfNeeded: values.count - 1), node: node.raw))
    }
  }

  /// Makes `node` an array leaf.
  ///
  /// - Throws: ``TreeError`` for a shape without an element count, and for a second leaf at one node.
  @discardableResult
  public mutating func setArray(_ array: ArrayDescription, at node: Handle) throws -> LeafID {
    guard array.byteCount != nil, array.layout.footprint(of: array.shape) != nil,
      let shape = shapes.intern(array.shape.dimensions)
    else { throw TreeError.badShape(at: path(of: node), array.shape) }
    var record = Tree.LeafRecord(
      kind: .array, dtype: array.dtype, trainability: array.trainability, layoutKind: 0,
      shape: shape, storage: array.storage?.raw ?? -1, extra: -1, node: node.raw)
    switch array.layout {
    case .contiguous(.row): break
    case .contiguous(.column): record.layoutKind = 1
    case .strided:
      record.layoutKind = 2
      record.extra = Int32(truncatingIfNeeded: layouts.count)
      layouts.append(array.layout)
    }
    return try append(record)
  }

  /// The leaf that was added under a flat dotted name.
  public func leaf(flatName: Name) -> LeafID? {
    let parts = flatName.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    var node = Handle.root
    for (index, part) in parts.enumerated() {
      guard let segment = part.withUnsafeBytes(interner.find) else { return nil }
      node = Handle(raw: child(segment, under: node, joint: index == 0 ? .level : .dot).0)
      if node.raw < 0 { return nil }
    }
    let leaf = nodes[Int(node.raw)].leaf
    return leaf < 0 ? nil : LeafID(leaf)
  }

  /// Adds a row-major array under a flat name that separators divide into segments.
  ///
  /// The fast way for formats with flat names: names that begin like the one before are found
  /// without looking them up.
  @discardableResult
  public mutating func addArray(
    flatName: UnsafeRawBufferPointer, separator: Joint = .dot, under parent: Handle = .root,
    _ dtype: DType, dimensions: UnsafeBufferPointer<Int>
  ) throws -> LeafID {
    let node = try flatNode(flatName, separator: separator, under: parent)
    guard let shape = shapes.intern(dimensions) else {
      throw TreeError.badShape(at: path(of: node), Shape(dimensions))
    }
    if lastChecked != (shape, dtype) {
      guard let elements = shapes.elementCount(shape), dtype.byteCount(elements: elements) != nil
      else { throw TreeError.badShape(at: path(of: node), Shape(dimensions)) }
      lastChecked = (shape, dtype)
    }
    return try append(
      Tree.LeafRecord(
        kind: .array, dtype: dtype, trainability: .unknown, layoutKind: 0, shape: shape,
        storage: -1, extra: -1, node: node.raw))
  }

  /// The node of a flat name: its separators divide it, the whole of it is one container level.
  public mutating func flatNode(
    _ name: Name, separator: Joint = .dot, under parent: Handle = .root
  ) throws -> Handle {
    try name.bytes.withUnsafeBytes { try flatNode($0, separator: separator, under: parent) }
  }

  /// The node of a flat name in bytes.
  public mutating func flatNode(
    _ name: UnsafeRawBufferPointer, separator: Joint, under parent: Handle
  ) throws -> Handle {
    guard separator != .level else { return try node(name, under: parent) }
    let byte = UInt8(ascii: separator == .slash ? "/" : ".")
    var (start, node) = lastFlat.resume(name, separator: byte, under: parent)
    while true {
      var end = start
      // Past this many parts the rest stays one segment: no real name has them.
      if lastFlat.depth < 256 {
        while end < name.count, name[end] != byte { end &+= 1 }
      } else {
        end = name.count
      }
      node = try step(
        UnsafeRawBufferPointer(rebasing: name[start..<end]), node, start == 0 ? .level : separator)
      if end == name.count { return node }
      lastFlat.push(end: end, node: node)
      start = end &+ 1
    }
  }

  // MARK: Inside

  @inline(__always)
  private func childHash(_ parent: Int32, _ segment: Int32, _ joint: Joint) -> UInt64 {
    let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(UInt32(bitPattern: segment))
    return mixHash(seed &+ UInt64(joint.rawValue), key)
  }

  @inline(__always)
  private mutating func append(
    _ segment: Int32, under parent: Handle, joint: Joint, siblings: Int
  ) throws -> Handle {
    let depth = nodes[Int(parent.raw)].end + 1
    guard depth <= Tree.maximumDepth else { throw TreeError.tooDeep(at: path(of: parent)) }
    guard nodes.count < Int(Int32.max) else { throw TreeError.tooLarge }
    let id = Int32(nodes.count)
    nodes.append(Tree.Node(segment: segment, parent: parent.raw, end: depth, joint: joint))
    links.append(Links(next: id))
    links.withUnsafeMutableBufferPointer { links in
      let last = links[Int(parent.raw)].last
      if last >= 0 {
        links[Int(id)].next = links[Int(last)].next
        links[Int(last)].next = id
      }
      links[Int(parent.raw)].last = id
    }
    if siblings == Self.scannedChildren {
      indexChildren(of: parent.raw)
    } else if siblings > Self.scannedChildren {
      childIndex.insert(id, hash: childHash(parent.raw, segment, joint))
    }
    return Handle(raw: id)
  }

  /// Most branches have a few children, which are found fastest one after another; only larger
  /// ones have theirs in an index.
  private static var scannedChildren: Int { 8 }

  private mutating func indexChildren(of parent: Int32) {
    let last = links[Int(parent)].last
    var child = last
    repeat {
      child = links[Int(child)].next
      let node = nodes[Int(child)]
      childIndex.insert(child, hash: childHash(parent, node.segment, node.joint))
    } while child != last
  }

  mutating func append(_ record: Tree.LeafRecord) throws -> LeafID {
    guard nodes[Int(record.node)].leaf < 0 else {
      throw TreeError.duplicate(path(of: Handle(raw: record.node)))
    }
    guard leaves.count < Int(Int32.max) else { throw TreeError.tooLarge }
    let id = Int32(leaves.count)
    nodes[Int(record.node)].leaf = id
    leaves.append(record)
    return LeafID(id)
  }
}
