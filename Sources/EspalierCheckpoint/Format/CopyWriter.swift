import EspalierTree

/// Saves values into a copy of the destination's files. Everything else in them, from the header to
/// the padding, stays byte for byte.
///
/// For formats whose arrays lie in the file as plain values.
struct CopyWriter: CheckpointWriter {
  /// What to do about arrays that are stored in another way, where they may stay as they are but not
  /// change; nil where there can be none.
  var adviceOnOthers: String?
  /// Arrays that have their values from another, which are written with that one.
  var isStoredElsewhere: @Sendable (LeafID) -> Bool = { _ in false }

  /// Whether a request can be served: the tree is the destination's own, whole.
  static func canCopy(_ request: SaveRequest) -> Bool {
    guard let destination = request.destination else { return false }
    return request.source.tree.isIdentical(to: destination.tree) && request.root == .root
  }

  /// Whether the files of the destination stay as many as they are: shards that are saved under the
  /// name of a single file become one.
  static func keepsFiles(_ request: SaveRequest) -> Bool {
    guard let destination = request.destination, canCopy(request) else { return false }
    return destination.shards == nil || !Formats.hasExtension(request.path, of: destination.format)
  }

  func losses(_ request: SaveRequest) throws -> [String] {
    _ = try Self.destination(of: request)
    return []
  }

  /// The checkpoint that is copied; throws where there is none.
  static func destination(of request: SaveRequest) throws(CheckpointError) -> Checkpoint {
    if let destination = request.destination, canCopy(request) { return destination }
    throw CheckpointError(
      .unsupported, file: request.path, found: "a tree without a file of this format behind it",
      expected: "values for the arrays of such a file", advice: "choose another format")
  }

  /// The same with what its format read it into.
  static func destination<S: TensorSource>(
    of request: SaveRequest, _ type: S.Type
  ) throws(CheckpointError) -> (destination: Checkpoint, source: S) {
    let destination = try destination(of: request)
    if let source = destination.values as? S { return (destination, source) }
    throw CheckpointError(
      .unsupported, file: request.path, found: "a destination of another format",
      expected: "values for the arrays of a file of this one", advice: "choose another format")
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    try write(request) { Self.targets(of: $0, request) }
  }

  /// - Parameter targets: where the files of the destination go, in their order; those that follow
  ///   are not copied.
  func write(
    _ request: SaveRequest, to targets: (Checkpoint) throws -> SavePlan
  ) throws -> SaveReport {
    let destination = try Self.destination(of: request)
    let (places, others) = try places(in: destination)
    for leaf in others {
      try UnchangedValues.check(
        leaf, request, destination,
        "new values for an array that is not stored as plain values", advice: adviceOnOthers)
    }
    var plan = try targets(destination)
    for (number, file) in destination.files.enumerated() where number < plan.files.count {
      plan.files[number].pieces = try pieces(of: file, places[ObjectIdentifier(file)] ?? [])
    }
    let files = try plan.run(request)
    return SaveReport(
      format: destination.format.name, files: files,
      arrays: places.values.reduce(others.count) { $0 + $1.count }, losses: [])
  }

  /// Copies the one file of the destination, and lets `body` write over values in the copy.
  ///
  /// - Parameter body: returns how many arrays there are, each counted once.
  static func overwrite(
    _ input: InputFile, of destination: Checkpoint, _ request: SaveRequest,
    _ body: (AtomicFile) throws -> Int
  ) throws -> SaveReport {
    let meter = SaveMeter(request.monitor, total: input.size)
    let options = SaveOptions(
      replace: request.replace, expectedSize: input.size,
      inputs: destination.files + request.inputs, isCancelled: { meter.isStopped },
      progress: { meter.follow($0) })
    let output = try AtomicFile(request.path, options: options)
    do {
      var stream = ValueStream(output, meter)
      try stream.append(0..<input.size, of: input)
      try stream.flush()
      let arrays = try body(output)
      try output.prepare()
      try SaveGroup.commit([output])
      return SaveReport(
        format: destination.format.name,
        files: [SaveReport.File(path: request.path, size: output.position)], arrays: arrays,
        losses: [])
    } catch {
      output.cancel()
      throw error
    }
  }

  /// Where the files go: one file under the requested name, several under their own names into a
  /// folder, or beside the requested index.
  static func targets(of destination: Checkpoint, _ request: SaveRequest) -> SavePlan {
    guard let shards = destination.shards else {
      return SavePlan(files: [SavePlan.File(path: request.path)])
    }
    let isIndex = shards.index != nil && request.path.name.suffix(5).elementsEqual(".json".utf8)
    let folder = isIndex ? request.path.folder : request.path
    var files = shards.names.map { SavePlan.File(path: folder.appending($0)) }
    if let index = shards.index {
      files.append(SavePlan.File(path: isIndex ? request.path : folder.appending(index.path.name)))
    }
    return SavePlan(files: files, folder: isIndex ? nil : folder)
  }

  private struct Place {
    var range: Range<Int>
    var leaf: LeafID
  }

  /// The ranges of all arrays by file, each once, in order; and the arrays that have none.
  private func places(
    in destination: Checkpoint
  ) throws -> (places: [ObjectIdentifier: [Place]], others: [LeafID]) {
    var places: [ObjectIdentifier: [Place]] = [:]
    var others: [LeafID] = []
    let tree = destination.tree
    for leaf in tree.leafIDs where tree.kind(of: leaf) == .array && !isStoredElsewhere(leaf) {
      guard let reader = try destination.reader(for: leaf) as? FileRangeReader else {
        if adviceOnOthers != nil {
          others.append(leaf)
          continue
        }
        throw CheckpointError(
          .unsupported, file: destination.path, place: tree.path(of: leaf).flatName.bytes,
          found: "an array that is not stored as plain values", expected: "one that is",
          advice: "save as safetensors")
      }
      if reader.rest.isEmpty { continue }
      places[ObjectIdentifier(reader.file), default: []].append(
        Place(range: reader.rest, leaf: leaf))
    }
    for key in Array(places.keys) {
      // Tied names have one range: the first leaf of each stands for all.
      places[key]?.sort { ($0.range.lowerBound, $0.leaf) < ($1.range.lowerBound, $1.leaf) }
    }
    return (places, others)
  }

  private func pieces(of file: InputFile, _ places: [Place]) throws -> [SavePlan.Piece] {
    var pieces: [SavePlan.Piece] = []
    var end = 0
    var previous: Range<Int>?
    for place in places where place.range != previous {
      guard place.range.lowerBound >= end else {
        throw CheckpointError(
          .unsupported, file: file.path, offset: place.range.lowerBound,
          found: "arrays that share some of their bytes", expected: "all or none",
          advice: "save as safetensors")
      }
      if place.range.lowerBound > end { pieces.append(.copy(file, end..<place.range.lowerBound)) }
      pieces.append(.values(place.leaf, count: place.range.count))
      end = place.range.upperBound
      previous = place.range
    }
    if end < file.size { pieces.append(.copy(file, end..<file.size)) }
    return pieces
  }
}
