import Testing

@testable import EspalierTree

@Suite struct StridedReaderTests {
  /// Every element by its index, the slow way.
  static func reference(_ array: ArrayDescription, storage: [UInt16]) -> [UInt16] {
    let strides = array.layout.strides(for: array.shape)
    var offsets = [array.layout.offset()]
    for (dimension, stride) in zip(array.shape.dimensions, strides) {
      offsets = offsets.flatMap { base in (0..<dimension).map { base + $0 * stride } }
    }
    return offsets.map { storage[$0] }
  }

  static let cases: [(Shape, Layout)] = [
    ([3, 4], .row), ([3, 4], .contiguous(.column)), ([2, 3, 4], .contiguous(.column)),
    ([], .row), ([5], .strided(offset: 2, strides: [3])),
    ([3, 2], .strided(offset: 9, strides: [-4, 1])),
    ([2, 2, 3], .strided(offset: 1, strides: [3, 7, 1])),
    ([2, 5, 3], .strided(offset: 1, strides: [15, 1, 5])), ([20, 3], .contiguous(.column)),
    ([4, 3], .strided(offset: 0, strides: [0, 2])), ([0, 4], .row), ([2, 0], .contiguous(.column)),
  ]

  @Test(arguments: 0..<cases.count, [1, 2, 3, 7, 64, 1 << 20])
  func readsWhatIndexingReads(_ index: Int, blockBytes: Int) throws {
    let (shape, layout) = Self.cases[index]
    let storage = (0..<64).map { UInt16($0 * 257 + 3) }
    let array = ArrayDescription(.u16, shape, layout: layout)
    for chunk in [2, 6, 1024] {
      var reader = try #require(
        StridedReader(array, blockLimit: blockBytes) { offset, buffer in
          storage.withUnsafeBytes { all in
            buffer.copyMemory(
              from: UnsafeRawBufferPointer(rebasing: all[offset..<offset + buffer.count]))
          }
        })
      var result: [UInt16] = []
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 2)
      defer { buffer.deallocate() }
      while true {
        let count = try reader.read(into: buffer)
        if count == 0 { break }
        result += Array(
          UnsafeRawBufferPointer(rebasing: buffer[0..<count]).bindMemory(to: UInt16.self))
      }
      #expect(result == Self.reference(array, storage: storage), "\(shape) \(layout) \(chunk)")
    }
  }
}
