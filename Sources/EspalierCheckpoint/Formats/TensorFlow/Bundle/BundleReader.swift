import EspalierTree

/// Reads an index table: a header, then an entry for each array, in order of their names.
struct BundleReader {
  private let table: SSTable
  private var entries: [BundleEntry] = []
  /// Parts of partitioned arrays, by their keys.
  private var parts: [[UInt8]: BundleEntry] = [:]
  private var isBigEndian = false
  private var shardCount = 1
  private var metadata: [MetadataEntry] = []
  private var findings: [Finding] = []

  init(_ table: SSTable) { self.table = table }

  consuming func read() throws -> OpenedContent {
    try readTable()
    var files = BundleFiles(index: table.region.file, count: shardCount)
    let graph = try readGraph(&files)
    var tree = TensorFlowTree(
      TensorFlowBeside(names: Set(entries.map(\.key)), optimisers: graph?.optimisers ?? []))
    for entry in entries { try add(entry, to: &tree, &files) }
    if let graph { metadata += graph.metadata(of: entries.map(\.key)) }
    let (source, notes) = tree.finish()
    return OpenedContent(
      source, metadata: metadata, notes: notes, findings: findings, moreFiles: files.files)
  }

  // MARK: The table

  private mutating func readTable() throws(CheckpointError) {
    var scan = table.scan()
    while let (key, place) = try scan.next() {
      let (bytes, origin) = try scan.value(place, limit: TensorFlowLimits.message)
      if key.isEmpty {
        try readHeader(bytes, origin)
      } else if key[0] == 0 {
        parts[key] = try BundleEntry(key: key, bytes, origin)
      } else {
        entries.append(try BundleEntry(key: key, bytes, origin))
      }
    }
  }

  /// `BundleHeaderProto`.
  private mutating func readHeader(
    _ bytes: [UInt8], _ origin: ByteOrigin
  ) throws(CheckpointError) {
    var message = ProtobufReader(bytes, origin: origin)
    while let field = try message.next() {
      switch field.number {
      case 1: shardCount = try message.count(field, "number of data files")
      case 2: isBigEndian = try message.number(field, "byte order") != 0
      case 3: try readVersion(&message, field)
      default: break
      }
    }
    metadata.append(MetadataEntry("data files", .integer(Int64(shardCount))))
    if isBigEndian { metadata.append(MetadataEntry("byte order", .text(Array("big".utf8)))) }
  }

  private mutating func readVersion(
    _ message: inout ProtobufReader, _ field: ProtobufField
  ) throws(CheckpointError) {
    try message.enter(field, "version")
    while let field = try message.next() {
      switch field.number {
      case 1:
        let producer = try message.signed(field, "version")
        metadata.append(MetadataEntry("version", .integer(producer)))
      case 2:
        let needed = try message.signed(field, "version that is needed")
        guard needed <= 1 else {
          throw message.error(
            .unsupported, at: field.offset, "version that is needed", found: "\(needed)",
            "0 or 1")
        }
      default: break
      }
    }
  }

  // MARK: Arrays

  private func add(
    _ entry: BundleEntry, to tree: inout TensorFlowTree, _ files: inout BundleFiles
  ) throws {
    let count = try entry.checkedCount()
    guard let dtype = entry.type.dtype, entry.type != .string else {
      let region = try files.region(of: entry)
      if let text = BundleText.scalar(entry, region) {
        return try tree.add(entry.key, .text(text))
      }
      return try tree.add(
        entry.key, entry.type, entry.shape, .none("texts are listed, not read"))
    }
    if entry.slices.isEmpty {
      let values = try stored(entry, dtype, count, &files)
      return try tree.add(entry.key, entry.type, entry.shape, .whole(values))
    }
    var found: [SlicedReader.Part] = []
    for slice in entry.slices { found.append(try part(slice, of: entry, &files)) }
    try ArrayBox.check(
      found.map(\.box), fill: count, { entry.error(.badValue, found: $0, expected: $1) })
    try tree.add(entry.key, entry.type, entry.shape, .parts(found))
  }

  private func part(
    _ slice: TensorSlice, of entry: BundleEntry, _ files: inout BundleFiles
  ) throws(CheckpointError) -> SlicedReader.Part {
    guard let box = slice.box(in: entry.shape) else {
      throw entry.error(
        .badValue, found: "a part outside of the array", expected: "parts of \(Shape(entry.shape))")
    }
    guard let part = parts[slice.key(of: entry.key)] else {
      throw entry.error(
        .hole, found: "no entry for its part \(Shape(box.extent)) at \(Shape(box.start))",
        expected: "one for each part")
    }
    let count = try part.checkedCount()
    guard let dtype = part.type.dtype, part.type == entry.type, count == box.elementCount else {
      throw entry.error(
        .badValue, found: "a part of \(part.type.name) \(Shape(part.shape))",
        expected: "\(entry.type.name) \(Shape(box.extent))")
    }
    return (box, try stored(part, dtype, count, &files, name: entry.key))
  }

  private func stored(
    _ entry: BundleEntry, _ dtype: DType, _ count: Int, _ files: inout BundleFiles,
    name: [UInt8]? = nil
  ) throws(CheckpointError) -> StoredValues {
    StoredValues(
      place: .file(try files.region(of: entry)), dtype: dtype, count: count,
      isBigEndian: isBigEndian, checksum: entry.checksum, name: name ?? entry.key)
  }

  // MARK: The graph of objects

  /// Nil where there is none. One that cannot be read costs names, and no values: that is said.
  private mutating func readGraph(_ files: inout BundleFiles) throws -> ObjectGraph? {
    guard let entry = entries.first(where: { $0.key == ObjectGraph.name }) else { return nil }
    let region = try files.region(of: entry)
    do throws(CheckpointError) {
      guard let message = try BundleText.scalarRange(entry, region) else { return nil }
      return try ObjectGraph(message)
    } catch {
      findings.append(
        Finding(
          .warning, code: "object-graph", place: entry.key,
          sentence: "the graph of objects is not read: \(error.sentence)"))
      return nil
    }
  }
}

extension ArrayBox {
  /// Throws unless parts have as many elements as the whole; which one is missing shows on reading.
  static func check(
    _ boxes: [ArrayBox], fill count: Int,
    _ error: (_ found: String, _ expected: String) -> CheckpointError
  ) throws(CheckpointError) {
    var sum = 0
    for box in boxes {
      let (next, overflow) = sum.addingReportingOverflow(box.elementCount)
      guard !overflow, next <= count else {
        throw error("parts with more elements", "\(count) in all")
      }
      sum = next
    }
    guard sum == count else { throw error("parts with \(sum) elements", "\(count) in all") }
  }
}
