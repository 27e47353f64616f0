/// The part of a header that is in memory: read piece by piece into one small buffer, which stays in
/// the processor's cache.
///
/// Zeros follow the bytes, as ``HeaderScanner`` needs them.
struct HeaderWindow {
  private static let firstSize = 256 << 10

  private let region: ByteRegion
  /// Where the header begins and ends in the region.
  private let range: Range<Int>
  /// Where the window begins in the region.
  private var start: Int
  private var bytes: [UInt8] = []
  /// Bytes in it.
  private(set) var count = 0
  private var size = firstSize

  init(_ region: ByteRegion, _ range: Range<Int>) throws(CheckpointError) {
    self.region = region
    self.range = range
    start = range.lowerBound
    try move(to: start)
  }

  /// Whether the window reaches to the end of the header.
  var isLast: Bool { start + count == range.upperBound }

  /// Lets the window begin `offset` bytes further on.
  mutating func advance(by offset: Int) throws(CheckpointError) { try move(to: start + offset) }

  /// Takes in more of the header from the same beginning.
  mutating func grow() throws(CheckpointError) {
    size = size > range.count / 4 ? range.count : size * 4
    try move(to: start)
  }

  func withScanner<R>(_ body: (inout HeaderScanner) throws -> R) throws -> R {
    try bytes.withUnsafeBufferPointer { buffer in
      let origin = ByteOrigin(
        file: region.file.path, offset: region.range.lowerBound + start)
      var scanner = try HeaderScanner(
        UnsafeBufferPointer(rebasing: buffer[..<(count + HeaderScanner.padding)]), origin: origin)
      return try body(&scanner)
    }
  }

  private mutating func move(to offset: Int) throws(CheckpointError) {
    start = min(offset, range.upperBound)
    count = min(size, range.upperBound - start)
    if bytes.count < count + HeaderScanner.padding {
      bytes = [UInt8](repeating: 0, count: count + HeaderScanner.padding)
    }
    let (from, length) = (start, count)
    var failure: CheckpointError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) {
        try region.read(
          at: from, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]))
      } catch { failure = error }
      for index in length..<(length + HeaderScanner.padding) { buffer[index] = 0 }
    }
    if let failure { throw failure }
  }
}
