import CZlib

extension HDF5Filters {
  /// Does everything to the content of a chunk that the filters say.
  ///
  /// - Parameters:
  ///   - mask: filters that are left out of this chunk, by bit.
  ///   - level: how hard to compress, 0 to 9; nil for as hard as the file says.
  /// - Returns: nil where there is a filter that cannot be done here.
  func apply(_ content: [UInt8], mask: Int, elementSize: Int, level: Int? = nil) -> [UInt8]? {
    var bytes = content
    for (number, filter) in filters.enumerated() where mask >> number & 1 == 0 {
      switch filter.id {
      case 1:
        guard let packed = Self.deflate(bytes, level: level ?? filter.values.first ?? 6) else {
          return nil
        }
        bytes = packed
      case Self.zstd:
        guard let packed = Zstandard.compress(bytes, level: level ?? filter.values.first ?? 3)
        else {
          return nil
        }
        bytes = packed
      case 2: bytes = Shuffle.bytes(bytes, unit: filter.values.first ?? elementSize)
      case 3:
        let checksum = Self.fletcher32(bytes[...])
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) }
      default: return nil
      }
    }
    return bytes
  }

  /// Nil where zlib fails, which it does only without memory.
  private static func deflate(_ bytes: [UInt8], level: Int) -> [UInt8]? {
    let bound = compressBound(UInt(bytes.count))
    guard let room = Int(exactly: bound) else { return nil }
    var status = Z_OK
    let result = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      var size = bound
      status = bytes.withUnsafeBufferPointer {
        compress2(
          buffer.baseAddress, &size, $0.baseAddress, UInt($0.count), Int32(min(9, max(0, level))))
      }
      count = status == Z_OK ? Int(size) : 0
    }
    return status == Z_OK ? result : nil
  }
}
