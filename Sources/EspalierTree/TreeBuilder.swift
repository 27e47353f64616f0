/// Builds a ``Tree`` from branches and leaves in any order.
///
/// Every leaf keeps the order in which it was added; children of a branch stand in order of first
/// appearance, or in natural order where the file's own order means nothing.
public struct TreeBuilder {
  public enum ChildOrder: Sendable {
    /// As they were added: files and models whose order is the model's.
    case asGiven
    /// Layer 2 before layer 10: files that sort their names in their own way.
    case natural
  }

  /// A node while the tree is being built. Its number differs from the finished tree's.
  public struct Handle: Hashable, Sendable {
    let raw: Int32
    public static let root = Handle(raw: 0)
  }

  struct Draft {
    var segment: Int32
    var parent: Int32
    var firstChild: Int32 = -1
    var lastChild: Int32 = -1
    var nextSibling: Int32 = -1
    var leaf: Int32 = -1
    var depth: Int32
    var childCount: Int32 = 0
    var joint: Joint
    var kind: BranchKind = .keyed
    var isHidden = false
  }

  let order: ChildOrder
  var interner = SegmentInterner()
  var drafts = ContiguousArray<Draft>()
  var leaves = ContiguousArray<Tree.LeafRecord>()
  var shapes = ShapeInterner()
  var layouts: [Layout] = []
  var values: [LeafValue] = []
  var labels: [Int32: [UInt8]] = [:]
  private var childIndex = ProbeTable()
  private let seed = UInt64.random(in: .min ... .max)
  /// The node path of the last flat name, for names that begin alike.
  private var lastFlat = FlatNameCache()

  public init(order: ChildOrder = .asGiven) {
    self.order = order
    let segment = interner.intern(UnsafeRawBufferPointer(start: nil, count: 0)) ?? 0
    drafts.append(Draft(segment: segment, parent: -1, depth: 0, joint: .level))
  }

  public mutating func reserve(leaves count: Int) {
    leaves.reserveCapacity(count)
    drafts.reserveCapacity(count + count / 4)
  }

  // MARK: Branches

  /// The child of `parent` with this name, made when there is none.
  public mutating func node(
    _ name: Name, under parent: Handle = .root, joint: Joint = .level
  ) throws -> Handle {
    try name.bytes.withUnsafeBytes { try node($0, under: parent, joint: joint) }
  }

  public mutating func node(
    _ name: UnsafeRawBufferPointer, under parent: Handle, joint: Joint = .level
  ) throws -> Handle {
    guard let segment = interner.intern(name) else { throw TreeError.tooLarge }
    if let known = child(segment, under: parent, joint: joint) { return known }
    return try append(segment, under: parent, joint: joint)
  }

  @inline(__always)
  private func child(_ segment: Int32, under parent: Handle, joint: Joint) -> Handle? {
    if drafts[Int(parent.raw)].childCount <= Self.scannedChildren {
      var child = drafts[Int(parent.raw)].firstChild
      while child >= 0 {
        let draft = drafts[Int(child)]
        if draft.segment == segment && draft.joint == joint { return Handle(raw: child) }
        child = draft.nextSibling
      }
    } else {
      var probe = childIndex.probe(childHash(parent.raw, segment, joint))
      while let known = childIndex.next(&probe) {
        let draft = drafts[Int(known)]
        if draft.parent == parent.raw && draft.segment == segment && draft.joint == joint {
          return Handle(raw: known)
        }
      }
    }
    return nil
  }

  /// The child of `parent` at an index.
  public mutating func node(at index: Int, under parent: Handle) throws -> Handle {
    try node(Name(String(index)), under: parent)
  }

  public mutating func setKind(_ kind: BranchKind, of node: Handle) {
    drafts[Int(node.raw)].kind = kind
  }
  /// The producer's name for the branch's type.
  public mutating func setLabel(_ label: some Sequence<UInt8>, of node: Handle) {
    labels[node.raw] = Array(label)
  }
  /// Marks a subtree as beside the weights.
  public mutating func hide(_ node: Handle) { drafts[Int(node.raw)].isHidden = true }

  public func path(of node: Handle) -> TreePath {
    var segments: [TreePath.Segment] = []
    var at = node.raw
    while at > 0 {
      let draft = drafts[Int(at)]
      segments.append(TreePath.Segment(interner.table.name(draft.segment), joint: draft.joint))
      at = draft.parent
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
      guard let segment = part.withUnsafeBytes(interner.find),
        let next = child(segment, under: node, joint: index == 0 ? .level : .dot)
      else { return nil }
      node = next
    }
    let leaf = drafts[Int(node.raw)].leaf
    return leaf < 0 ? nil : LeafID(leaf)
  }

  /// The storage of an array leaf, so that others can share it; `new` becomes its number where it
  /// has none yet.
  public mutating func storage(of leaf: LeafID, new: StorageID) -> StorageID {
    if leaves[leaf.index].storage < 0 { leaves[leaf.index].storage = new.raw }
    return StorageID(leaves[leaf.index].storage)
  }

  /// Makes `node` a second name of an array leaf that has a storage.
  @discardableResult
  public mutating func addTie(_ node: Handle, to leaf: LeafID) throws -> LeafID {
    var record = leaves[leaf.index]
    record.node = node.raw
    return try append(record)
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
    guard let elements = shapes.elementCount(shape), dtype.byteCount(elements: elements) != nil
    else { throw TreeError.badShape(at: path(of: node), Shape(dimensions)) }
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

  public mutating func flatNode(
    _ name: UnsafeRawBufferPointer, separator: Joint, under parent: Handle
  ) throws -> Handle {
    guard separator != .level else { return try node(name, under: parent) }
    let byte = UInt8(ascii: separator == .slash ? "/" : ".")
    var (start, node) = lastFlat.resume(name, separator: byte, under: parent)
    var isFirst = start == 0
    var splits = lastFlat.depth
    while start <= name.count {
      var end = start
      // Past this many parts the rest stays one segment: no real name has them.
      if splits < 256 {
        while end < name.count, name[end] != byte { end += 1 }
      } else {
        end = name.count
      }
      splits += 1
      node = try self.node(
        UnsafeRawBufferPointer(rebasing: name[start..<end]), under: node,
        joint: isFirst ? .level : separator)
      isFirst = false
      if end < name.count { lastFlat.push(end: end, node: node) }
      start = end + 1
    }
    return node
  }

  // MARK: Inside

  @inline(__always)
  private func childHash(_ parent: Int32, _ segment: Int32, _ joint: Joint) -> UInt64 {
    let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(UInt32(bitPattern: segment))
    return mixHash(seed &+ UInt64(joint.rawValue), key)
  }

  private mutating func append(
    _ segment: Int32, under parent: Handle, joint: Joint
  ) throws -> Handle {
    let family = drafts[Int(parent.raw)]
    guard family.depth < Tree.maximumDepth else { throw TreeError.tooDeep(at: path(of: parent)) }
    guard drafts.count < Int(Int32.max) else { throw TreeError.tooLarge }
    let id = Int32(drafts.count)
    drafts.append(
      Draft(segment: segment, parent: parent.raw, depth: family.depth + 1, joint: joint))
    if family.lastChild >= 0 {
      drafts[Int(family.lastChild)].nextSibling = id
    } else {
      drafts[Int(parent.raw)].firstChild = id
    }
    drafts[Int(parent.raw)].lastChild = id
    drafts[Int(parent.raw)].childCount += 1
    if family.childCount == Self.scannedChildren {
      indexChildren(of: parent.raw)
    } else if family.childCount > Self.scannedChildren {
      childIndex.insert(id, hash: childHash(parent.raw, segment, joint))
    }
    return Handle(raw: id)
  }

  /// Most branches have a few children, which are found fastest one after another; only the
  /// children of larger ones are indexed.
  private static let scannedChildren: Int32 = 8

  private mutating func indexChildren(of parent: Int32) {
    var child = drafts[Int(parent)].firstChild
    while child >= 0 {
      let draft = drafts[Int(child)]
      childIndex.insert(child, hash: childHash(parent, draft.segment, draft.joint))
      child = draft.nextSibling
    }
  }

  private mutating func append(_ record: Tree.LeafRecord) throws -> LeafID {
    guard drafts[Int(record.node)].leaf < 0 else {
      throw TreeError.duplicate(path(of: Handle(raw: record.node)))
    }
    guard leaves.count < Int(Int32.max) else { throw TreeError.tooLarge }
    let id = Int32(leaves.count)
    drafts[Int(record.node)].leaf = id
    leaves.append(record)
    return LeafID(id)
  }
}

/// Where the separators of the last flat name stood, and which nodes its prefixes led to.
private struct FlatNameCache {
  private var name = ContiguousArray<UInt8>()
  private var parent: Int32 = -1
  private var separator: UInt8 = 0
  private var stack = ContiguousArray<(end: Int, node: TreeBuilder.Handle)>()

  /// How many segments of the name are known.
  var depth: Int { stack.count }

  /// How much of `name` is known already: where to go on, and from which node.
  mutating func resume(
    _ next: UnsafeRawBufferPointer, separator: UInt8, under parent: TreeBuilder.Handle
  ) -> (start: Int, node: TreeBuilder.Handle) {
    defer {
      name.removeAll(keepingCapacity: true)
      name.append(contentsOf: next)
    }
    guard parent.raw == self.parent, separator == self.separator else {
      self.parent = parent.raw
      self.separator = separator
      stack.removeAll(keepingCapacity: true)
      return (0, parent)
    }
    let common = name.withUnsafeBytes { commonPrefix($0, next) }
    while let top = stack.last, top.end >= common { stack.removeLast() }
    return stack.last.map { ($0.end + 1, $0.node) } ?? (0, parent)
  }

  mutating func push(end: Int, node: TreeBuilder.Handle) { stack.append((end, node)) }
}

/// How many bytes two names begin with in common.
private func commonPrefix(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  let limit = min(a.count, b.count)
  var common = 0
  while common + 8 <= limit,
    a.loadUnaligned(fromByteOffset: common, as: UInt64.self)
      == b.loadUnaligned(fromByteOffset: common, as: UInt64.self)
  {
    common += 8
  }
  while common < limit, a[common] == b[common] { common += 1 }
  return common
}
