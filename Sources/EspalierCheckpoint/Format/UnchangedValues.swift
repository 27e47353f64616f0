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
    var reader = (try request.source.reader(for: leaf), try old.reader(for: leaf))
    let unit = max(1, old.tree.dtype(of: leaf).bytesPerBlock)
    let size = max(unit, min(chunk, old.tree.byteCount(of: leaf)) / unit * unit)
    var buffers = ([UInt8](repeating: 0, count: size), [UInt8](repeating: 0, count: size))
    while true {
      let a = try buffers.0.withUnsafeMutableBytes { try reader.0.read(into: $0) }
      let b = try buffers.1.withUnsafeMutableBytes { try reader.1.read(into: $0) }
      guard a == b, buffers.0[..<a] == buffers.1[..<b] else {
        throw CheckpointError(
          .unsupported, file: request.path, place: old.tree.path(of: leaf).flatName.bytes,
          found: finding, expected: "an array that lies in the file as plain values",
          advice: advice)
      }
      if a == 0 { return }
      if request.monitor.report(0, 1) == false { throw Cancelled() }
    }
  }
}
