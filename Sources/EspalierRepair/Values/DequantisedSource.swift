import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// A source with plain numbers in the place of packed weights, for programs that know no packed ones.
///
/// Blocks (GGUF) become arrays of the same name and shape. Of a weight that is packed into several
/// arrays (GPTQ, MLX, …) one array is left, `weight`, and the others are gone. Values are computed
/// as they are read.
public struct DequantisedSource: TensorSource {
  public let tree: Tree
  /// The node that corresponds to the side's ``RepairSide/root``.
  public let root: NodeID
  /// What was packed, in the order of the tree.
  public let weights: [Weight]
  private let feeds: [Feed?]
  private let base: any TensorSource
  private let origins: [LeafID]
  private let context: ReadContext

  /// A weight that was packed.
  public struct Weight: Sendable, Hashable {
    /// Its name now.
    public var path: TreePath
    /// How it was packed: `GGUF Q4_0`, `GPTQ`, …
    public var kind: String
  }

  /// What is to be unpacked.
  public enum Selection: Sendable {
    /// Arrays of these block types only.
    case blocks(Set<DType>)
    /// Every block and every weight that is packed into several arrays.
    case everything
  }

  struct Feed: Sendable {
    /// As `.f32`, axes in the order of the tree.
    var node: ValueNode
    /// The same in the order of memory, where that is another.
    var memory: ValueNode?
    var dtype: DType
  }

  /// - Parameter dtype: of the unpacked arrays: a floating-point type.
  /// - Throws: ``RepairError`` for packed weights that cannot be unpacked, all of them named.
  public init(_ side: RepairSide, _ selection: Selection, as dtype: DType = .f32) throws {
    let packed = try PackedLeaves(side, selection)
    base = side.values
    context = ReadContext(
      source: side.values, destination: side.values, reversesDestination: false,
      blockBytes: 64 << 20)
    let old = side.tree
    var storages = UnpackedStorages(old)
    func leaf(_ leaf: LeafID) -> Leaf? {
      guard let found = packed.found[leaf] else {
        return old.array(leaf).map { .array($0) } ?? old.value(leaf).map { .value($0) }
      }
      let layout = found.memory == nil ? Layout.contiguous(.row) : .contiguous(.column)
      return .array(
        ArrayDescription(
          dtype, Shape(found.node.shape), layout: layout, storage: storages.storage(of: leaf)))
    }
    let (tree, origins) = try old.mapLeaves(
      where: { packed.leftOut.contains($0) }, name: { packed.names[$0] },
      place: { packed.places[$0] }, leaf)
    self.tree = tree
    self.origins = origins
    root = tree.node(at: old.path(of: side.root)) ?? .root
    feeds = origins.map { leaf in
      packed.found[leaf].map { Feed(node: $0.node, memory: $0.memory, dtype: dtype) }
    }
    weights = zip(tree.leafIDs, origins).compactMap { new, leaf in
      packed.found[leaf].map { Weight(path: tree.path(of: new), kind: $0.kind) }
    }
  }

  public func hasValues(_ leaf: LeafID) -> Bool {
    guard feeds.indices.contains(leaf.index) else { return false }
    return feeds[leaf.index].map { context.hasValues($0.node) }
      ?? base.hasValues(origins[leaf.index])
  }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    guard feeds.indices.contains(leaf.index) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    guard let feed = feeds[leaf.index] else { return try base.reader(for: origins[leaf.index]) }
    return try open(feed.node, as: feed.dtype)
  }

  public func memoryReader(for leaf: LeafID) throws -> (any TensorReader)? {
    guard feeds.indices.contains(leaf.index) else { return nil }
    guard let feed = feeds[leaf.index] else {
      return try base.memoryReader(for: origins[leaf.index])
    }
    return try feed.memory.map { try open($0, as: feed.dtype) }
  }

  private func open(_ node: ValueNode, as dtype: DType) throws -> any TensorReader {
    let reader = try context.open(node)
    if node.dtype == dtype { return reader }
    return ConvertingReader(reader, from: node.dtype, to: dtype, elements: node.elementCount)
  }
}

/// Memory of their own for unpacked weights: those that were packed in the same place share it.
private struct UnpackedStorages {
  private let tree: Tree
  private var next: Int32
  private var known: [Place: StorageID] = [:]

  private struct Place: Hashable {
    var storage: StorageID
    var array: ArrayDescription
  }

  init(_ tree: Tree) {
    self.tree = tree
    let last = tree.leafIDs.lazy.compactMap { tree.array($0)?.storage?.raw }.max() ?? -1
    next = last &+ 1
  }

  mutating func storage(of leaf: LeafID) -> StorageID? {
    guard let array = tree.array(leaf), let storage = array.storage, next >= 0 else { return nil }
    let place = Place(storage: storage, array: array)
    if let own = known[place] { return own }
    defer { next &+= 1 }
    known[place] = StorageID(next)
    return StorageID(next)
  }
}
