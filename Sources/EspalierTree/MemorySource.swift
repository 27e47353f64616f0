/// A tree whose values lie in memory: models made in code, small results, tests.
///
///     var source = MemorySource.Builder()
///     try source.add("encoder.weight", .f32, [2, 3], bytes)
///     try source.tie("decoder.weight", to: "encoder.weight")
///     let model = source.finish()
public struct MemorySource: TensorSource {
  /// Paths, kinds, shapes and element types.
  public let tree: Tree
  /// By leaf number; nil for leaves that are not arrays and for arrays without values.
  private let values: [[UInt8]?]

  /// - Parameter values: for each leaf of `tree` in order, the elements in C order, little-endian;
  ///   nil where it has none. What is missing at the end counts as nil.
  public init(tree: Tree, values: [[UInt8]?]) {
    self.tree = tree
    self.values = values
  }

  public func hasValues(_ leaf: LeafID) -> Bool { bytes(leaf) != nil }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let bytes = bytes(leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "only its shape and type are known")
    }
    return BufferReader(bytes)
  }

  private func bytes(_ leaf: LeafID) -> [UInt8]? {
    guard leaf.index < values.count, tree.kind(of: leaf) == .array else { return nil }
    return values[leaf.index]
  }
}

extension MemorySource {
  /// Collects leaves under flat dotted names, in order.
  public struct Builder {
    private var tree: TreeBuilder
    private var values: [[UInt8]?] = []
    private var arrays: [Name: (array: ArrayDescription, leaf: Int)] = [:]

    private var container = TreeBuilder.Handle.root

    /// Nothing yet.
    public init(order: TreeBuilder.ChildOrder = .asGiven) { tree = TreeBuilder(order: order) }

    /// Puts what is added from now on below a container of this name (`state_dict`); nil for the top.
    public mutating func enter(_ name: Name?) throws {
      container = try name.map { name throws in try tree.node(name) } ?? .root
    }

    /// Adds an array.
    ///
    /// - Parameter bytes: its elements in C order, little-endian; nil for a description without
    ///   values.
    public mutating func add(
      _ name: Name, _ dtype: DType, _ shape: Shape, _ bytes: [UInt8]?
    ) throws {
      // Every array is a storage of its own, so that others can be tied to it.
      let array = ArrayDescription(
        dtype, shape, storage: StorageID(Int32(truncatingIfNeeded: values.count)))
      if let bytes, bytes.count != array.byteCount {
        throw WrongByteCount(name: name, found: bytes.count, expected: array.byteCount)
      }
      try add(name, array, bytes)
    }

    /// Adds an array of whole numbers or floating-point numbers, as they lie in memory.
    public mutating func add<T: BitwiseCopyable>(
      _ name: Name, _ dtype: DType, _ shape: Shape, values: [T]
    ) throws {
      try add(name, dtype, shape, values.withUnsafeBytes { Array($0) })
    }

    /// Adds a second name of an array that was added before: one storage under both.
    public mutating func tie(_ name: Name, to first: Name) throws {
      guard let known = arrays[first] else { throw UnknownName(name: first) }
      try add(name, known.array, values[known.leaf])
    }

    /// Adds a leaf that is not an array.
    public mutating func add(_ name: Name, _ value: LeafValue) throws {
      try tree.setLeaf(.value(value), at: tree.flatNode(name, under: container))
      values.append(nil)
    }

    /// The source with everything that was added.
    public consuming func finish() -> MemorySource {
      MemorySource(tree: tree.finish(), values: values)
    }

    private mutating func add(_ name: Name, _ array: ArrayDescription, _ bytes: [UInt8]?) throws {
      try tree.setArray(array, at: tree.flatNode(name, under: container))
      arrays[name] = (array, values.count)
      values.append(bytes)
    }
  }

  /// The values given for an array do not fill its shape.
  public struct WrongByteCount: Error, CustomStringConvertible {
    /// The name of the array.
    public var name: Name
    /// Bytes that were given.
    public var found: Int
    /// Nil when the shape's size overflows.
    public var expected: Int?

    public var description: String {
      "\(name): found \(found) bytes, expected \(expected.map(String.init) ?? "a smaller shape")"
    }
  }

  /// An array is to be tied to a name that nothing was added under.
  public struct UnknownName: Error, CustomStringConvertible {
    /// The name that was looked for.
    public var name: Name
    public var description: String { "\(name): nothing was added under this name" }
  }
}
