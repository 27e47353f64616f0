import EspalierTree

/// Reads values that lie in a file as they are handed on: no conversion, no copy in between.
///
/// Saving recognises it, and lets the system copy the range from file to file.
package struct FileRangeReader: TensorReader {
  /// What has not been read yet.
  package private(set) var rest: Range<Int>
  package let file: InputFile

  package init(_ region: ByteRegion) {
    file = region.file
    rest = region.range
  }

  /// - Parameter range: in bytes from the start of the file; must lie inside it.
  init(_ file: InputFile, _ range: Range<Int>) {
    self.file = file
    rest = range
  }

  package var remainingBytes: Int? { rest.count }

  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(buffer.count, rest.count)
    guard count > 0 else { return 0 }
    try file.read(
      at: rest.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    rest = (rest.lowerBound + count)..<rest.upperBound
    return count
  }
}
