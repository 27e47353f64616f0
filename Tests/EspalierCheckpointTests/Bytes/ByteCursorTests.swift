import EspalierCheckpoint
import Testing

@Suite struct ByteCursorTests {
  let origin = ByteOrigin(file: "x", offset: 100)

  @Test func readsBothByteOrders() throws {
    var little = ByteCursor([1, 2, 3, 4, 0xff], origin: origin)
    #expect(try little.integer(UInt32.self, field: "n") == 0x0403_0201)
    #expect(try little.integer(Int8.self, field: "n") == -1)
    #expect(little.isAtEnd)
    var big = ByteCursor([1, 2, 3, 4], origin: origin, byteOrder: .big)
    #expect(try big.integer(UInt16.self, field: "n") == 0x0102)
    #expect(try big.integer(UInt16.self, field: "n") == 0x0304)
  }

  @Test func truncationNamesTheByte() {
    let error = failure { () throws(CheckpointError) in
      var cursor = ByteCursor([1, 2, 3, 4, 5], origin: origin)
      try cursor.skip(3, field: "start")
      _ = try cursor.integer(UInt32.self, field: "count")
    }
    #expect(
      error
        == CheckpointError(
          .truncated, file: "x", offset: 103, field: "count", found: "2 bytes to the end",
          expected: "4 bytes"))
    #expect(
      error?.sentence
        == "x: at byte 103, count: found 2 bytes to the end, expected 4 bytes; "
        + "download or copy the file again.")
  }

  @Test(arguments: [-1, 6, Int.max, Int.min]) func refusesImpossibleCounts(count: Int) {
    var cursor = ByteCursor([1, 2, 3, 4, 5], origin: origin)
    #expect(throws: CheckpointError.self) { _ = try cursor.read(count, field: "x") }
    #expect(throws: CheckpointError.self) { _ = try cursor.range(count, field: "x") }
    #expect(throws: CheckpointError.self) { try cursor.skip(count, field: "x") }
    #expect(throws: CheckpointError.self) { try cursor.seek(to: count, field: "x") }
    #expect(cursor.position == 0)
  }

  @Test func countsMustFit() {
    var cursor = ByteCursor([UInt8](repeating: 0xff, count: 8), origin: origin)
    #expect(throws: CheckpointError.self) { _ = try cursor.count(UInt64.self, field: "x") }
  }

  @Test(
    arguments: [
      ([0], 0), ([0x7f], 127), ([0x80, 1], 128), ([0xac, 2], 300),
      ([UInt8](repeating: 0xff, count: 9) + [1], UInt64.max),
    ] as [([UInt8], UInt64)]) func varints(bytes: [UInt8], value: UInt64) throws
  {
    var cursor = ByteCursor(bytes, origin: origin)
    #expect(try cursor.unsignedVarint(field: "v") == value)
    #expect(cursor.isAtEnd)
  }

  @Test(
    arguments: [
      [], [0x80], [UInt8](repeating: 0xff, count: 9) + [2], [UInt8](repeating: 0x80, count: 12),
    ] as [[UInt8]]) func varintsTooLongOrCut(bytes: [UInt8])
  {
    var cursor = ByteCursor(bytes, origin: origin)
    #expect(throws: CheckpointError.self) { _ = try cursor.unsignedVarint(field: "v") }
  }

  @Test func textsAndMagic() throws {
    var cursor = ByteCursor(Array("GGUFab\0c".utf8), origin: origin)
    try cursor.expect(Array("GGUF".utf8), field: "magic")
    #expect(try cursor.read(upTo: 0, field: "t") == Array("ab".utf8))
    #expect(throws: CheckpointError.self) { _ = try cursor.read(upTo: 0, field: "t") }
    #expect(throws: CheckpointError.self) { try cursor.expect([1], field: "magic") }
  }

  @Test func sentencesNeverCarryControlCharacters() {
    let error = CheckpointError(
      .badHeader, file: "a\u{1b}[2Jb", place: [0x1b, 0x41], found: "\u{7}", expected: "x",
      advice: "y\u{202e}")
    #expect(!error.sentence.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202e })
  }

  @Test func everyCodeHasASentence() {
    for code in CheckpointError.Code.allCases {
      let sentence = CheckpointError(code, file: "m.pt").sentence
      #expect(sentence.hasPrefix("m.pt: ") && sentence.hasSuffix(".") && sentence.count > 15)
    }
  }
}
