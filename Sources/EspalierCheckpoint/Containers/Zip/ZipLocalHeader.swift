/// What stands before a member's data, byte for byte, to be said of a member whose content is another.
struct ZipLocalHeader {
  private var head: [UInt8]
  private let name: [UInt8]
  private var extra: ZipExtra
  private let place: (name: [UInt8], offset: Int)

  init(_ entry: ZipEntry, in region: ByteRegion) throws(CheckpointError) {
    let head = try region.read(at: entry.headerOffset, count: 30)
    self.head = head
    func length(_ place: Int) -> Int { Int(head[place]) | Int(head[place + 1]) << 8 }
    let name = try region.read(at: entry.headerOffset + 30, count: length(26))
    self.name = name
    extra = ZipExtra(
      try region.read(at: entry.headerOffset + 30 + name.count, count: length(28)))
    place = (entry.name, entry.headerOffset)
  }

  var bytes: [UInt8] { head + name + extra.bytes }

  /// Makes room for the numbers of content that is going to be compressed: from here on the length of
  /// the header stays.
  mutating func prepare(size: Int) {
    // The header knows the numbers itself: no descriptor follows.
    head[6] &= ~8
    let isLarge = extra.large != nil || Deflater.bound(size) >= Int(UInt32.max)
    if isLarge {
      extra.large = littleEndianBytes(UInt64(size)) + littleEndianBytes(0 as UInt64)
      head[4] = max(head[4], 45)
      put(littleEndianBytes(UInt64.max), at: 18)
    } else {
      put(littleEndianBytes(UInt32(clamping: size)), at: 22)
    }
    put(littleEndianBytes(UInt16(clamping: extra.bytes.count)), at: 28)
  }

  mutating func set(crc32: UInt32, compressedSize: Int) {
    put(littleEndianBytes(crc32), at: 14)
    if let large = extra.large {
      extra.large = large.prefix(8) + littleEndianBytes(UInt64(compressedSize))
    } else {
      put(littleEndianBytes(UInt32(clamping: compressedSize)), at: 18)
    }
  }

  /// Says another size of a stored member, in a header of the same length.
  mutating func set(storedSize size: Int, crc32: UInt32, in region: ByteRegion)
    throws(CheckpointError)
  {
    put(littleEndianBytes(crc32), at: 14)
    let isLarge = head[18..<26].allSatisfy { $0 == 0xff }
    if isLarge, let large = extra.large, large.count >= 16 {
      extra.large =
        littleEndianBytes(UInt64(size)) + littleEndianBytes(UInt64(size)) + large.dropFirst(16)
      return
    }
    guard size < Int(UInt32.max) else {
      throw region.origin.error(
        .unsupported, at: place.offset, field: "size of a member",
        found: "an archive that grows to \(size) bytes",
        expected: "at most \(UInt32.max), as its header can say", advice: "save as safetensors")
    }
    put(littleEndianBytes(UInt32(clamping: size)), at: 18)
    put(littleEndianBytes(UInt32(clamping: size)), at: 22)
  }

  private mutating func put(_ bytes: [UInt8], at place: Int) {
    head.replaceSubrange(place..<place + bytes.count, with: bytes)
  }
}
