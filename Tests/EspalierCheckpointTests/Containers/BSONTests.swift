import EspalierTree
import Testing

@testable import EspalierCheckpoint

/// BSON is read strictly, whatever it stands for.
@Suite struct BSONTests {
  private let folder = TemporaryFolder()

  private func scan(_ bytes: [UInt8]) throws -> BSONDocument {
    try BSONScanner(ByteRegion(try InputFile(folder.write("a.bson", bytes)))).scan()
  }

  private func error(_ bytes: [UInt8]) -> CheckpointError? {
    do { _ = try scan(bytes) } catch { return error as? CheckpointError }
    return nil
  }

  @Test func valuesAndTheirPlacesAreKnown() throws {
    let bytes = BSONValue.file([
      ("n", .null), ("t", .bool(1)), ("i", .int(-5)), ("s", .raw(16, littleEndian(Int32(-6)))),
      ("d", .raw(1, littleEndian((0.5).bitPattern))), ("x", .text("héllo")),
      ("", .bytes([1, 2, 3])),
      ("l", .list([.int(1), .document([]), .list([])])),
    ])
    let document = try scan(bytes)
    let children = Array(document.children(document.root))
    #expect(
      children.map { String(decoding: document.key($0), as: UTF8.self) }.joined() == "ntisdxl")
    #expect(document.bool(children[1]) == true)
    #expect(children[2...3].map { document.integer($0) } == [-5, -6])
    #expect(document.double(children[4]) == 0.5)
    #expect(document.text(children[5]).map { Array($0) } == Array("héllo".utf8))
    let range = try #require(document.range(children[6]))
    #expect(bytes[range] == [1, 2, 3])
    #expect(document.count(children[7]) == 3)
    #expect(
      document.children(children[7]).map { document.kind($0) } == [.int64, .document, .array])
    #expect(document.value(document.root, "x") == children[5])
    #expect(document.value(children[7], "0") == nil)
  }

  @Test func largeBinariesAndLongTextsArePassedOver() throws {
    let long = String(repeating: "x", count: BSONScanner.textLimit + 1)
    let document = try scan(
      BSONValue.file([
        ("a", .bytes([UInt8](repeating: 7, count: 300_000))), ("b", .text(long)),
        ("k" + long.prefix(200_000), .int(3)),
      ]))
    let children = Array(document.children(document.root))
    #expect(document.count(children[0]) == 300_000)
    #expect(document.text(children[1]) == nil && document.count(children[1]) == long.utf8.count)
    #expect(document.key(children[2]).count == 200_001 && document.integer(children[2]) == 3)
    #expect(document.texts.count < 300_000)
  }

  static let wrong: [(bytes: [UInt8], code: CheckpointError.Code, says: String)] = [
    ([4, 0, 0, 0], .badHeader, "a document of 4 bytes"),
    ([0, 0], .truncated, "2 bytes to the end"),
    (BSONValue.file([]) + [1], .trailingBytes, "a document of 5 bytes, expected 6"),
    (Array(BSONValue.file([("a", .null)]).dropLast()), .truncated, "expected 7"),
    (littleEndian(Int32(-1)) + [0, 0], .badHeader, "a document of -1 bytes"),
    (BSONValue.file([("a", .int(1)), ("a", .int(2))]), .duplicateName, "“a” a second time"),
    (BSONValue.file([("a", .bool(2))]), .badValue, "a Boolean of 2"),
    (BSONValue.file([("a", .raw(7, [UInt8](repeating: 0, count: 12)))]), .unsupported, "object ID"),
    (BSONValue.file([("a", .raw(32, []))]), .malformed, "element type 32"),
    (
      BSONValue.file([("a", .raw(5, littleEndian(Int32(1)) + [2, 0]))]), .unsupported,
      "binary of subtype 2"
    ),
    (
      BSONValue.file([("a", .raw(5, littleEndian(Int32(2)) + [0, 0]))]), .malformed,
      "a binary length of 2"
    ),
    (BSONValue.file([("a", .raw(2, littleEndian(Int32(0))))]), .malformed, "a text length of 0"),
    (
      BSONValue.file([("a", .raw(2, littleEndian(Int32(2)) + [65, 66]))]), .malformed,
      "a text that ends with byte 66"
    ),
    (
      BSONValue.file([("l", .raw(4, BSONValue.file([("1", .null)])))]), .malformed,
      "l: found the key “1” in an array, expected “0”"
    ),
    (
      BSONValue.file([("d", .raw(3, [9, 0, 0, 0, 10, 0x61, 0, 0]))]), .malformed,
      "a document length of 9"
    ),
    // Ends before its length says, and after.
    (
      BSONValue.file([("d", .raw(3, [8, 0, 0, 0, 0, 10, 0x61, 0]))]), .malformed,
      "d: found the end of a document"
    ),
    (
      BSONValue.file([("d", .raw(3, [5, 0, 0, 0, 10, 0x61, 0, 0]))]), .malformed,
      "a text without an end"
    ),
  ]

  @Test(arguments: wrong.indices)
  func whatIsWrongIsRefusedWithItsPlace(_ index: Int) throws {
    let (bytes, code, says) = Self.wrong[index]
    let error = try #require(self.error(bytes))
    #expect(error.code == code && error.offset != nil, "\(error)")
    #expect(error.sentence.contains(says), "\(error)")
  }

  @Test func depthIsLimitedAndCostsNoStack() throws {
    func nested(_ depth: Int) -> [UInt8] {
      // From the inside out, each document around the one before.
      var bytes = BSONValue.file([])
      for _ in 0..<depth {
        bytes = littleEndian(Int32(bytes.count + 8)) + [3, 0x61, 0] + bytes + [0]
      }
      return bytes
    }
    #expect(error(nested(BSONScanner.depthLimit - 1)) == nil)
    #expect(error(nested(BSONScanner.depthLimit + 10))?.code == .limitExceeded)
    let path = folder.write("deep.bson", nested(1000))
    #expect(try Checkpoint.open(path).tree.nodeCount == 1001)
  }
}
