import EspalierTree

/// The arrays of a database.
struct OrbaxSource: TensorSource {
  let tree: Tree
  private let manifest: FilePath
  /// By leaf number; nil for leaves that are not arrays.
  private let arrays: ContiguousArray<ZarrArray?>
  private let values: [[UInt8]: OCDBTDatabase.Value]

  private static let description = Array("/.zarray".utf8)
  private static let descriptionLimit = 1 << 20

  init(_ database: OCDBTDatabase, _ metadata: OrbaxMetadata, _ manifest: FilePath) throws {
    self.manifest = manifest
    var builder = TreeBuilder(order: .natural)
    var arrays = ContiguousArray<ZarrArray?>()
    var values: [[UInt8]: OCDBTDatabase.Value] = [:]
    for (key, value) in database.entries {
      guard values.updateValue(value, forKey: key) == nil else {
        throw CheckpointError(
          .duplicateName, file: manifest, place: key, found: "this key a second time",
          expected: "every key once")
      }
      try Self.checkVersion(key, manifest)
      guard key.count > Self.description.count,
        key.suffix(Self.description.count)
          .elementsEqual(Self.description)
      else { continue }
      let name = Array(key.dropLast(Self.description.count))
      let text = try value.read(limit: Self.descriptionLimit, field: ".zarray")
      let array = try ZarrArray(text, name: name, file: manifest)
      let node = try builder.flatNode(Name(name))
      if let dtype = array.dtype {
        try builder.setArray(ArrayDescription(dtype, Shape(array.shape)), at: node)
      } else {
        let type = "\(array.typeName) \(Shape(array.shape))"
        try builder.setLeaf(.value(.opaque(type: Array(type.utf8))), at: node)
      }
      arrays.append(array.dtype == nil ? nil : array)
    }
    for name in metadata.absent where values[name + Self.description] == nil {
      try builder.setLeaf(.value(.nothing), at: builder.flatNode(Name(name)))
      arrays.append(nil)
    }
    tree = builder.finish()
    self.arrays = arrays
    self.values = values
  }

  private static func checkVersion(
    _ key: [UInt8], _ manifest: FilePath
  ) throws(CheckpointError) {
    guard key.suffix(10).elementsEqual("/zarr.json".utf8) else { return }
    throw CheckpointError(
      .unsupported, file: manifest, place: key, found: "an array of zarr version 3",
      expected: "zarr version 2", advice: "save it with use_zarr3=False, or as safetensors")
  }

  private func array(_ leaf: LeafID) -> ZarrArray? {
    leaf.index < arrays.count ? arrays[leaf.index] : nil
  }

  func hasValues(_ leaf: LeafID) -> Bool { array(leaf).map { $0.obstacle == nil } ?? false }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let array = array(leaf), let dtype = array.dtype else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    if let obstacle = array.obstacle { throw NoValues(tree.path(of: leaf), reason: obstacle) }
    let reader =
      try plainReader(array, dtype) ?? ZarrReader(ZarrChunks(array, dtype, manifest, values))
    let size = dtype.componentSize
    return array.isBigEndian && size > 1 ? SwappingReader(reader, itemSize: size) : reader
  }

  /// Where the whole array is one run of bytes of a file.
  private func plainReader(
    _ array: ZarrArray, _ dtype: DType
  ) throws -> (any TensorReader)? {
    guard array.compressor == .none, array.chunk == array.shape,
      case .stored(let region)? = values[array.key([Int](repeating: 0, count: array.shape.count))],
      region.count == ArrayDescription(dtype, Shape(array.shape)).byteCount
    else { return nil }
    return FileRangeReader(region)
  }
}
