import EspalierTree

/// TensorFlow's checkpoints: an index table with data files beside it (TensorFlow 2, and 1 from
/// version 0.12 on), or tables that hold the values themselves (version 1).
///
/// Read without TensorFlow and without generated protobuf code; `ProtobufReader` says why.
package struct TensorFlow: CheckpointFormat {
  package let name = "tensorflow"
  package let summary = "TensorFlow 1 and 2, Keras' SavedModel: .index with .data-*, or one table"
  package let extensions = ["index"]
  package let signature = "57 fb 80 8b 24 75 47 db at the end, as a LevelDB table's"

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    if SSTable.hasSignature(sample.region) { return .likely }
    // A first entry without a name, and what both kinds of checkpoint say there: a table cut off.
    guard sample.prefix.count >= 4, sample.prefix.starts(with: [0, 0]) else { return .no }
    return [0x08, 0x0a].contains(sample.prefix[3]) && sample.prefix[2] > 0 ? .possible : .no
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    let table = try SSTable(region)
    switch try Kind(of: table) {
    case .index: return try BundleReader(table).read()
    case .slices: return try SliceTableReader([table]).read()
    }
  }

  package func open(shards: [ByteRegion], _ options: OpenOptions) throws -> OpenedContent {
    if let only = shards.first, shards.count == 1 { return try open(only, options) }
    var tables: [SSTable] = []
    for shard in shards {
      let table = try SSTable(shard)
      guard try Kind(of: table) == .slices else { throw severalCheckpoints(shards) }
      tables.append(table)
    }
    return try SliceTableReader(tables).read()
  }

  private func severalCheckpoints(_ shards: [ByteRegion]) -> CheckpointError {
    let names = shards.prefix(8).map { "“\(visibleText($0.file.path.name))”" }
    return CheckpointError(
      .notACheckpoint, file: shards.first?.file.path.folder ?? "",
      found: "\(shards.count) checkpoints: \(names.joined(separator: ", "))"
        + (shards.count > names.count ? ", …" : ""),
      expected: "one", advice: "open the one you mean")
  }

  /// What a table holds: the value of the key that is empty says it.
  private enum Kind {
    /// Where the values lie in other files.
    case index
    /// The values themselves.
    case slices

    init(of table: SSTable) throws(CheckpointError) {
      var scan = table.scan()
      let first = try scan.next()
      guard let first, first.key.isEmpty else {
        throw CheckpointError(
          .notACheckpoint, file: table.region.file.path,
          found: first.map { "a LevelDB table that begins with the key “\(visibleText($0.key))”" }
            ?? "a LevelDB table without entries",
          expected: "a TensorFlow checkpoint")
      }
      let (bytes, origin) = try scan.value(first.place, limit: TensorFlowLimits.message)
      var message = ProtobufReader(bytes, origin: origin)
      guard let field = try message.next(), field.number == 1, case .bytes = field.value else {
        self = .index
        return
      }
      self = .slices
    }
  }
}

enum TensorFlowLimits {
  /// Bytes of a message that is not values. Old tables list all their tensors in one.
  static let message = 256 << 20
  static let rank = 254
}
