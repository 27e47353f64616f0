import EspalierTree
import Testing

@testable import EspalierCheckpoint

@Suite struct SSTableTests {
  let folder = TemporaryFolder()
  let few: [TableFile.Entry] = (0..<40).map { n in
    (Array("layer/\(n + 10)".utf8), [UInt8](repeating: UInt8(n), count: n))
  }

  func table(_ bytes: [UInt8]) throws(CheckpointError) -> SSTable {
    try SSTable(ByteRegion(try InputFile(folder.write("t", bytes))))
  }

  func entries(_ bytes: [UInt8]) throws(CheckpointError) -> [TableFile.Entry] {
    let table = try table(bytes)
    var scan = table.scan()
    var found: [TableFile.Entry] = []
    while let (key, place) = try scan.next() {
      let value = try scan.value(place, limit: 1 << 30).bytes
      #expect(try table.bytes(of: place) == value)
      if let region = try table.region(of: place) {
        #expect(try region.read(at: 0, count: region.count) == value)
      }
      found.append((key, value))
    }
    return found
  }

  func verdict(_ bytes: [UInt8]) -> CheckpointError? {
    failure { () throws(CheckpointError) in _ = try entries(bytes) }
  }

  // MARK: What is read

  @Test func entriesComeInOrderFromAllBlocks() throws {
    for restarts in [1, 2, 16, 100] {
      var file = TableFile()
      file.add(Array(few[..<15]), restartEvery: restarts)
      file.add(Array(few[15..<16]), restartEvery: restarts, pack: TableFile.literals)
      file.add(Array(few[16...]), lastKey: Array("m".utf8), restartEvery: restarts)
      let found = try entries(file.finished())
      #expect(found.map(\.key) == few.map(\.key))
      #expect(found.map(\.value) == few.map(\.value))
    }
    #expect(try entries(TableFile().finished()).isEmpty)
  }

  @Test func largeBlocksStayInTheFile() throws {
    let large = pattern(SSTableBlock.memoryLimit + 7)
    var file = TableFile()
    file.add([(Array("a".utf8), large), (Array("b".utf8), [1, 2])])
    file.add([(Array("c".utf8), [3])])
    let found = try entries(file.finished())
    #expect(found.map(\.value) == [large, [1, 2], [3]])
  }

  // MARK: Checksums and packing

  @Test func crc32CHasItsPublishedValue() {
    var sum = CRC32C()
    Array("1234".utf8).withUnsafeBytes { sum.update($0) }
    Array("56789".utf8).withUnsafeBytes { sum.update($0) }
    #expect(sum.value == 0xe306_9283)
    var zeros = CRC32C()
    [UInt8](repeating: 0, count: 32).withUnsafeBytes { zeros.update($0) }
    #expect(zeros.value == 0x8a91_36aa)
  }

  /// Packed by the reference implementation, through cramjam: literals of both kinds, near and far
  /// copies, copies that reach into themselves.
  static let packed =
    hexadecimalBytes(
      """
      a006386c617965725f302f6b65726e656c3b090f0031360f000032360f000033360f000034360f000035360f0000
      36360f00fe6900fe6900fe6900fe6900fe6900fe6900fe6900a26900f0c7
      """) + (0..<200).map { UInt8($0) }
  static let unpacked =
    (0..<40).flatMap { Array("layer_\($0 % 7)/kernel;".utf8) } + (0..<200).map { UInt8($0) }

  func unpack(_ bytes: [UInt8]) throws(CheckpointError) -> [UInt8] {
    try Snappy.unpack(bytes, origin: ByteOrigin(file: "s"), limit: 1 << 20)
  }

  @Test func snappyUnpacksWhatTheReferencePacked() throws {
    #expect(try unpack(Self.packed) == Self.unpacked)
    #expect(try unpack([10, 0, 0x61, 0x15, 1]) == Array(repeating: 0x61, count: 10))
    #expect(try unpack([5, 0, 0x61, 0x0f, 1, 0, 0, 0]) == Array(repeating: 0x61, count: 5))
    #expect(try unpack([0]) == [])
  }

  @Test func brokenSnappyIsRefused() {
    for length in 0..<Self.packed.count {
      #expect(
        failure { () throws(CheckpointError) in _ = try unpack(Array(Self.packed[..<length])) }
          != nil)
    }
    for (bytes, says) in [
      ([5, 0, 0x61, 0x01, 2], "a copy from 2 bytes back, expected at most the 1"),
      ([5, 0, 0x61, 0x01, 0], "a copy from 0 bytes back"),
      ([1, 4, 0x61, 0x62], "more than 1 bytes"),
      ([2, 0, 0x61], "found 1 byte, expected 2"),
      ([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x61], "expected at most 44"),
      ([0x80, 0x80, 0x80], "no end of the"),
    ] as [([UInt8], String)] {
      let error = failure { () throws(CheckpointError) in _ = try unpack(bytes) }
      #expect(error != nil, "\(says)")
      if !says.hasPrefix("no") {
        #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "")")
      }
    }
  }

  // MARK: What is refused

  static func key(_ text: String) -> TableFile.Entry { (Array(text.utf8), [1]) }

  @Test func brokenTablesAreRefused() {
    func file(_ blocks: [TableFile.Entry]...) -> [UInt8] {
      var file = TableFile()
      for (number, block) in blocks.enumerated() {
        file.add(block, lastKey: Array("z\(number)".utf8))
      }
      return file.finished()
    }
    var wrongIndex = TableFile()
    wrongIndex.add([Self.key("c")], lastKey: Array("a".utf8))
    var unknownPacking = file([Self.key("a")])
    let size = TableFile.block([Self.key("a")]).count
    unknownPacking[size] = 7
    var damaged = file([Self.key("a")])
    damaged[4] ^= 1
    let a = Self.key("a")
    for (bytes, code, says) in [
      (file([a, a]), .duplicateName, "“a” a second time"),
      (file([a], [a]), .duplicateName, "“a” in a later block"),
      (file([Self.key("b"), a]), .malformed, "“a” after “b”"),
      (file([Self.key("b")], [a]), .malformed, "in a later block than “b”"),
      (wrongIndex.finished(), .malformed, "none after “a” in this block"),
      (unknownPacking, .unsupported, "packing of a block: found 7"),
      (damaged, .badChecksum, "CRC-32C"),
      (Array(file([a]).dropLast()), .truncated, "the signature of a sorted table"),
    ] as [([UInt8], CheckpointError.Code, String)] {
      let error = verdict(bytes)
      #expect(error?.code == code, "\(says): \(error?.sentence ?? "read")")
      #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "read")")
    }
  }

  @Test func claimsOfABlockAreChecked() {
    func verdict(_ block: [UInt8]) -> CheckpointError? {
      var file = TableFile()
      file.add(block: block, Array("z".utf8))
      return self.verdict(file.finished())
    }
    let end = TableFile.word(0) + TableFile.word(1)
    #expect(verdict([0, 1, 0, 0x61] + end) == nil)
    // Shares more than there is; is longer than the block; announces keys without end.
    #expect(verdict([1, 1, 0, 0x61] + end)?.code == .badValue)
    #expect(verdict([0, 9, 0, 0x61] + end)?.code == .truncated)
    #expect(verdict([0, 1, 9, 0x61] + end)?.code == .truncated)
    #expect(verdict([0, 0xff, 0xff, 0xff, 0x7f, 0] + end)?.code == .badValue)
    #expect(verdict([0] + [UInt8](repeating: 0xff, count: 12) + end)?.code == .badValue)
    // No whole key, more of them than bytes, one past the end, one inside an entry, and a part.
    #expect(verdict([0, 1, 0, 0x61] + TableFile.word(0))?.code == .badValue)
    #expect(verdict(TableFile.word(1 << 30))?.code == .badValue)
    #expect(verdict([1])?.code == .truncated)
    #expect(verdict([0, 1, 0, 0x61] + TableFile.word(9) + TableFile.word(1))?.code == .badValue)
    #expect(
      verdict(
        [0, 1, 0, 0x61, 0, 1, 0, 0x62] + TableFile.word(0) + TableFile.word(2)
          + TableFile.word(2))?.code == .malformed)
    #expect(
      verdict(
        [0, 1, 0, 0x61, 1, 1, 0, 0x62] + TableFile.word(0) + TableFile.word(4)
          + TableFile.word(2))?.code == .malformed)
  }

  @Test func placesOfBlocksAreChecked() {
    var file = TableFile()
    file.add([Self.key("a")])
    func verdict(_ places: [(Int, Int)]) -> CheckpointError? {
      self.verdict(
        file.finished(
          index: places.enumerated().map { number, place in
            (Array("a\(number)".utf8), TableFile.varint(place.0) + TableFile.varint(place.1))
          }))
    }
    let size = TableFile.block([Self.key("a")]).count
    #expect(verdict([(0, size)]) == nil)
    #expect(verdict([(0, size), (0, size)])?.code == .overlap)
    #expect(verdict([(0, 1 << 40)])?.code == .truncated)
    #expect(verdict([(Int.max, 1)])?.code == .truncated)
    #expect(verdict([(1, Int.max)])?.code == .truncated)
  }

  /// A few bytes spell a key as long as the one before it.
  @Test func keysHaveALimitInAll() {
    let length = 60_000
    var block = TableFile.varint(0) + TableFile.varint(length) + [0]
    block += [UInt8](repeating: 0x61, count: length)
    for n in 0..<2000 {
      block += TableFile.varint(length) + [2, 0, UInt8(n >> 8), UInt8(n & 255)]
    }
    var table = TableFile()
    table.add(block: block + TableFile.word(0) + TableFile.word(1), Array("z".utf8))
    #expect(verdict(table.finished())?.code == .limitExceeded)
  }
}
