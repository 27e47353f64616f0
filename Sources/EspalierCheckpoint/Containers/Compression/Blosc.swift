/// Decompresses Blosc (version 1): blocks, each reordered and compressed by one of several methods.
enum Blosc {
  private enum Method: UInt8 { case bloscLZ, lz4, snappy, zlib, zstd }

  private struct Header {
    let flags: UInt8
    let unit: Int
    let size: Int
    let blockSize: Int

    static let count = 16

    init?(_ bytes: [UInt8], size: Int) {
      guard bytes.count >= Self.count, bytes[0] == 2 else { return nil }
      flags = bytes[2]
      unit = Int(bytes[3])
      self.size = Blosc.number(bytes, at: 4) ?? -1
      blockSize = Blosc.number(bytes, at: 8) ?? -1
      let stored = Blosc.number(bytes, at: 12) ?? -1
      guard self.size == size, stored == bytes.count, unit > 0, blockSize > 0 || size == 0 else {
        return nil
      }
    }

    var isCopy: Bool { flags & 2 != 0 }
    var method: Method? { Method(rawValue: flags >> 5) }

    /// In how many streams a block is stored: one for each byte of an element, or one.
    func streams(_ blockBytes: Int) -> Int {
      let isSplit =
        flags & 0x10 == 0 && unit <= 16 && blockSize / unit >= 128 && blockBytes == blockSize
      return isSplit ? unit : 1
    }

    func reordered(_ block: [UInt8]) -> [UInt8] {
      if flags & 1 != 0, unit > 1 { return Shuffle.undoBytes(block, unit: unit) }
      if flags & 4 != 0 { return Shuffle.undoBits(block, unit: unit) }
      return block
    }
  }

  /// - Parameter size: bytes that must come out.
  /// - Returns: nil where the data is broken, or compressed by BloscLZ or Snappy.
  static func decompress(_ bytes: [UInt8], size: Int) -> [UInt8]? {
    guard let header = Header(bytes, size: size) else { return nil }
    if header.isCopy {
      return bytes.count == Header.count + size ? Array(bytes[Header.count...]) : nil
    }
    var result: [UInt8] = []
    var index = 0
    while result.count < size {
      guard let start = number(bytes, at: Header.count + 4 * index) else { return nil }
      let blockBytes = min(header.blockSize, size - result.count)
      guard let block = block(bytes, at: start, blockBytes, header) else { return nil }
      result += header.reordered(block)
      index += 1
    }
    return result
  }

  private static func block(
    _ bytes: [UInt8], at start: Int, _ size: Int, _ header: Header
  ) -> [UInt8]? {
    let streams = header.streams(size)
    guard size % streams == 0 else { return nil }
    var block: [UInt8] = []
    var at = start
    for _ in 0..<streams {
      guard let count = number(bytes, at: at), count <= bytes.count - at - 4 else { return nil }
      let data = bytes[(at + 4)..<(at + 4 + count)]
      guard let part = stream(data, size / streams, header) else { return nil }
      block += part
      at += 4 + count
    }
    return block
  }

  private static func stream(
    _ data: ArraySlice<UInt8>, _ size: Int, _ header: Header
  ) -> [UInt8]? {
    // What would not shrink is stored as it is.
    if data.count == size { return Array(data) }
    let plain: [UInt8]? =
      switch header.method {
      case .lz4: LZ4.decompress(data, size: size)
      case .zlib: Inflater.decompress(Array(data), format: .zlib, limit: size)
      case .zstd: Zstandard.decompress(Array(data), limit: size)
      case .bloscLZ, .snappy, nil: nil
      }
    return plain?.count == size ? plain : nil
  }

  /// Four bytes, little-endian; nil outside the data or where it is negative.
  private static func number(_ bytes: [UInt8], at start: Int) -> Int? {
    guard start >= 0, start <= bytes.count - 4 else { return nil }
    let value = bytes[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return value > UInt32(Int32.max) ? nil : Int(value)
  }
}
