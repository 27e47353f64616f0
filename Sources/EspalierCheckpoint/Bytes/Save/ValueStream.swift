import EspalierTree

/// Appends values and ranges of other files to a file being saved.
///
/// Bytes that lie in a file as they are wanted are copied by the system, in runs as long as they
/// come: a model saved in the order in which it was read is a handful of copies. All others pass
/// through a buffer of a few megabytes.
struct ValueStream {
  /// Long enough for speed, short enough to show progress and to be stopped.
  private static let step = 64 << 20

  private let output: AtomicFile
  private let meter: SaveMeter
  /// Bytes that are to be copied next.
  private var run: (file: InputFile, range: Range<Int>)?

  init(_ output: AtomicFile, _ meter: SaveMeter) {
    self.output = output
    self.meter = meter
  }

  mutating func append(_ bytes: [UInt8]) throws {
    try flush()
    try output.append(bytes)
    meter.wrote(bytes.count)
  }

  mutating func append(_ range: Range<Int>, of file: InputFile) throws {
    if range.isEmpty { return }
    if let run, run.file === file, run.range.upperBound == range.lowerBound {
      self.run = (file, run.range.lowerBound..<range.upperBound)
      return
    }
    try flush()
    run = (file, range)
  }

  /// Appends all values of an array.
  ///
  /// - Parameter count: its bytes; a source that gives fewer or more ends the save.
  mutating func append(_ leaf: LeafID, of source: any TensorSource, count: Int) throws {
    let reader = try source.reader(for: leaf)
    if let plain = reader as? FileRangeReader {
      try check(plain.rest.count, count, leaf, source)
      return try append(plain.rest, of: plain.file)
    }
    try flush()
    var given = 0
    try source.withChunks(of: leaf, chunk: 4 << 20) { chunk in
      given += chunk.count
      if given <= count { try output.append(chunk) }
      meter.wrote(chunk.count)
    }
    try check(given, count, leaf, source)
  }

  /// Writes what is still to be copied; call it last.
  mutating func flush() throws {
    guard let (file, range) = run else { return }
    run = nil
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, start + Self.step)
      try output.copy(start..<end, of: file)
      meter.wrote(end - start)
      start = end
    }
  }

  private func check(
    _ given: Int, _ wanted: Int, _ leaf: LeafID, _ source: any TensorSource
  ) throws(CheckpointError) {
    guard given == wanted else {
      throw CheckpointError(
        .saveFailed, file: output.path, place: source.tree.path(of: leaf).flatName.bytes,
        found: "\(given) bytes of values", expected: "\(wanted) bytes")
    }
  }
}
