/// A range of a file, read as if it were a file: a whole checkpoint, or a member stored in an archive.
public struct ByteRegion: Sendable {
  /// The open file that the bytes are read from.
  public let file: InputFile
  /// In bytes from the start of the file; always inside it.
  public let range: Range<Int>

  /// Bytes in the region.
  public var count: Int { range.count }

  /// All of a file.
  public init(_ file: InputFile) {
    self.file = file
    range = 0..<file.size
  }

  private init(file: InputFile, range: Range<Int>) {
    self.file = file
    self.range = range
  }

  /// Where the region's bytes come from, for errors.
  package var origin: ByteOrigin { ByteOrigin(file: file.path, offset: range.lowerBound) }

  /// `count` bytes from `offset`, both counted inside the region; throws `truncated` beyond its end.
  package func slice(at offset: Int, count: Int) throws(CheckpointError) -> ByteRegion {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw origin.error(
        .truncated, at: max(0, offset), found: "\(byteCount(self.count)) in all",
        expected: "\(byteCount(count)) here")
    }
    let start = range.lowerBound + offset
    return ByteRegion(file: file, range: start..<(start + count))
  }

  package func read(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    let part = try slice(at: offset, count: count)
    return try file.read(at: part.range.lowerBound, count: count)
  }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
    throws(CheckpointError)
  {
    let part = try slice(at: offset, count: buffer.count)
    try file.read(at: part.range.lowerBound, into: buffer)
  }

  /// At most `count` bytes from the start: what sniffing looks at.
  package func prefix(_ count: Int) throws(CheckpointError) -> [UInt8] {
    try read(at: 0, count: min(max(0, count), self.count))
  }

  /// Everything; throws `limitExceeded` where that is more than `limit` bytes.
  package func readAll(limit: Int, field: String) throws(CheckpointError) -> [UInt8] {
    guard count <= limit else {
      throw origin.error(
        .limitExceeded, at: 0, field: field, found: "\(byteCount(count))",
        expected: "at most \(limit) bytes")
    }
    return try read(at: 0, count: count)
  }
}

/// Where bytes in memory come from: turns a position among them into a position in the file.
package struct ByteOrigin: Sendable, Hashable {
  package var file: FilePath
  /// Of the first byte, in the file; nil where the bytes are not in the file as such (inflated).
  package var offset: Int?

  package init(file: FilePath, offset: Int? = 0) {
    self.file = file
    self.offset = offset
  }

  package func error(
    _ code: CheckpointError.Code, at position: Int, field: String? = nil, found: String? = nil,
    expected: String? = nil, advice: String? = nil
  ) -> CheckpointError {
    CheckpointError(
      code, file: file, offset: offset.map { $0 &+ position }, place: field.map { Array($0.utf8) },
      found: found, expected: expected, advice: advice)
  }
}
