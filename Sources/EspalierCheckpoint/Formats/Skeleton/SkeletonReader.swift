import EspalierTree

/// Reads a skeleton in one pass.
struct SkeletonReader {
  /// A skeleton of a million tensors takes about a tenth of this.
  static let sizeLimit = 1 << 30

  private let region: ByteRegion
  private var builder = TreeBuilder()
  private var metadata: [MetadataEntry] = []

  init(_ region: ByteRegion) { self.region = region }

  mutating func read() throws -> OpenedContent {
    let bytes = try region.readAll(limit: Self.sizeLimit, field: "skeleton")
    var json = JSONReader(bytes, origin: region.origin)
    try json.beginObject()
    var hasTensors = false
    while let key = try json.nextKey() {
      if json.matches(key, "tensors") {
        hasTensors = true
        try readTensors(&json)
      } else if json.matches(key, "metadata") {
        try readMetadata(&json)
      } else {
        try json.skipValue()
      }
    }
    try json.finish()
    guard hasTensors else {
      throw CheckpointError(
        .notACheckpoint, file: region.file.path, found: "a JSON file without a list “tensors”",
        expected: "a skeleton, an index of shards, or a checkpoint",
        advice: "choose the file that holds the weights")
    }
    return OpenedContent(SkeletonSource(tree: makeTree()), metadata: metadata)
  }

  private mutating func makeTree() -> Tree {
    var full = TreeBuilder()
    swap(&full, &builder)
    return full.finish()
  }

  private mutating func readMetadata(_ json: inout JSONReader) throws {
    if try json.peekKind() == .null { return try json.null() }
    try json.beginObject()
    while let key = try json.nextKey() {
      metadata.append(MetadataEntry(Name(json.unescaped(key)), try MetadataEntry.Value(&json)))
    }
  }

  // MARK: Tensors

  private struct Entry {
    var name: [UInt8]?
    var shape: [Int]?
    var dtype: DType?
    var tiedTo: [UInt8]?
  }

  private mutating func readTensors(_ json: inout JSONReader) throws {
    try json.beginArray()
    while try json.nextElement() {
      let start = json.position
      try json.beginObject()
      var entry = Entry()
      while let key = try json.nextKey() { try readField(key, of: &entry, &json) }
      try add(entry, at: start)
    }
  }

  private func readField(
    _ key: JSONString, of entry: inout Entry, _ json: inout JSONReader
  ) throws {
    if json.matches(key, "name") {
      entry.name = NameText.decode(json.unescaped(try json.string()))
    } else if json.matches(key, "shape") {
      entry.shape = try readShape(&json)
    } else if json.matches(key, "dtype") {
      entry.dtype = try readDType(&json)
    } else if json.matches(key, "tied_to"), try json.peekKind() != .null {
      entry.tiedTo = NameText.decode(json.unescaped(try json.string()))
    } else {
      try json.skipValue()
    }
  }

  private func readDType(_ json: inout JSONReader) throws -> DType {
    let start = json.position
    let name = json.unescaped(try json.string())
    guard let dtype = DType(name: String(decoding: name, as: UTF8.self)) else {
      throw region.origin.error(
        .unsupported, at: start, field: "dtype",
        found: "the element type “\(visibleText(name))”",
        expected: "a name in safetensors' spelling, such as F32, BF16, I64")
    }
    return dtype
  }

  private func readShape(_ json: inout JSONReader) throws -> [Int] {
    var shape: [Int] = []
    try json.beginArray()
    while try json.nextElement() {
      let start = json.position
      guard let dimension = Int(exactly: try json.unsigned()) else {
        throw region.origin.error(
          .badValue, at: start, field: "shape", found: "a dimension beyond 2^63",
          expected: "a smaller one")
      }
      shape.append(dimension)
    }
    return shape
  }

  private mutating func add(_ entry: Entry, at offset: Int) throws {
    guard let name = entry.name, let shape = entry.shape, let dtype = entry.dtype else {
      let missing = [
        entry.name == nil ? "name" : nil, entry.shape == nil ? "shape" : nil,
        entry.dtype == nil ? "dtype" : nil,
      ]
      throw error(
        offset, entry.name ?? Array("tensors".utf8),
        "no " + missing.compactMap(\.self).joined(separator: ", "), "name, shape and dtype")
    }
    var array = ArrayDescription(dtype, Shape(shape))
    if let target = entry.tiedTo {
      guard let known = builder.leaf(flatName: Name(target)) else {
        throw error(
          offset, name, "tied_to “\(visibleText(target))”", "the name of an earlier tensor")
      }
      array.storage = builder.storage(of: known, new: StorageID(known.raw))
    }
    do {
      try builder.setArray(array, at: builder.flatNode(Name(name)))
    } catch let error as TreeError {
      throw CheckpointError(
        error, file: region.file.path, offset: region.range.lowerBound + offset)
    }
  }

  private func error(
    _ offset: Int, _ place: [UInt8], _ found: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(
      .badValue, file: region.file.path, offset: region.range.lowerBound + offset, place: place,
      found: found, expected: expected)
  }
}

/// A tree without values.
struct SkeletonSource: TensorSource {
  let tree: Tree

  func hasValues(_ leaf: LeafID) -> Bool { false }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    throw NoValues(tree.path(of: leaf), reason: "a skeleton holds names, shapes and types only")
  }
}
