/// Writes a zip archive of stored members into a file being saved: each member's data is aligned, and
/// offsets and sizes beyond 32 bits are written as zip64. The same members give the same bytes.
package struct ZipWriter {
  private let file: AtomicFile
  private let alignment: Int
  private let start: Int
  private var members: [Member] = []
  private var names: Set<[UInt8]> = []

  private struct Member {
    var name: [UInt8]
    var crc: UInt32
    var size: Int
    var offset: Int

    var isUTF8: Bool { String(validating: name, as: UTF8.self) != nil }
    var isLarge: Bool { size >= Int(UInt32.max) }
  }

  /// 1980-01-01, the earliest that the format knows: times would make two saves differ.
  private static let date: UInt16 = 0x21

  /// `alignment` is a power of two; PyTorch uses 64.
  package init(_ file: AtomicFile, alignment: Int = 64) {
    self.file = file
    self.alignment = max(1, min(alignment, 1 << 15))
    start = file.position
  }

  package mutating func add(_ name: [UInt8], _ content: [UInt8]) throws(CheckpointError) {
    try add(name, size: content.count) { (append) throws(CheckpointError) in try append(content) }
  }

  /// Adds a member of `size` bytes that `body` hands over piece by piece.
  package mutating func add(
    _ name: [UInt8], size: Int,
    _ body: ((_ piece: [UInt8]) throws(CheckpointError) -> Void) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard names.insert(name).inserted, name.count <= Int(UInt16.max), size >= 0 else {
      throw refusal(name, "a name twice or too long")
    }
    var member = Member(name: name, crc: 0, size: size, offset: file.position - start)
    let headerStart = file.position
    try file.append(localHeader(member))
    var crc = CRC32()
    var written = 0
    let file = file
    try body { (piece) throws(CheckpointError) in
      crc.update(piece)
      written += piece.count
      try file.append(piece)
    }
    guard written == size else { throw refusal(name, "\(written) bytes for \(size)") }
    member.crc = crc.value
    try file.write(littleEndianBytes(crc.value), at: headerStart + 14)
    members.append(member)
  }

  /// Writes the central directory; no member can follow.
  ///
  /// - Parameter comment: at most 65,535 bytes about the archive.
  package consuming func finish(comment: [UInt8] = []) throws(CheckpointError) {
    let offset = file.position - start
    for member in members { try file.append(directoryEntry(member)) }
    let size = file.position - start - offset
    try file.append(
      ZipEnd(
        count: members.count, directorySize: size, directoryOffset: offset, comment: comment
      ).bytes)
  }

  // MARK: Records

  private func common(_ member: Member, _ extraCount: Int) -> [UInt8] {
    let flags: UInt16 = member.isUTF8 ? 0x0800 : 0
    let size = member.isLarge ? UInt32.max : UInt32(clamping: member.size)
    return littleEndianBytes(flags) + littleEndianBytes(0 as UInt16)
      + littleEndianBytes(0 as UInt16) + littleEndianBytes(Self.date)
      + littleEndianBytes(member.crc) + littleEndianBytes(size) + littleEndianBytes(size)
      + littleEndianBytes(UInt16(clamping: member.name.count))
      + littleEndianBytes(UInt16(clamping: extraCount))
  }

  private func localHeader(_ member: Member) -> [UInt8] {
    let large =
      member.isLarge
      ? littleEndianBytes(1 as UInt16) + littleEndianBytes(16 as UInt16)
        + littleEndianBytes(UInt64(member.size))
        + littleEndianBytes(UInt64(member.size)) : []
    // The padding is an extra field of its own, "FB" as PyTorch calls it, with four bytes of head.
    let unpadded = member.offset + start + 30 + member.name.count + large.count + 4
    let gap = (alignment - unpadded % alignment) % alignment
    let padding =
      littleEndianBytes(0x4246 as UInt16) + littleEndianBytes(UInt16(clamping: gap))
      + [UInt8](repeating: UInt8(ascii: "Z"), count: gap)
    let extra = large + padding
    return littleEndianBytes(0x0403_4b50 as UInt32)
      + littleEndianBytes(UInt16(member.isLarge ? 45 : 20))
      + common(member, extra.count) + member.name + extra
  }

  private func directoryEntry(_ member: Member) -> [UInt8] {
    var large: [UInt8] = []
    if member.isLarge {
      large += littleEndianBytes(UInt64(member.size)) + littleEndianBytes(UInt64(member.size))
    }
    let isFar = member.offset >= Int(UInt32.max)
    if isFar { large += littleEndianBytes(UInt64(member.offset)) }
    let extra =
      large.isEmpty
      ? []
      : littleEndianBytes(1 as UInt16) + littleEndianBytes(UInt16(clamping: large.count)) + large
    let version: UInt16 = extra.isEmpty ? 20 : 45
    return littleEndianBytes(0x0201_4b50 as UInt32) + littleEndianBytes(version)
      + littleEndianBytes(version)
      + common(member, extra.count) + littleEndianBytes(0 as UInt16)
      + littleEndianBytes(0 as UInt16) + littleEndianBytes(0 as UInt16)
      + littleEndianBytes(0 as UInt32)
      + littleEndianBytes(isFar ? UInt32.max : UInt32(clamping: member.offset))
      + member.name + extra
  }

  private func refusal(_ name: [UInt8], _ found: String) -> CheckpointError {
    CheckpointError(.saveFailed, file: file.path, place: name, found: found)
  }
}
