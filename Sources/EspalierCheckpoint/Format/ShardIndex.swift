import EspalierTree

/// The list of which tensor lies in which file (`*.index.json`), as Hugging Face's libraries write it:
///
///     {"metadata": {"total_size": 96}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors", …}}
struct ShardIndex {
  static let sizeLimit = 256 << 20

  let file: InputFile
  var metadata: [MetadataEntry] = []
  /// File names in order of first mention.
  private(set) var shards: [[UInt8]] = []
  /// Tensors and the numbers of their shards.
  private(set) var tensors: [(name: [UInt8], shard: Int)] = []

  static func isIndex(_ sample: ContentSample) -> Bool {
    sample.firstVisibleByte == UInt8(ascii: "{") && sample.size <= sizeLimit
      && sample.contains("\"weight_map\"", within: 1 << 20)
  }

  init(_ file: InputFile) throws {
    self.file = file
    let region = ByteRegion(file)
    let bytes = try region.readAll(limit: Self.sizeLimit, field: "index")
    var json = JSONReader(bytes, origin: region.origin)
    try json.beginObject()
    while let key = try json.nextKey() {
      if json.matches(key, "weight_map") {
        try readMap(&json)
      } else if json.matches(key, "metadata"), try json.peekKind() == .object {
        try readMetadata(&json)
      } else {
        try json.skipValue()
      }
    }
    try json.finish()
    guard !shards.isEmpty else {
      throw CheckpointError(
        .notACheckpoint, file: file.path, found: "an index that names no shard",
        expected: "a “weight_map” with tensors and file names")
    }
  }

  private mutating func readMap(_ json: inout JSONReader) throws {
    var numbers: [[UInt8]: Int] = [:]
    try json.beginObject()
    while let key = try json.nextKey() {
      let start = json.position
      let shard = json.unescaped(try json.string())
      if numbers[shard] == nil {
        // Refuses anything but the name of a file in the same folder.
        _ = try file.path.neighbour(shard, at: start)
        numbers[shard] = shards.count
        shards.append(shard)
      }
      tensors.append((json.unescaped(key), numbers[shard] ?? 0))
    }
  }

  private mutating func readMetadata(_ json: inout JSONReader) throws {
    try json.beginObject()
    while let key = try json.nextKey() {
      metadata.append(MetadataEntry(Name(json.unescaped(key)), try MetadataEntry.Value(&json)))
    }
  }

  /// Checks that the files hold what the index lists, each tensor in its file, and nothing else.
  ///
  /// - Parameter shardOf: the number of the shard that holds a leaf; nil for leaves that the index
  ///   need not list.
  func check(_ tree: Tree, shardOf: (LeafID) -> Int?) throws(CheckpointError) {
    var listed: [[UInt8]: Int] = [:]
    listed.reserveCapacity(tensors.count)
    for (name, shard) in tensors { listed[name] = shard }
    for leaf in tree.leafIDs {
      guard let actual = shardOf(leaf) else { continue }
      let name = tree.path(of: leaf).flatName.bytes
      guard let shard = listed.removeValue(forKey: name) else {
        throw error(
          name, "this tensor in “\(visibleText(shards[actual]))” but not in the index",
          "every tensor of the shards")
      }
      guard shard == actual else {
        throw error(
          name, "it in “\(visibleText(shards[actual]))”", "“\(visibleText(shards[shard]))”")
      }
    }
    if let (name, shard) = listed.min(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let more = listed.count > 1 ? " nor \(listed.count - 1) more that the index lists" : ""
      throw error(
        name, "no such tensor in “\(visibleText(shards[shard]))”" + more,
        "every tensor that the index lists")
    }
  }

  private func error(_ place: [UInt8], _ found: String, _ expected: String) -> CheckpointError {
    CheckpointError(
      .badValue, file: file.path, place: place, found: found, expected: expected,
      advice: "download all files of the model again")
  }
}
