import EspalierTree

/// Reads values as they are stored, and throws at their end unless their checksum is right: data
/// files that belong to another index have the right sizes often enough.
struct ChecksummedReader: TensorReader {
  private var reader: FileRangeReader
  private let start: Int
  private let expected: UInt32
  private let name: [UInt8]
  private var sum = CRC32C()

  init(_ region: ByteRegion, expected: UInt32, name: [UInt8]) {
    reader = FileRangeReader(region)
    start = region.range.lowerBound
    self.expected = expected
    self.name = name
  }

  var remainingBytes: Int? { reader.remainingBytes }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try reader.read(into: buffer)
    sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    guard reader.rest.isEmpty, count > 0, sum.masked != expected else { return count }
    throw CheckpointError(
      .badChecksum, file: reader.file.path, offset: start, place: name,
      found: "values with the CRC-32C \(sum.masked)", expected: "\(expected), as the index says",
      advice: "index and data files are damaged or of different checkpoints: copy all of them again"
    )
  }
}
