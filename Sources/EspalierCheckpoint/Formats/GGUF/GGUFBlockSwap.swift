import EspalierTree

/// Blocks of a big-endian file as those of a little-endian one: their numbers of 16 bits are turned,
/// their bytes stay. Types whose blocks hold numbers of other widths, or bits that a program writes
/// as a number of its own order, are not known there.
struct GGUFBlockSwap: TensorReader {
  private var reader: any TensorReader
  private let size: Int
  private let fields: [Int]

  /// Nil for a type that is not known in big-endian files.
  init?(_ reader: any TensorReader, _ dtype: DType) {
    guard let fields = Self.fields[dtype] else { return nil }
    self.reader = reader
    self.fields = fields
    size = dtype.bytesPerBlock
  }

  static func knows(_ dtype: DType) -> Bool { fields[dtype] != nil }

  /// Where the numbers of 16 bits begin in a block.
  private static let fields: [DType: [Int]] = [
    .q40: [0], .q41: [0, 2], .q80: [0], .q2K: [80, 82], .q3K: [108], .q4K: [0, 2], .q5K: [0, 2],
    .q6K: [208], .iq4nl: [0], .iq4xs: [0, 2], .tq10: [52], .tq20: [64], .mxfp4: [],
  ]

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    // Whole blocks, as far as the values go.
    let count = try reader.fill(
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / size * size)]))
    for block in stride(from: 0, to: count / size * size, by: size) {
      for field in fields { buffer.swapAt(block + field, block + field + 1) }
    }
    return count
  }
}
