import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

@Suite struct GGUFWriterTests {
  private let folder = TemporaryFolder()
  static let small = FilePath(Fixtures.folder.appendingPathComponent("gguf/small.gguf"))

  @Test func valuesGoIntoACopyAndNothingElseChanges() throws {
    let opened = try Checkpoint.open(Self.small)
    var source = ChangedSource(base: opened)
    let embedding = try source.leaf("token_embd.weight")
    source.changes[embedding] = pattern(24)
    let path = folder.file("a.gguf")
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    #expect(report.format == "gguf" && report.arrays == 3)
    let read = try Checkpoint.open(path)
    #expect(read.tree == opened.tree && read.metadata == opened.metadata)
    for leaf in read.tree.leafIDs {
      #expect(try read.bytes(of: leaf) == source.bytes(of: leaf))
    }
    let (before, after) = (
      try Fixtures.bytes(Fixtures.folder.appendingPathComponent("gguf/small.gguf")),
      try #require(folder.read("a.gguf"))
    )
    #expect(zip(before, after).filter { $0 != $1 }.count <= 24 && before.count == after.count)
  }

  @Test func otherValuesForQuantisedBlocksAreRefusedAndNothingIsWritten() throws {
    let opened = try Checkpoint.open(Self.small)
    var source = ChangedSource(base: opened)
    let blocks = try source.leaf("blk.1.ffn.weight")
    source.changes[blocks] = [UInt8](repeating: 7, count: 34)
    let request = SaveRequest(source, like: opened, to: folder.file("a.gguf"))
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.save(request) }
    #expect(error?.code == .unsupported)
    #expect(error?.sentence.contains("quantised blocks") == true)
    #expect(throws: CheckpointError.self) { try Checkpoint.losses(request) }
    #expect(folder.names == [])
  }

  /// One tensor “w” of type F32 with `ne` 3 × 2, written by hand.
  @Test func aBigEndianFileStaysBigEndian() throws {
    func big<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
      withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
    var file = Array("GGUF".utf8) + big(UInt32(3)) + big(UInt64(1)) + big(UInt64(0))
    file += big(UInt64(1)) + Array("w".utf8) + big(UInt32(2)) + big(UInt64(3)) + big(UInt64(2))
    file += big(UInt32(0)) + big(UInt64(0))
    while file.count % 32 != 0 { file.append(0) }
    let start = file.count
    for value in 0..<6 { file += big(Float(value).bitPattern) }
    let opened = try Checkpoint.open(folder.write("in.gguf", file))
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("w")
    // In C order of 3 × 2; the file has the first axis running fastest.
    let values: [Float] = [10, 11, 12, 13, 14, 15]
    source.changes[leaf] = values.withUnsafeBytes { Array($0) }
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("out.gguf")))
    let expected = [10, 12, 14, 11, 13, 15].flatMap { big(Float($0).bitPattern) }
    #expect(folder.read("out.gguf") == file[..<start] + expected)
  }
}

/// Every type of plain numbers, in both byte orders.
@Suite struct GGUFTypesTests {
  /// GGUF's number for a type, and bytes of an element.
  private static let types: [(code: UInt32, dtype: DType)] = [
    (0, .f32), (1, .f16), (24, .i8), (25, .i16), (26, .i32), (27, .i64), (28, .f64), (30, .bf16),
  ]

  /// One tensor for each type, named after it, with `ne` 3 × 2, and a quantised one.
  private static func file(isBig: Bool) -> [UInt8] {
    func number<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
      withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
    }
    func entry(_ name: String, _ code: UInt32, _ shape: [UInt64], at offset: Int) -> [UInt8] {
      number(UInt64(name.utf8.count)) + Array(name.utf8) + number(UInt32(shape.count))
        + shape.flatMap { number($0) } + number(code) + number(UInt64(offset))
    }
    var file = Array("GGUF".utf8) + number(UInt32(3)) + number(UInt64(types.count + 1))
    file += number(UInt64(0))
    for (index, type) in types.enumerated() {
      file += entry(type.dtype.name, type.code, [3, 2], at: 64 * index)
    }
    file += entry("blocks", 8, [32], at: 64 * types.count)
    while file.count % 32 != 0 { file.append(0xee) }
    return file + pattern(64 * types.count + 34)
  }

  @Test(arguments: [false, true]) func valuesOfEveryTypeGoIntoACopy(isBig: Bool) throws {
    let folder = TemporaryFolder()
    let old = Self.file(isBig: isBig)
    let opened = try Checkpoint.open(folder.write("in.gguf", old))
    var source = ChangedSource(base: opened)
    var expected = old
    let start = old.count - 64 * Self.types.count - 34
    for (index, type) in Self.types.enumerated() {
      let size = type.dtype.bytesPerBlock
      let leaf = try source.leaf(type.dtype.name)
      #expect(opened.tree.dtype(of: leaf) == type.dtype)
      let new = pattern(6 * size, seed: 9)
      source.changes[leaf] = new
      // C order of 3 × 2 in memory; in the file the first axis runs fastest.
      for (place, element) in [0, 2, 4, 1, 3, 5].enumerated() {
        let bytes = new[(element * size)..<((element + 1) * size)]
        let at = start + 64 * index + place * size
        expected.replaceSubrange(at..<(at + size), with: isBig ? bytes.reversed() : Array(bytes))
      }
    }
    let report = try Checkpoint.save(
      SaveRequest(source, like: opened, to: folder.file("out.gguf")))
    #expect(report.arrays == Self.types.count + 1)
    #expect(folder.read("out.gguf") == expected)
    let saved = try Checkpoint.open(folder.file("out.gguf"))
    for (leaf, bytes) in source.changes { #expect(try saved.bytes(of: leaf) == bytes) }
  }

  @Test(arguments: [false, true]) func blocksMayStayButNotChange(isBig: Bool) throws {
    let folder = TemporaryFolder()
    let opened = try Checkpoint.open(folder.write("in.gguf", Self.file(isBig: isBig)))
    var source = ChangedSource(base: opened)
    let blocks = try source.leaf("blocks")
    var block = Array(Self.file(isBig: isBig).suffix(34))
    // The scale is a number, the rest are bytes.
    if isBig { block.swapAt(0, 1) }
    #expect(try opened.bytes(of: blocks) == block)
    source.changes[blocks] = block
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("out.gguf")))
    #expect(folder.read("out.gguf") == Self.file(isBig: isBig))
    source.changes[blocks] = [UInt8](repeating: 1, count: 34)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("other.gguf")))
    }
    #expect(error?.sentence.contains("Q8_0") == true && folder.read("other.gguf") == nil)
  }
}

extension GGUFTypesTests {
  /// Type 6 has bits that programs write as a number of their own order.
  @Test func blocksWhoseOrderNobodySaysAreNotRead() throws {
    func big<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
      withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
    let folder = TemporaryFolder()
    var file = Array("GGUF".utf8) + big(UInt32(3)) + big(UInt64(1)) + big(UInt64(0))
    file += big(UInt64(1)) + Array("w".utf8) + big(UInt32(1)) + big(UInt64(32))
    file += big(UInt32(6)) + big(UInt64(0))
    while file.count % 32 != 0 { file.append(0) }
    let opened = try Checkpoint.open(folder.write("in.gguf", file + pattern(22)))
    let leaf = try #require(opened.tree.leafIDs.first)
    #expect(!opened.hasValues(leaf))
    let error = #expect(throws: NoValues.self) { try opened.reader(for: leaf) }
    #expect(error?.reason.contains("Q5_0 in a big-endian file") == true)
  }
}

/// What was saved is read by gguf, where the interpreter that `ESPALIER_PYTHON` names has it.
enum PythonGGUF {
  static let isThere: Bool = (try? PythonTorch.run(["-c", "import gguf"]).status) == 0
  static let skipReason: Comment = "ESPALIER_PYTHON names no interpreter with gguf"
}

@Suite(.enabled(if: PythonGGUF.isThere, PythonGGUF.skipReason))
struct GGUFReadbackTests {
  @Test func ggufReadsACopyWithOtherValues() throws {
    let folder = TemporaryFolder()
    let opened = try Checkpoint.open(GGUFWriterTests.small)
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("token_embd.weight")
    let values: [Float] = [10, 11, 12, 13, 14, 15]
    source.changes[leaf] = values.withUnsafeBytes { Array($0) }
    let path = folder.file("copy.gguf")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let script = Fixtures.folder.appendingPathComponent("readback/read_gguf.py").path
    let result = try PythonTorch.run([script, String(decoding: path.bytes, as: UTF8.self)])
    #expect(result.status == 0)
    let found = try JSONDecoder().decode([String: [Double]].self, from: Data(result.output.utf8))
    // gguf shows the shape reversed, and so the elements in the order of the file.
    #expect(found["token_embd.weight"] == [10, 12, 14, 11, 13, 15])
    #expect(found["blk.0.attn_q.weight"] == [0, 1, 2, 3])
    #expect(found["blk.1.ffn.weight"] == (0..<34).map(Double.init))
  }
}
