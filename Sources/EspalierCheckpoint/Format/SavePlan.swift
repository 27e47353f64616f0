import EspalierTree

/// The files of a save and what goes into each, in order.
struct SavePlan {
  enum Piece {
    case bytes([UInt8])
    /// A range of a file, as it is.
    case copy(InputFile, Range<Int>)
    /// The values of an array of the request's source.
    case values(LeafID, count: Int)
    /// Bytes that are made when they are written, at the end of the file so far; `count` where it is
    /// not known before is how many there may be.
    case written(count: Int, (_ output: AtomicFile, _ meter: SaveMeter) throws -> Void)

    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .copy(_, let range): range.count
      case .values(_, let count), .written(let count, _): count
      }
    }
  }

  struct File {
    var path: FilePath
    var pieces: [Piece] = []
    var size: Int { pieces.reduce(0) { $0 &+ $1.count } }
  }

  var files: [File]
  /// The number of the file that names the others, and so gets its name last; nil for the last one.
  var lastFile: Int?
  /// The folder for several files, made by the save.
  var folder: FilePath?

  /// Writes, syncs and verifies all files, then gives them their names.
  func run(_ request: SaveRequest) throws -> [SaveReport.File] {
    let folder = try folder.map { path throws(CheckpointError) in try SaveFolder(path) }
    var outputs: [AtomicFile] = []
    do {
      let total = files.reduce(0) { $0 &+ $1.size }
      if files.count > 1, let first = files.first {
        try SaveGroup.checkSpace(total, for: first.path)
      }
      let meter = SaveMeter(request.monitor, total: total)
      for file in files { outputs.append(try write(file, request, meter)) }
      var ordered = outputs
      if let lastFile { ordered.append(ordered.remove(at: lastFile)) }
      try SaveGroup.commit(ordered)
    } catch {
      for output in outputs { output.cancel() }
      folder?.removeIfNew()
      throw error
    }
    return zip(files, outputs).map { SaveReport.File(path: $0.path, size: $1.position) }
  }

  private func write(
    _ file: File, _ request: SaveRequest, _ meter: SaveMeter
  ) throws -> AtomicFile {
    let options = SaveOptions(
      replace: request.replace, expectedSize: file.size,
      inputs: (request.destination?.files ?? []) + request.inputs,
      isCancelled: { meter.isStopped }, progress: { meter.follow($0) })
    let output = try AtomicFile(file.path, options: options)
    do {
      try Self.write(file.pieces, to: output, request.source, meter)
      // At once, so that only one file holds a buffer.
      try output.prepare()
    } catch {
      output.cancel()
      throw error
    }
    return output
  }

  static func write(
    _ pieces: [Piece], to output: AtomicFile, _ source: any TensorSource, _ meter: SaveMeter
  ) throws {
    var stream = ValueStream(output, meter)
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): try stream.append(bytes)
      case .copy(let file, let range): try stream.append(range, of: file)
      case .values(let leaf, let count): try stream.append(leaf, of: source, count: count)
      case .written(_, let write):
        try stream.flush()
        try write(output, meter)
      }
    }
    try stream.flush()
  }
}
