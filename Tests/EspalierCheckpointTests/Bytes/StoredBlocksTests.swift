import EspalierTree
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// Values written to where a layout has them, against what is read back from there.
@Suite struct StoredBlocksTests {
  struct Case: Sendable {
    var shape: [Int]
    var offset = 0
    var strides: [Int]
  }

  static let cases = [
    Case(shape: [7, 5], strides: [1, 7]), Case(shape: [7, 5], strides: [5, 1]),
    Case(shape: [3, 4, 5], strides: [1, 15, 3]),
    Case(shape: [4, 5], offset: 19, strides: [-5, -1]),
    Case(shape: [4, 5], offset: 3, strides: [-1, 4]), Case(shape: [4, 5], strides: [10, 2]),
    Case(shape: [6], offset: 2, strides: [3]), Case(shape: [3, 1, 2], strides: [1, 99, 3]),
    Case(shape: [], offset: 4, strides: []), Case(shape: [2, 3], strides: [1, 3000]),
    Case(shape: [2, 2], offset: 1, strides: [0, 1]),
  ]

  @Test(arguments: cases, [DType.u8, .i16, .c128])
  func valuesComeBackFromWhereTheyWereWritten(_ item: Case, _ dtype: DType) throws {
    let folder = TemporaryFolder()
    let shape = Shape(item.shape)
    let array = ArrayDescription(
      dtype, shape, layout: .strided(offset: item.offset, strides: item.strides))
    let size = dtype.bytesPerBlock
    let footprint = try #require(array.layout.footprint(of: shape))
    let count = footprint.upperBound * size
    // Elements that share a place have one value.
    let elements = try #require(shape.elementCount)
    let values = (0..<elements * size).map { at in
      item.strides.contains(0) ? UInt8(at % size) : UInt8(truncatingIfNeeded: at &* 13 &+ 1)
    }
    for limit in [1, 3 * size, 1 << 20] {
      var blocks = StoredBlocks(array: array, path: .root, file: "a")
      blocks.blockLimit = limit
      let memory = MemoryStorage([UInt8](repeating: 0xee, count: count))
      try blocks.write(BufferReader(values), to: memory)
      let output = try AtomicFile(folder.file("a"), options: SaveOptions(replace: true))
      try output.append([UInt8](repeating: 0xee, count: count + 6))
      try blocks.write(BufferReader(values), to: output, at: 4)
      try output.commit()
      let file = try #require(folder.read("a"))
      #expect(Array(file[4..<4 + count]) == memory.bytes)
      #expect(file[..<4] == [0xee, 0xee, 0xee, 0xee] && file.suffix(2) == [0xee, 0xee])
      var reader = try #require(
        StridedReader(array) { offset, buffer in
          buffer.copyBytes(from: memory.bytes[offset..<offset + buffer.count])
        })
      var found = [UInt8](repeating: 0, count: values.count)
      _ = try found.withUnsafeMutableBytes { try reader.fill($0) }
      #expect(found == values)
      // What lies between the elements is kept.
      var touched = Set<Int>()
      for element in 0..<elements {
        var (rest, place) = (element, item.offset)
        for axis in item.shape.indices.reversed() {
          place += rest % item.shape[axis] * item.strides[axis]
          rest /= item.shape[axis]
        }
        touched.formUnion(place * size..<(place + 1) * size)
      }
      #expect(memory.bytes.indices.allSatisfy { touched.contains($0) || memory.bytes[$0] == 0xee })
    }
  }
}
