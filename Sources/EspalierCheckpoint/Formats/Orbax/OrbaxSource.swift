import EspalierTree

/// The arrays of a checkpoint.
struct OrbaxSource: TensorSource {
  let tree: Tree
  private let store: ZarrStore
  /// By leaf number; nil for leaves that are not arrays.
  private let arrays: ContiguousArray<ZarrArray?>

  init(_ store: ZarrStore, _ metadata: OrbaxMetadata) throws {
    self.store = store
    var builder = TreeBuilder(order: .natural)
    var arrays = ContiguousArray<ZarrArray?>()
    var names: Set<[UInt8]> = []
    for array in store.arrays {
      names.insert(array.name)
      let node = try Self.node(array.name, metadata, &builder)
      if let dtype = array.dtype {
        try builder.setArray(ArrayDescription(dtype, Shape(array.shape)), at: node)
      } else {
        let type = "\(array.typeName) \(Shape(array.shape))"
        try builder.setLeaf(.value(.opaque(type: Array(type.utf8))), at: node)
      }
      arrays.append(array.dtype == nil ? nil : array)
    }
    for name in metadata.absent where !names.contains(name) {
      try builder.setLeaf(.value(.nothing), at: Self.node(name, metadata, &builder))
      arrays.append(nil)
    }
    tree = builder.finish()
    self.arrays = arrays
  }

  /// The node of a leaf: below dictionaries and lists where these are known, else by its flat name.
  private static func node(
    _ name: [UInt8], _ metadata: OrbaxMetadata, _ builder: inout TreeBuilder
  ) throws -> TreeBuilder.Handle {
    guard let keys = metadata.paths[name] else { return try builder.flatNode(Name(name)) }
    var node = TreeBuilder.Handle.root
    for key in keys {
      if key.isIndex { builder.setKind(.positional, of: node) }
      node = try builder.node(Name(key.text), under: node)
      if optimizers.contains(where: { key.text.elementsEqual($0.utf8) }) { builder.hide(node) }
    }
    return node
  }

  /// What training loops call the state of an optimiser.
  private static let optimizers = ["opt_state", "optimizer_state", "optimizer", "opt"]

  private func array(_ leaf: LeafID) -> ZarrArray? {
    leaf.index < arrays.count ? arrays[leaf.index] : nil
  }

  func hasValues(_ leaf: LeafID) -> Bool { array(leaf).map { $0.obstacle == nil } ?? false }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let array = array(leaf), let dtype = array.dtype else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    if let obstacle = array.obstacle { throw NoValues(tree.path(of: leaf), reason: obstacle) }
    let reader = try plainReader(array, dtype) ?? ZarrReader(ZarrChunks(array, dtype, store))
    let size = dtype.componentSize
    return array.codecs.isBigEndian && size > 1 ? SwappingReader(reader, itemSize: size) : reader
  }

  /// Where the whole array is one run of bytes of a file.
  private func plainReader(
    _ array: ZarrArray, _ dtype: DType
  ) throws -> (any TensorReader)? {
    guard array.codecs.steps.isEmpty, array.shards == nil, array.chunk == array.shape,
      case .stored(let region)? = try store.value(
        array.key([Int](repeating: 0, count: array.shape.count))),
      region.count == ArrayDescription(dtype, Shape(array.shape)).byteCount
    else { return nil }
    return FileRangeReader(region)
  }
}
