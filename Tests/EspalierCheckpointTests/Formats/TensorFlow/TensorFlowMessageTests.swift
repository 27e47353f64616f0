import EspalierTree
import Testing

@testable import EspalierCheckpoint

/// Tables made by hand: what TensorFlow on this machine does not write, and what no one should.
@Suite struct TensorFlowMessageTests {
  let folder = TemporaryFolder()
  typealias Field = TableFile

  static func shape(_ sizes: [Int]) -> [UInt8] {
    Field.field(2, sizes.flatMap { Field.field(2, Field.field(1, $0)) })
  }

  static func entry(
    type: Int = 1, _ sizes: [Int] = [2], shard: Int = 0, offset: Int = 0, size: Int = 8,
    more: [UInt8] = []
  ) -> [UInt8] {
    Field.field(1, type) + shape(sizes) + Field.field(3, shard) + Field.field(4, offset)
      + Field.field(5, size) + more
  }

  func open(
    header: [UInt8] = Field.field(1, 1), _ entries: [TableFile.Entry],
    data: [UInt8] = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], pack: (([UInt8]) -> [UInt8])? = nil
  ) throws(CheckpointError) -> Checkpoint {
    var table = TableFile()
    table.add([([], header)] + entries, pack: pack)
    folder.write("m.data-00000-of-00001", data)
    return try Checkpoint.open(folder.write("m.index", table.finished()))
  }

  func verdict(
    header: [UInt8] = Field.field(1, 1), _ value: [UInt8], more: [TableFile.Entry] = []
  ) -> CheckpointError? {
    failure { () throws(CheckpointError) in
      _ = try open(header: header, more + [(Array("w".utf8), value)])
    }
  }

  @Test func packedTablesAndBigEndianValuesAreRead() throws {
    let name = Array("w".utf8)
    let packed = try open([(name, Self.entry())], pack: TableFile.literals)
    #expect(try packed.bytes(of: LeafID(0)) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    let big = try open(
      header: Field.field(1, 1) + Field.field(2, 1), [(name, Self.entry())],
      data: [0x3f, 0x80, 0, 0, 0x40, 0, 0, 0])
    #expect(try big.bytes(of: LeafID(0)) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    #expect(big.metadata.contains(MetadataEntry("byte order", .text(Array("big".utf8)))))
  }

  @Test func typesWithoutACounterpartAreListed() throws {
    let opened = try open([
      (Array("a".utf8), Self.entry(type: 15, [4])), (Array("b".utf8), Self.entry(type: 21, [])),
      (Array("c".utf8), Self.entry(type: 99, [2])), (Array("q".utf8), Self.entry(type: 11, [8])),
    ])
    #expect(
      opened.tree.dump == """
        a  <qint16 [4]>
        b  <variant>
        c  <type 99 [2]>
        q  QI8 [8]
        """, "\(opened.tree.dump)")
    #expect(opened.notes.contains("1 variable of type qint16 cannot be read here"))
  }

  @Test func claimsOfAnEntryAreChecked() {
    #expect(verdict(Self.entry()) == nil)
    for (value, code, says) in [
      (Self.entry(size: 4), .badValue, "found 4 bytes, expected 8 bytes for float32 [2]"),
      (Self.entry([3], size: 12), .truncated, "12 bytes at offset 0"),
      (Self.entry(offset: Int.max), .truncated, "an end within the 8 bytes"),
      (Self.entry(shard: 1), .badValue, "data file number 1, expected less than 1"),
      (Self.entry([1 << 62, 1 << 62]), .badValue, "a size that fits in 64 bits"),
      (Self.entry([-1]), .badValue, "dimension"),
      (Self.entry([Int](repeating: 1, count: 255)), .limitExceeded, "at most 254"),
      (
        Field.field(1, 1) + Field.field(2, Field.field(3, 1)), .badValue,
        "an array of unknown rank"
      ),
      (Self.entry(more: Field.field(7, Field.field(1, []))), .hole, "no entry for its part"),
      (
        Self.entry(more: Field.field(7, Field.field(1, Field.field(2, 5)))), .badValue,
        "a part outside of the array"
      ),
    ] as [([UInt8], CheckpointError.Code, String)] {
      let error = verdict(value)
      #expect(error?.code == code, "\(says): \(error?.sentence ?? "read")")
      #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "read")")
    }
    #expect(
      verdict(header: Field.field(1, 1) + Field.field(3, Field.field(2, 9)), Self.entry())?.code
        == .unsupported)
  }

  @Test func partsHaveToFillTheWhole() throws {
    func part(_ start: Int, _ length: Int) -> [UInt8] {
      Field.field(7, Field.field(1, Field.field(1, start) + Field.field(2, length)))
    }
    func slice(_ start: Int, _ length: Int) -> TableFile.Entry {
      let slice = TensorSlice(extents: [.init(start: start, length: length)])
      return (
        slice.key(of: Array("w".utf8)), Self.entry([length], offset: start * 4, size: length * 4)
      )
    }
    let both = part(1, 1) + part(0, 1)
    let opened = try open([slice(0, 1), slice(1, 1), (Array("w".utf8), Self.entry(more: both))])
    #expect(try opened.bytes(of: LeafID(0)) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    #expect(verdict(Self.entry(more: part(0, 1)), more: [slice(0, 1)])?.code == .badValue)
    // As many elements as the whole, but one twice: found on reading.
    let twice = try open([
      slice(0, 1), (Array("w".utf8), Self.entry(more: part(0, 1) + part(0, 1))),
    ])
    #expect(throws: NoValues.self) { try twice.bytes(of: LeafID(0)) }
  }

  @Test func otherTablesAreNamed() {
    var table = TableFile()
    table.add([(Array("user1".utf8), [1])])
    let path = folder.write("000005.ldb", table.finished())
    #expect(
      openAndReadAll(path)?.sentence.contains("a LevelDB table that begins with the key “user1”")
        == true)
    #expect(
      openAndReadAll(folder.write("e", TableFile().finished()))?.sentence.contains(
        "a LevelDB table without entries") == true)
  }

  /// As TensorFlow's own tests of its encoding have them.
  @Test func numbersAreEncodedInOrder() {
    var last: [UInt8] = []
    for value in [Int64.min, -(1 << 40), -8193, -8192, -65, -64, -1, 0, 63, 64, 8191, 8192, .max] {
      var code = OrderedCode()
      code.signed(value)
      #expect(last.lexicographicallyPrecedes(code.bytes), "\(value)")
      last = code.bytes
    }
    var code = OrderedCode()
    code.signed(-1)
    code.signed(0)
    code.signed(64)
    code.unsigned(0)
    code.unsigned(256)
    code.text([0x61, 0, 0xff])
    #expect(code.bytes == [0x7f, 0x80, 0xc0, 0x40, 0, 2, 1, 0, 0x61, 0, 0xff, 0xff, 0, 0, 1])
  }
}
