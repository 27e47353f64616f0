import Glibc
import Testing

@testable import EspalierCheckpoint

/// `a.txt` stored ("hello"), `dir/b.bin` deflated ("abc" a hundred times), by Python's zipfile.
private let seekableZip = hexadecimalBytes(
  """
  504b03041400000000000000210086a61036050000000500000005000000612e74787468656c6c6f
  504b03041400000008000000210084b8c4d0090000002c010000090000006469722f622e62696e4b
  4c4a4e1c45c42100504b010214031400000000000000210086a61036050000000500000005000000
  0000000000000000800100000000612e747874504b010214031400000008000000210084b8c4d009
  0000002c0100000900000000000000000000008001280000006469722f622e62696e504b05060000
  0000020002006a000000580000000000
  """)

/// The same written to a pipe: sizes follow the data.
private let streamedZip = hexadecimalBytes(
  """
  504b03041400080000000000210000000000000000000000000005000000612e74787468656c6c6f
  504b070886a610360500000005000000504b03041400080008000000210000000000000000000000
  0000090000006469722f622e62696e4b4c4a4e1c45c42100504b070884b8c4d0090000002c010000
  504b010214031400080000000000210086a610360500000005000000050000000000000000000000
  800100000000612e747874504b010214031400080008000000210084b8c4d0090000002c01000009
  00000000000000000000008001380000006469722f622e62696e504b050600000000020002006a00
  0000780000000000
  """)

@Suite struct ZipTests {
  static let seekable = seekableZip
  static let streamed = streamedZip

  let folder = TemporaryFolder()
  let repeated = [UInt8]((0..<100).flatMap { _ in Array("abc".utf8) })

  func archive(_ bytes: [UInt8]) throws(CheckpointError) -> ZipArchive {
    try ZipArchive(ByteRegion(try InputFile(folder.write("z.zip", bytes))))
  }

  /// Opens everything in the archive; what the first failure says.
  func verdict(_ bytes: [UInt8]) -> CheckpointError? {
    failure { () throws(CheckpointError) in
      let archive = try archive(bytes)
      for entry in archive.entries {
        _ = try archive.entry(entry.name)
        _ = try archive.read(entry, limit: 1000)
      }
    }
  }

  @Test(arguments: [seekableZip, streamedZip]) func readsMembers(bytes: [UInt8]) throws {
    let archive = try archive(bytes)
    #expect(archive.entries.map(\.name) == [Array("a.txt".utf8), Array("dir/b.bin".utf8)])
    #expect(archive.entries.map(\.method) == [.stored, .deflated])
    let stored = try #require(try archive.entry("a.txt"))
    let region = try #require(try archive.stored(stored))
    #expect(try region.readAll(limit: 5, field: "x") == Array("hello".utf8))
    #expect(region.file.path == folder.file("z.zip"))
    let deflated = try #require(try archive.entry("dir/b.bin"))
    #expect(try archive.stored(deflated) == nil)
    #expect(try archive.read(deflated, limit: 300) == repeated)
    try archive.verify(deflated)
    let error = failure { () throws(CheckpointError) in _ = try archive.read(deflated, limit: 299) }
    #expect(error?.code == .limitExceeded)
    #expect(try archive.entry("none") == nil)
  }

  @Test func readsBehindOtherBytesAndInsideAnotherArchive() throws {
    let prefixed = try archive([1, 2, 3, 4, 5] + seekableZip)
    let entry = try #require(try prefixed.entry("dir/b.bin"))
    #expect(try prefixed.read(entry, limit: 300) == repeated)

    let file = try AtomicFile(folder.file("outer.zip"))
    var writer = ZipWriter(file)
    try writer.add(Array("inner.zip".utf8), seekableZip)
    try writer.finish()
    try file.commit()
    let outer = try ZipArchive(ByteRegion(try InputFile(folder.file("outer.zip"))))
    let inner = try ZipArchive(try #require(try outer.stored(outer.entries[0])))
    let member = try #require(try inner.entry("a.txt"))
    #expect(try inner.read(member, limit: 5) == Array("hello".utf8))
  }

  @Test(arguments: [seekableZip, streamedZip]) func everyTruncationIsRefused(bytes: [UInt8]) {
    for count in 0..<bytes.count { #expect(verdict(Array(bytes[..<count])) != nil, "\(count)") }
    #expect(verdict(bytes) == nil)
  }

  @Test(arguments: [seekableZip, streamedZip]) func flippedBytesNeverTrap(bytes: [UInt8]) {
    var refused = 0
    for index in bytes.indices {
      for mask: UInt8 in [1, 0x10, 0x80, 0xff] {
        var damaged = bytes
        damaged[index] ^= mask
        if verdict(damaged) != nil { refused += 1 }
      }
    }
    #expect(refused > bytes.count)
  }

  @Test func namesTheDamage() {
    // The stored content, the deflated content, and a local name other than the directory's.
    for (index, code) in [
      (36, CheckpointError.Code.badChecksum), (30, .badHeader), (79, .malformed),
      (0, .badHeader), (88 + 8, .encrypted),
    ] {
      var damaged = seekableZip
      damaged[index] ^= index == 79 ? 0x07 : 0x01
      #expect(verdict(damaged)?.code == code, "\(index)")
    }
    #expect(verdict([])?.code == .truncated)
    #expect(verdict(seekableZip + [0])?.code == .truncated)
  }

  @Test func refusesMembersThatOverlap() {
    var damaged = seekableZip
    // The second member of the directory points to the first one's header.
    let offset = 88 + 46 + 5 + 42
    damaged[offset] = 0
    #expect(verdict(damaged)?.code == .overlap)
  }

  @Test func refusesMoreThanWasDeclared() {
    // 300 bytes inflate from nine; both headers say fewer, then more.
    for (size, code) in [(0x2b, CheckpointError.Code.limitExceeded), (0x2d, .truncated)] {
      var damaged = seekableZip
      for place in [35 + 5 + 22, 88 + 46 + 5 + 24] { damaged[place] = UInt8(size) }
      #expect(verdict(damaged)?.code == code)
    }
  }

  @Test func refusesCountsBeyondTheBytes() {
    var damaged = seekableZip
    let end = damaged.count - 22
    for place in [8, 9, 10, 11] { damaged[end + place] = 0xfe }
    #expect(verdict(damaged)?.code == .badHeader)
    // What asks for zip64 records that are not there.
    for place in 8..<20 { damaged[end + place] = 0xff }
    #expect(verdict(damaged) != nil)
  }

  /// PyTorch writes the zip64 record always; where it and the plain one differ, which would count?
  @Test func zip64RecordsMustAgree() throws {
    let end = seekableZip.count - 22
    let directory: [UInt8] = [0x6a, 0, 0, 0, 0, 0, 0, 0, 0x58, 0, 0, 0, 0, 0, 0, 0]
    let two: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0]
    let record: [UInt8] =
      [0x50, 0x4b, 6, 6, 44, 0, 0, 0, 0, 0, 0, 0, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      + two + two + directory
    let place = UInt8(end & 0xff)
    let locator: [UInt8] = [0x50, 0x4b, 6, 7, 0, 0, 0, 0, place, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    var large = Array(seekableZip[..<end]) + record + locator + seekableZip[end...]
    #expect(verdict(large) == nil)
    // Behind other bytes the locator's offset is wrong, but the record lies right before it.
    #expect(verdict([1, 2, 3] + large) == nil)
    let plainEnd = large.count - 22
    for place in [8, 10, 12, 16] {
      var damaged = large
      damaged[plainEnd + place] ^= 1
      #expect(verdict(damaged)?.code == .badHeader, "\(place)")
    }
    for place in 8..<20 { large[plainEnd + place] = 0xff }
    #expect(verdict(large) == nil)
  }

  @Test(arguments: [
    ("a/b.pkl", true), ("a", true), ("a..b/c", true), ("", false), ("/a", false), ("../a", false),
    ("a/../b", false), ("a\\b", false), ("a\0b", false), ("..", false),
  ]) func plainNames(name: String, isPlain: Bool) {
    let entry = ZipEntry(
      name: Array(name.utf8), method: .stored, isEncrypted: false, crc32: 0, compressedSize: 0,
      size: 0, headerOffset: 0, recordOffset: 0)
    #expect(entry.isPlainName == isPlain)
  }

  @Test func writesWhatItReads() throws {
    let members = (0..<20).map { index in
      (name: Array("m/data/\(index)".utf8), content: pattern(index * 97, seed: UInt64(index + 1)))
    }
    var options = SaveOptions()
    // Small, so that checksums are patched both in memory and on disk.
    options.bufferSize = 700
    let file = try AtomicFile(folder.file("w.zip"), options: options)
    var writer = ZipWriter(file)
    for member in members { try writer.add(member.name, member.content) }
    try writer.finish()
    try file.commit()
    let archive = try ZipArchive(ByteRegion(try InputFile(folder.file("w.zip"))))
    #expect(archive.entries.map(\.name) == members.map(\.name))
    for (entry, member) in zip(archive.entries, members) {
      #expect(try archive.read(entry, limit: 5000) == member.content)
      let region = try #require(try archive.stored(entry))
      #expect(region.range.lowerBound % 64 == 0)
    }
  }

  @Test func refusesToWriteNonsense() throws {
    for wrong in 0..<2 {
      let error = failure { () throws(CheckpointError) in
        let file = try AtomicFile(folder.file("w.zip"))
        var writer = ZipWriter(file)
        try writer.add([65], [1])
        if wrong == 0 {
          try writer.add([65], [2])
        } else {
          try writer.add([66], size: 5) { (append) throws(CheckpointError) in try append([1]) }
        }
        try writer.finish()
      }
      #expect(error?.code == .saveFailed)
    }
    #expect(folder.names == [])
  }

  @Test func findsNamesThatOccurTwice() throws {
    var twice = seekableZip
    // Both names become "a.txt" and its like: the second is cut to the same five letters elsewhere, so
    // compare through an archive of two equal names made by patching a written one.
    let file = try AtomicFile(folder.file("w.zip"))
    var writer = ZipWriter(file)
    try writer.add([65], [1])
    try writer.add([66], [2])
    try writer.finish()
    try file.commit()
    twice = try #require(folder.read("w.zip"))
    twice = twice.map { $0 == 66 ? 65 : $0 }
    let archive = try archive(twice)
    #expect(archive.duplicateNames == [[65]])
    let error = failure { () throws(CheckpointError) in _ = try archive.entry([65]) }
    #expect(error?.code == .duplicateName)
  }
}

@Suite struct InflaterTests {
  @Test func limitsEachPiece() {
    // Nine bytes that become three hundred.
    let deflated: [UInt8] = [0x4b, 0x4c, 0x4a, 0x4e, 0x1c, 0x45, 0xc4, 0x21, 0x00]
    for limit in [1, 7, 300, 1000] {
      var inflater = Inflater(format: .raw)
      var whole: [UInt8] = []
      var piece: [UInt8] = []
      for byte in deflated {
        inflater.feed([byte])
        repeat {
          let isSound = inflater.next(into: &piece, limit: limit)
          #expect(isSound)
          #expect(piece.count <= limit)
          whole += piece
        } while !piece.isEmpty
      }
      let isFinished = inflater.isFinished
      #expect(isFinished)
      #expect(whole.count == 300)
    }
  }

  @Test func saysWhatIsBroken() {
    var inflater = Inflater(format: .zlib)
    var piece: [UInt8] = []
    inflater.feed([0xff, 0xff, 0xff])
    let verdicts = [
      inflater.next(into: &piece, limit: 10), inflater.next(into: &piece, limit: 10),
    ]
    #expect(verdicts == [false, false])
  }
}
