import EspalierTree

/// Arrays that a file can keep but not change: new values may come only where they are the old ones.
enum UnchangedValues {
  private static let chunk = 1 << 20

  /// Compares the values of a request with those that the file has.
  ///
  /// - Parameter finding: what a difference is, in the words of the error.
  /// - Parameter advice: what to do about it.
  /// - Throws: `unsupported` at the first difference.
  static func check(
    _ leaf: LeafID, _ request: SaveRequest, _ old: any TensorSource, _ finding: String,
    advice: String?
  ) throws {
    if try areEqual(leaf, request.source, old, request.monitor) { return }
    throw CheckpointError(
      .unsupported, file: request.path, place: old.tree.path(of: leaf).flatName.bytes,
      found: finding, expected: "an array that lies in the file as plain values", advice: advice)
  }

  /// Whether an array has the same values in two sources of one tree.
  static func areEqual(
    _ leaf: LeafID, _ new: any TensorSource, _ old: any TensorSource,
    _ monitor: ProgressMonitor = .none
  ) throws -> Bool {
    var readers = (try new.reader(for: leaf), try old.reader(for: leaf))
    if let x = readers.0 as? FileRangeReader, let y = readers.1 as? FileRangeReader,
      x.file === y.file, x.rest == y.rest
    {
      return true
    }
    let unit = max(1, old.tree.dtype(of: leaf).bytesPerBlock)
    let size = max(unit, min(chunk, old.tree.byteCount(of: leaf)) / unit * unit)
    var buffers = ([UInt8](repeating: 0, count: size), [UInt8](repeating: 0, count: size))
    while true {
      let a = try buffers.0.withUnsafeMutableBytes { try readers.0.fill($0) }
      let b = try buffers.1.withUnsafeMutableBytes { try readers.1.fill($0) }
      guard a == b, buffers.0[..<a] == buffers.1[..<b] else { return false }
      if a == 0 { return true }
      try monitor.check(0, of: 1)
    }
  }
}
