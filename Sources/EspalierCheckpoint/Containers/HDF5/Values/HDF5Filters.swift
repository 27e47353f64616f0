/// What was done to chunks before they were stored, in order.
struct HDF5Filters: Sendable {
  struct Filter: Sendable {
    var id: Int
    var values: [Int]
    var isOptional: Bool
  }

  var filters: [Filter] = []

  init() {}

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) {
    let version = try cursor.expectVersion(1...2, "filters")
    let count = Int(try cursor.u8("filters"))
    guard count <= 32 else {
      throw cursor.error(.badValue, "filters", found: "\(count)", expected: "at most 32")
    }
    if version == 1 { try cursor.skip(6, "filters") }
    for _ in 0..<count {
      let id = try cursor.u16("filter")
      let nameLength = version == 1 || id >= 256 ? try cursor.u16("filter name") : 0
      let flags = try cursor.u16("filter")
      let valueCount = try cursor.u16("filter")
      let padded = version == 1 ? (nameLength + 7) / 8 * 8 : nameLength
      try cursor.skip(padded, "filter name")
      var values: [Int] = []
      for _ in 0..<valueCount { values.append(try cursor.u32("filter")) }
      if version == 1, valueCount % 2 == 1 { try cursor.skip(4, "filter") }
      filters.append(Filter(id: id, values: values, isOptional: flags & 1 != 0))
    }
  }

  /// The first filter that cannot be undone here, by name.
  var unsupported: String? {
    filters.first { ![1, 2, 3, Self.zstd].contains($0.id) }.map { Self.name($0.id) }
  }

  static let zstd = 32015

  static func name(_ id: Int) -> String {
    switch id {
    case 1: "deflate"
    case 2: "shuffle"
    case 3: "fletcher32"
    case 4: "szip"
    case 5: "nbit"
    case 6: "scaleoffset"
    case 307: "bzip2"
    case 32000: "lzf"
    case 32001: "blosc"
    case 32004: "lz4"
    case 32008: "bitshuffle"
    case 32013: "zfp"
    case zstd: "zstd"
    case 32026: "blosc2"
    default: "filter \(id)"
    }
  }

  /// How many bytes can come out of one: deflate packs 1,032 into one, Zstandard a block of 128 kB of one
  /// value into four.
  var largestRatio: Int { filters.contains { $0.id == Self.zstd } ? 1 << 16 : 1032 }

  /// Undoes everything.
  ///
  /// - Parameters:
  ///   - mask: filters that were left out of this chunk, by bit.
  ///   - size: bytes of the chunk when it was whole; never more comes out.
  /// - Returns: nil where the data is broken.
  func undo(_ stored: [UInt8], mask: Int, size: Int, elementSize: Int) -> [UInt8]? {
    var bytes = stored
    for (number, filter) in filters.enumerated().reversed() where mask >> number & 1 == 0 {
      // Checksums that were added before compression come out of it.
      let after = filters[..<number].filter { $0.id == 3 }.count * 4
      switch filter.id {
      case 1:
        guard let plain = Inflater.decompress(bytes, format: .zlib, limit: size + after) else {
          return nil
        }
        bytes = plain
      case 2:
        let unit = filter.values.first ?? elementSize
        guard unit > 0 else { return nil }
        bytes = Shuffle.undoBytes(bytes, unit: unit)
      case Self.zstd:
        guard let plain = Zstandard.decompress(bytes, limit: size + after) else { return nil }
        bytes = plain
      case 3:
        guard bytes.count >= 4, Self.checksumMatches(bytes) else { return nil }
        bytes.removeLast(4)
      default: return nil
      }
    }
    return bytes.count == size ? bytes : nil
  }

  /// Fletcher's checksum over 16-bit words, big-endian, as HDF5 has it.
  private static func checksumMatches(_ bytes: [UInt8]) -> Bool {
    let data = bytes.dropLast(4)
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let computed = fletcher32(data)
    // Before version 1.6.3 the bytes of each half were swapped on little-endian machines.
    func swapped(_ value: UInt32) -> UInt32 {
      (value & 0x00ff_00ff) << 8 | (value & 0xff00_ff00) >> 8
    }
    return stored == computed || stored == swapped(computed)
  }

  static func fletcher32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var low: UInt32 = 0
    var high: UInt32 = 0
    var at = bytes.startIndex
    func fold(_ value: UInt32) -> UInt32 { (value & 0xffff) + value >> 16 }
    while at < bytes.endIndex {
      var steps = 360
      while steps > 0, at < bytes.endIndex {
        let next = at + 1 < bytes.endIndex ? UInt32(bytes[at + 1]) : 0
        low &+= UInt32(bytes[at]) << 8 | next
        high &+= low
        at = min(at + 2, bytes.endIndex)
        steps -= 1
      }
      low = (low & 0xffff) + (low >> 16)
      high = (high & 0xffff) + (high >> 16)
    }
    low = fold(fold(low))
    high = (high & 0xffff) + (high >> 16)
    low = (low & 0xffff) + (low >> 16)
    return high << 16 | low
  }
}
