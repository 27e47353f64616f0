import EspalierTree
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// Copies of archives in which members have other content.
@Suite struct ZipCopyTests {
  let folder = TemporaryFolder()
  private let letters = [UInt8]((0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) })

  private func archive(_ bytes: [UInt8]) throws(CheckpointError) -> ZipArchive {
    try ZipArchive(ByteRegion(try InputFile(folder.write("z.zip", bytes))))
  }

  /// A copy in which every compressed member has bytes of a pattern, as many as before.
  private func copy(_ archive: ZipArchive, to path: FilePath) throws {
    var contents: [Int: ZipCopy.Content] = [:]
    for entry in archive.entries where entry.method == .deflated {
      contents[archive.region.range.lowerBound + entry.headerOffset] = ZipCopy.Content { append in
        try append(Array(letters.prefix(entry.size)))
      }
    }
    var file = SavePlan.File(path: path)
    file.pieces = try ZipCopy(archive, FileEdits(), contents).pieces()
    let request = SaveRequest(MemorySource.Builder().finish(), to: path, replace: true)
    _ = try SavePlan(files: [file]).run(request)
  }

  /// The archives of ``ZipTests``, behind other bytes and with a comment, too.
  static let archives: [[UInt8]] = [ZipTests.seekable, ZipTests.streamed].flatMap { zip in
    let commented = Array(zip.dropLast(2)) + [3, 0] + Array("abc".utf8)
    return [zip, [9, 9, 9, 9, 9] + zip, commented]
  }

  @Test(arguments: archives)
  func aCompressedMemberIsCompressedAgainAndAllElseStays(_ bytes: [UInt8]) throws {
    let before = try archive(bytes)
    let path = folder.file("copy.zip")
    try copy(before, to: path)
    let after = try ZipArchive(ByteRegion(try InputFile(path)))
    #expect(after.entries.map(\.name) == before.entries.map(\.name))
    #expect(after.entries.map(\.method) == before.entries.map(\.method))
    let stored = try #require(try after.entry("a.txt"))
    #expect(try after.read(stored, limit: 5) == Array("hello".utf8))
    let changed = try #require(try after.entry("dir/b.bin"))
    #expect(try after.read(changed, limit: 300) == letters)
    // All up to the header of the member that changes is as it was.
    let new = try #require(folder.read("copy.zip"))
    #expect(new[..<changed.headerOffset] == bytes[..<before.entries[1].headerOffset])
    #expect(bytes.suffix(3) != Array("abc".utf8)[...] || new.suffix(3) == bytes.suffix(3))
  }

  @Test func numbersBeyond32BitsStayWhereTheyAre() throws {
    let large: [UInt8] =
      [1, 0, 16, 0] + [44, 1, 0, 0, 0, 0, 0, 0] + [9, 0, 0, 0, 0, 0, 0, 0] + [7, 7, 1, 0, 5]
    let file = try AtomicFile(folder.file("large.zip"))
    // As numpy.savez_compressed writes a member: sizes in the extra field of the local header.
    var local = Array(ZipTests.seekable[40..<88])
    local.replaceSubrange(18..<26, with: [UInt8](repeating: 0xff, count: 8))
    local.replaceSubrange(28..<30, with: [UInt8(large.count), 0])
    local.insert(contentsOf: large, at: 39)
    var record = Array(ZipTests.seekable[139..<194])
    record.replaceSubrange(42..<46, with: [0, 0, 0, 0])
    try file.append(local + record)
    try file.append(
      ZipEnd(count: 1, directorySize: record.count, directoryOffset: local.count).bytes)
    try file.commit()
    let before = try ZipArchive(ByteRegion(try InputFile(folder.file("large.zip"))))
    let path = folder.file("copy.zip")
    try copy(before, to: path)
    let after = try ZipArchive(ByteRegion(try InputFile(path)))
    #expect(try after.read(after.entries[0], limit: 300) == letters)
    let new = try #require(folder.read("copy.zip"))
    #expect(new[18..<26].allSatisfy { $0 == 0xff } && new[28] == UInt8(large.count))
    #expect(new[39..<43] == large[..<4] && new[59..<64] == large[20...])
    #expect(new[51..<55] == littleEndian(UInt32(after.entries[0].compressedSize))[...])
  }

  /// Members behind the changed one keep where they begin modulo 64, as PyTorch maps them.
  @Test func alignedMembersStayAligned() throws {
    let file = try AtomicFile(folder.file("a.zip"))
    try file.append(Array(ZipTests.seekable[40..<88]))
    let inner = folder.file("b.zip")
    let plain = try AtomicFile(inner)
    var zip = ZipWriter(plain)
    try zip.add(Array("s".utf8), [1, 2, 3])
    try zip.finish()
    try plain.commit()
    let stored = try #require(folder.read("b.zip"))
    let entry = try ZipArchive(ByteRegion(try InputFile(inner))).entries[0]
    // The member's data is to begin at a multiple of 64 here, too.
    let data = 48 + 30 + 1
    let gap = (64 - data % 64) % 64
    var header = Array(stored[..<30])
    header.replaceSubrange(28..<30, with: [UInt8(gap), 0])
    try file.append(
      header + Array("s".utf8) + [UInt8](repeating: 0, count: gap) + [1, 2, 3])
    var records = Array(ZipTests.seekable[139..<194])
    records.replaceSubrange(42..<46, with: [0, 0, 0, 0])
    var record = Array(stored[entry.recordOffset..<entry.recordOffset + 47])
    record.replaceSubrange(42..<46, with: [48, 0, 0, 0])
    let offset = file.position
    try file.append(records + record)
    try file.append(
      ZipEnd(count: 2, directorySize: 55 + 47, directoryOffset: offset).bytes)
    try file.commit()
    let path = folder.file("copy.zip")
    try copy(try ZipArchive(ByteRegion(try InputFile(folder.file("a.zip")))), to: path)
    let after = try ZipArchive(ByteRegion(try InputFile(path)))
    let region = try #require(try after.stored(after.entries[1]))
    #expect(region.range.lowerBound % 64 == 0)
    #expect(try region.readAll(limit: 3, field: "s") == [1, 2, 3])
    for entry in after.entries { try after.verify(entry) }
  }

  /// What a damaged archive becomes is an archive again, or an error: never a trap.
  @Test(arguments: [ZipTests.seekable, ZipTests.streamed])
  func damagedArchivesAreRefusedOrStayArchives(_ bytes: [UInt8]) throws {
    let path = folder.file("copy.zip")
    var copies = 0
    for index in bytes.indices {
      for flip: UInt8 in [1, 8, 0x80, 0xff] {
        var damaged = bytes
        damaged[index] ^= flip
        guard let before = try? archive(damaged), (try? copy(before, to: path)) != nil else {
          continue
        }
        copies += 1
        let after = try ZipArchive(ByteRegion(try InputFile(path)))
        #expect(after.entries.count == before.entries.count, "byte \(index) ^ \(flip)")
      }
    }
    #expect(copies > 50)
  }

  @Test(arguments: [0, 1, 63_999, 64_000, 3 << 20])
  func whatIsCompressedComesBack(_ count: Int) {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 3) }
    var deflater = Deflater()
    var packed: [UInt8] = []
    for start in stride(from: 0, to: count, by: 1 << 20) {
      let piece = Array(content[start..<min(count, start + 1 << 20)])
      packed += deflater.compress(piece) ?? []
    }
    packed += deflater.compress([], isLast: true) ?? []
    #expect(packed.count <= Deflater.bound(count))
    #expect(Inflater.decompress(packed, format: .raw, limit: count) == content)
  }
}
