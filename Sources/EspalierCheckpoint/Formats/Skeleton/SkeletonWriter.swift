import EspalierTree

/// Writes names, shapes and element types of any tree, one tensor a line.
struct SkeletonWriter: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] {
    let tree = request.source.tree
    let range = request.root.index..<tree.end(of: request.root)
    let others = tree.leafIDs.filter {
      tree.kind(of: $0) != .array && range.contains(tree.node(of: $0).index)
    }.count
    let values = ["a skeleton holds names, shapes and element types, no values"]
    if others == 0 { return values }
    return values + [
      "a skeleton lists arrays only; \(others) other \(others == 1 ? "value is" : "values are") left out"
    ]
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let metadata = (request.destination?.metadata ?? []) + request.metadata
    let (text, count) = Skeleton.document(
      of: request.source.tree, below: request.root, metadata: metadata)
    let plan = SavePlan(files: [SavePlan.File(path: request.path, pieces: [.bytes(text)])])
    return SaveReport(
      format: Skeleton().name, files: try plan.run(request), arrays: count,
      losses: try losses(request))
  }
}

extension Skeleton {
  /// The skeleton of a tree, as UTF-8.
  ///
  /// - Parameter root: where names begin.
  package static func text(
    of tree: Tree, below root: NodeID = .root, metadata: [MetadataEntry] = []
  ) -> [UInt8] {
    document(of: tree, below: root, metadata: metadata).text
  }

  fileprivate static func document(
    of tree: Tree, below root: NodeID, metadata entries: [MetadataEntry]
  ) -> (text: [UInt8], count: Int) {
    var text = Array("{\"metadata\":".utf8)
    text += metadata(entries)
    text += Array(",\n\"tensors\":[".utf8)
    let range = root.index..<tree.end(of: root)
    var first: [Int: [UInt8]] = [:]
    var count = 0
    // In the order of the model or the file, which is what a skeleton is for.
    for leaf in tree.leafIDs
    where tree.kind(of: leaf) == .array && range.contains(tree.node(of: leaf).index) {
      let name = tree.path(of: tree.node(of: leaf), below: root).flatName.bytes
      let tie = tree.tie(of: leaf)
      text += Array((count == 0 ? "\n" : ",\n").utf8)
      text += tensor(name, tree.dtype(of: leaf), tree.shape(of: leaf), tie.flatMap { first[$0] })
      if let tie, first[tie] == nil { first[tie] = name }
      count += 1
    }
    return (text + Array("\n]}\n".utf8), count)
  }

  private static func tensor(
    _ name: [UInt8], _ dtype: DType, _ shape: Shape, _ tiedTo: [UInt8]?
  ) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("name")
    json.name(name)
    json.key("shape")
    json.beginArray()
    for dimension in shape.dimensions { json.integer(dimension) }
    json.endArray()
    json.key("dtype")
    json.string(dtype.name)
    json.key("tied_to")
    if let tiedTo { json.name(tiedTo) } else { json.null() }
    json.endObject()
    return json.bytes
  }

  private static func metadata(_ entries: [MetadataEntry]) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (index, entry) in entries.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      var key = JSONWriter()
      key.name(entry.key.bytes)
      text += key.bytes + [UInt8(ascii: ":")]
      text += entry.value.json
    }
    return text + [UInt8(ascii: "}")]
  }
}
