import EspalierTree

/// Turns the numbers of a big-endian array into little-endian ones as they are read.
struct SwappingReader: TensorReader {
  private var reader: any TensorReader
  private let itemSize: Int

  /// - Parameter itemSize: bytes of a number; reads deliver whole numbers.
  init(_ reader: any TensorReader, itemSize: Int) {
    self.reader = reader
    self.itemSize = itemSize
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try reader.read(into: buffer)
    switch itemSize {
    case 2: swap(UInt16.self, buffer, count)
    case 4: swap(UInt32.self, buffer, count)
    case 8: swap(UInt64.self, buffer, count)
    default:
      for start in stride(from: 0, to: count - count % max(1, itemSize), by: max(1, itemSize)) {
        buffer[start..<start + itemSize].reverse()
      }
    }
    return count
  }

  private func swap<I: FixedWidthInteger>(
    _ type: I.Type, _ buffer: UnsafeMutableRawBufferPointer, _ count: Int
  ) {
    for offset in stride(from: 0, to: count / itemSize * itemSize, by: itemSize) {
      let value = buffer.loadUnaligned(fromByteOffset: offset, as: I.self)
      buffer.storeBytes(of: value.byteSwapped, toByteOffset: offset, as: I.self)
    }
  }
}
