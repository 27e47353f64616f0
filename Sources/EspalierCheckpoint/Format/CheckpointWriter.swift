import EspalierTree

/// What is to be saved, where and how.
public struct SaveRequest: Sendable {
  /// The tree and its values.
  public var source: any TensorSource
  /// The checkpoint whose form is kept: its format, order, metadata and shards.
  public var destination: Checkpoint?
  /// Where the file goes; of a checkpoint in shards, its index or its folder.
  public var path: FilePath
  /// The name of a format; nil for the destination's, or else the one that the extension says.
  public var format: String?
  /// Entries for a file that is made from nothing.
  public var metadata: [MetadataEntry]
  /// What is saved: everything below this node.
  public var root: NodeID
  /// Whether files of the same name may be replaced.
  public var replace: Bool
  /// Files that values are read from besides the destination's; checked to be unchanged.
  public var inputs: [InputFile]
  /// Told the bytes written; a save that it stops leaves the old file as it was.
  public var monitor: ProgressMonitor
  /// Whether tied arrays are written once for each of their names, for programs that look for every
  /// name, where the file is made from nothing in a format that keeps ties in its metadata.
  public var untied = false

  /// A request to save all of `source`; the other parameters are the properties of the same names.
  public init(
    _ source: any TensorSource, like destination: Checkpoint? = nil, to path: FilePath,
    format: String? = nil, metadata: [MetadataEntry] = [], root: NodeID = .root,
    replace: Bool = false, inputs: [InputFile] = [], monitor: ProgressMonitor = .none
  ) {
    self.source = source
    self.destination = destination
    self.path = path
    self.format = format
    self.metadata = metadata
    self.root = root
    self.replace = replace
    self.inputs = inputs
    self.monitor = monitor
  }
}

/// What was saved.
public struct SaveReport: Sendable, Equatable {
  /// One file that was written.
  public struct File: Sendable, Equatable {
    /// Its final name.
    public var path: FilePath
    /// Bytes.
    public var size: Int

    /// A written file and its size in bytes.
    public init(path: FilePath, size: Int) {
      self.path = path
      self.size = size
    }
  }

  /// The name of the format.
  public var format: String
  /// All files that were written.
  public var files: [File]
  /// Arrays, counting tied ones once.
  public var arrays: Int
  /// What the format could not hold: sentences.
  public var losses: [String]
  /// What else the user should know: sentences.
  public var notes: [String]

  /// A report with these contents.
  public init(
    format: String, files: [File], arrays: Int, losses: [String], notes: [String] = []
  ) {
    self.format = format
    self.files = files
    self.arrays = arrays
    self.losses = losses
    self.notes = notes
  }
}

/// Writes a format. Nothing is seen under the final names before everything is on disk.
public protocol CheckpointWriter: Sendable {
  /// Whether a file that is made from nothing can have arrays of a type.
  func holds(_ dtype: DType) -> Bool

  /// What the format cannot hold of a request, as sentences, before anything is written.
  ///
  /// - Throws: where an array cannot be held at all.
  func losses(_ request: SaveRequest) throws -> [String]

  /// Writes the files and puts them under their final names.
  ///
  /// - Throws: ``CheckpointError``; the files that were there are as they were then.
  func write(_ request: SaveRequest) throws -> SaveReport
}

extension CheckpointWriter {
  public func holds(_ dtype: DType) -> Bool { true }
}

extension SaveRequest {
  /// What a file made from nothing does not take of the metadata, as a sentence.
  ///
  /// - Parameter isKept: whether the format has a place for an entry.
  func metadataLosses(
    in format: String, where isKept: (MetadataEntry) -> Bool = { _ in false }
  ) -> [String] {
    let left = metadata.filter { !isKept($0) }.map { visibleText($0.key.bytes) }
    if left.isEmpty { return [] }
    let names = left.prefix(3).joined(separator: ", ") + (left.count > 3 ? ", …" : "")
    return [
      "\(format) has no place for \(left.count) "
        + "\(left.count == 1 ? "entry" : "entries") of the metadata, left out: \(names)"
    ]
  }
}

extension SaveRequest {
  /// That the file's extension is another format's than the one that was chosen for the destination's
  /// sake, as a sentence.
  fileprivate func extensionNote(_ written: String) -> String? {
    guard format == nil, let used = Formats.named(written), !Formats.hasExtension(path, of: used),
      let meant = Formats.meant(by: path), meant.writer != nil
    else { return nil }
    return "“\(visibleText(path.name))” is written as \(used.name), the format of the destination, "
      + "though its name says \(meant.name) (choose with --format \(meant.name))"
  }

  /// The element types of what is saved that its format does not have.
  ///
  /// - Throws: ``CheckpointError`` where there is no such format to write.
  public func typesWithoutPlace() throws -> Set<DType> {
    let writer = try Checkpoint.writer(for: self)
    return Set(arrays { !writer.holds($0) }.map { source.tree.dtype(of: $0) })
  }

  /// The arrays with values whose type is one of those.
  private func arrays(where isMeant: (DType) -> Bool) -> [LeafID] {
    let tree = source.tree
    let range = root.index..<tree.end(of: root)
    return tree.leafIDs.filter {
      tree.kind(of: $0) == .array && range.contains(tree.node(of: $0).index)
        && source.hasValues($0) && isMeant(tree.dtype(of: $0))
    }
  }

  /// The arrays whose element types a format does not have, as an error that names them.
  func unsupportedTypes(in format: String, _ isSupported: (DType) -> Bool) -> CheckpointError {
    let tree = source.tree
    let others = arrays { !isSupported($0) }
    let kinds = Dictionary(grouping: others) { tree.dtype(of: $0) }
      .map { "\($0.key) (\(names($0.value)))" }.sorted()
    let isBlocks = others.allSatisfy { tree.dtype(of: $0).kind == .quantised }
    return CheckpointError(
      .unsupported, file: path, place: others.first.map { tree.path(of: $0).flatName.bytes },
      found:
        "\(others.count) \(others.count == 1 ? "array" : "arrays") of element "
        + "types that \(format) does not have: \(kinds.joined(separator: ", "))",
      expected: "arrays of types that it has",
      advice: isBlocks
        ? "convert decodes GGUF's blocks; load does with the rule that explain gives"
        : "choose another format, or take a part that has none of them")
  }

  /// Names of arrays, as many as can be read.
  private func names(_ leaves: [LeafID]) -> String {
    let shown = leaves.prefix(20).map {
      visibleText(source.tree.path(of: source.tree.node(of: $0), below: root).flatName.bytes)
    }
    let more = leaves.count - shown.count
    return shown.joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
  }

  /// What becomes of the order in which arrays lie in memory, as a sentence.
  var orderLosses: [String] {
    let tree = source.tree
    let range = root.index..<tree.end(of: root)
    let reordered = tree.leafIDs.count { leaf in
      guard range.contains(tree.node(of: leaf).index), source.hasValues(leaf),
        let array = tree.array(leaf), array.shape.dimensions.count(where: { $0 > 1 }) > 1
      else { return false }
      return array.layout == .contiguous(.column)
    }
    if reordered == 0 { return [] }
    return [
      "\(reordered) \(reordered == 1 ? "array lies" : "arrays lie") in memory with the first axis "
        + "running fastest, and will with the last; shapes and values stay"
    ]
  }
}

extension Checkpoint {
  /// Saves a tree: in the form of the destination where there is one, else from nothing.
  ///
  /// The file at `path` is as it was until the new one is whole, on disk and verified. Saving over a
  /// file that is being read works.
  ///
  /// - Throws: ``CheckpointError``, or ``Cancelled``.
  @discardableResult
  public static func save(_ request: SaveRequest) throws -> SaveReport {
    do {
      var report = try writer(for: request).write(request)
      if let note = request.extensionNote(report.format) { report.notes.append(note) }
      return report
    } catch let error as CheckpointError where error.code == .cancelled {
      throw Cancelled()
    }
  }

  /// What would be lost by saving, as sentences.
  ///
  /// - Throws: ``CheckpointError`` where the request cannot be served at all.
  public static func losses(_ request: SaveRequest) throws -> [String] {
    let (format, losses) = (try format(for: request), try writer(for: request).losses(request))
    return losses + (request.destination == nil && format.holdsValues ? request.orderLosses : [])
  }

  /// Throws at once what would end a save to a single file before its first byte: a file that is
  /// there already, a folder that is not, an input that has changed.
  ///
  /// - Throws: ``CheckpointError``.
  public static func checkTarget(of request: SaveRequest) throws(CheckpointError) {
    for input in request.inputs { try input.checkUnchanged() }
    try SaveTarget(request.path, options: SaveOptions(replace: request.replace)).close()
  }

  fileprivate static func writer(
    for request: SaveRequest
  ) throws(CheckpointError) -> any CheckpointWriter {
    let format = try format(for: request)
    if let writer = format.writer { return writer }
    throw CheckpointError(
      .unsupported, file: request.path, found: "the format “\(format.name)”, which is only read",
      expected: "one of \(Formats.writable.map(\.name).joined(separator: ", "))",
      advice: "choose another format")
  }

  private static func format(
    for request: SaveRequest
  ) throws(CheckpointError) -> any CheckpointFormat {
    if let name = request.format {
      if let format = Formats.named(name) { return format }
      throw CheckpointError(
        .unsupported, file: request.path, found: "no format “\(name)”",
        expected: "one of \(Formats.writable.map(\.name).joined(separator: ", "))")
    }
    if let format = request.destination?.format, format.writer != nil, format.holdsValues {
      return format
    }
    return Formats.writing(request.path) ?? Safetensors()
  }
}
