/// What the directory of an archive says about one member, byte for byte, to be said of a copy whose
/// member has another place or another size.
struct ZipRecord {
  private var head: [UInt8]
  private let name: [UInt8]
  private var extra: ZipExtra
  private let comment: [UInt8]

  private enum Field: Int, CaseIterable {
    // In the order in which the extra field has them.
    case size = 24
    case compressedSize = 20
    case offset = 42
  }

  init(_ entry: ZipEntry, in region: ByteRegion) throws(CheckpointError) {
    let head = try region.read(at: entry.recordOffset, count: 46)
    self.head = head
    func length(_ place: Int) -> Int { Int(head[place]) | Int(head[place + 1]) << 8 }
    var start = entry.recordOffset + 46
    func next(_ count: Int) throws(CheckpointError) -> [UInt8] {
      defer { start += count }
      return try region.read(at: start, count: count)
    }
    name = try next(length(28))
    extra = ZipExtra(try next(length(30)))
    comment = try next(length(32))
  }

  var bytes: [UInt8] { head + name + extra.bytes + comment }

  /// The member has no descriptor after its data any more.
  mutating func clearStreamed() { head[8] &= ~8 }

  mutating func set(crc32: UInt32) { put(littleEndianBytes(crc32), at: 16) }

  /// Numbers that stood in the extra field stay there; others move there where 32 bits do not hold
  /// them.
  ///
  /// - Parameter offset: of the local header, from the start of the archive.
  mutating func set(size: Int, compressedSize: Int, offset: Int) {
    let values: [(Field, Int)] = [
      (.size, size), (.compressedSize, compressedSize), (.offset, offset),
    ]
    var large: [UInt8] = []
    var known = 0
    for (field, value) in values {
      let place = field.rawValue
      let wasLarge = head[place..<place + 4].allSatisfy { $0 == 0xff }
      if wasLarge { known += 8 }
      if wasLarge || value >= Int(UInt32.max) {
        put(littleEndianBytes(UInt32.max), at: place)
        large += littleEndianBytes(UInt64(value))
      } else {
        put(littleEndianBytes(UInt32(clamping: value)), at: place)
      }
    }
    // What follows the numbers (of the disk) stays.
    let rest = extra.large?.dropFirst(known) ?? []
    if !large.isEmpty || extra.large != nil { extra.large = large + rest }
    if !large.isEmpty { head[6] = max(head[6], 45) }
    put(littleEndianBytes(UInt16(clamping: extra.bytes.count)), at: 30)
  }

  private mutating func put(_ bytes: [UInt8], at place: Int) {
    head.replaceSubrange(place..<place + bytes.count, with: bytes)
  }
}
