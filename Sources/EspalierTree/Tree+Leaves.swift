extension Tree {
  /// The node that a leaf stands at.
  @inline(__always) public func node(of leaf: LeafID) -> NodeID {
    NodeID(storage.leaves[leaf.index].node)
  }
  /// Whether a leaf is an array, and if not what it is.
  @inline(__always) public func kind(of leaf: LeafID) -> LeafKind {
    storage.leaves[leaf.index].kind
  }
  /// The element type of an array leaf; meaningless for others.
  @inline(__always) public func dtype(of leaf: LeafID) -> DType {
    storage.leaves[leaf.index].dtype
  }
  /// Whether an optimiser would change an array, where the model says so.
  public func trainability(of leaf: LeafID) -> Trainability {
    storage.leaves[leaf.index].trainability
  }
  /// A number that two array leaves of one tree share exactly when their shapes are equal.
  @inline(__always) public func shapeNumber(of leaf: LeafID) -> Int {
    Int(storage.leaves[leaf.index].shape)
  }
  /// Shape numbers are below this.
  public var shapeCount: Int { storage.shapeEnds.count }
  /// The shape with a number, see ``shapeNumber(of:)``.
  public func shape(number: Int) -> Shape {
    let start = number == 0 ? 0 : Int(storage.shapeEnds[number - 1])
    return Shape(storage.dimensions[start..<Int(storage.shapeEnds[number])])
  }
  /// The shape of an array leaf; `[]` for others.
  public func shape(of leaf: LeafID) -> Shape {
    let number = storage.leaves[leaf.index].shape
    return number < 0 ? [] : shape(number: Int(number))
  }
  /// Where the elements of an array leaf lie in its storage.
  public func layout(of leaf: LeafID) -> Layout {
    let record = storage.leaves[leaf.index]
    switch record.layoutKind {
    case 0: return .contiguous(.row)
    case 1: return .contiguous(.column)
    default: return storage.layouts[Int(record.extra)]
    }
  }

  /// The description of an array leaf, nil for others.
  public func array(_ leaf: LeafID) -> ArrayDescription? {
    let record = storage.leaves[leaf.index]
    guard record.kind == .array else { return nil }
    return ArrayDescription(
      record.dtype, shape(of: leaf), layout: layout(of: leaf),
      storage: record.storage < 0 ? nil : StorageID(record.storage),
      trainability: record.trainability)
  }

  /// The value of a leaf that is not an array.
  public func value(_ leaf: LeafID) -> LeafValue? {
    let record = storage.leaves[leaf.index]
    return record.kind == .array ? nil : storage.values[Int(record.extra)]
  }

  /// A leaf as a value of its own.
  public func leaf(_ leaf: LeafID) -> Leaf {
    if let array = array(leaf) { return .array(array) }
    return .value(value(leaf) ?? .nothing)
  }

  /// Elements of an array leaf, 0 for others. The builder has checked that it does not overflow.
  public func elementCount(of leaf: LeafID) -> Int {
    kind(of: leaf) == .array ? shape(of: leaf).elementCount ?? 0 : 0
  }
  /// Bytes of an array leaf's values as a contiguous array, 0 for others.
  public func byteCount(of leaf: LeafID) -> Int {
    dtype(of: leaf).byteCount(elements: elementCount(of: leaf)) ?? 0
  }
}
