import EspalierCheckpoint
import Testing

@Suite struct ProtobufTests {
  let folder = TemporaryFolder()
  let origin = ByteOrigin(file: "m", offset: 1000)

  /// Fields 1: 150, 2: "abc", 3: { 1: -1, 1: 2 }, 4: 1.5 of 4 bytes, 5: 8 bytes, 6: packed 1, 300.
  let message: [UInt8] =
    [0x08, 0x96, 0x01, 0x12, 3, 0x61, 0x62, 0x63]
    + [0x1a, 13, 0x08] + [UInt8](repeating: 0xff, count: 9) + [0x01, 0x08, 0x02]
    + [0x25, 0, 0, 0xc0, 0x3f, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x32, 3, 1, 0xac, 2]

  /// What passing over all fields throws, without entering any.
  func verdict(_ bytes: [UInt8]) -> CheckpointError? {
    failure { () throws(CheckpointError) in
      var reader = ProtobufReader(bytes, origin: origin)
      while try reader.next() != nil {}
    }
  }

  func check(_ reader: ProtobufReader) throws {
    var reader = reader
    var numbers: [Int64] = []
    var inner: [Int64] = []
    while let field = try reader.next() {
      switch field.number {
      case 1: #expect(try reader.count(field, "n") == 150)
      case 2:
        #expect(try reader.range(field, "text") == 5..<8)
        #expect(try reader.bytes(field, "text") == Array("abc".utf8))
      case 3:
        try reader.enter(field, "message")
        #expect(reader.depth == 2 && reader.remaining == 13)
        while let field = try reader.next() { inner.append(try reader.signed(field, "i")) }
      case 4: #expect(try reader.float32(field, "f") == 1.5)
      case 5: #expect(field.value == .fixed64(0x0807_0605_0403_0201))
      case 6: try reader.append(field, "dims", to: &numbers, limit: 2)
      default: Issue.record("field \(field.number)")
      }
    }
    #expect(inner == [-1, 2] && numbers == [1, 300])
    #expect(reader.position == message.count && reader.depth == 0)
    #expect(try reader.next() == nil)
  }

  @Test func readsInMemoryAndThroughAWindowOfAnySize() throws {
    try check(ProtobufReader(message, origin: origin))
    let region = ByteRegion(try InputFile(folder.write("m", message)))
    for size in [1, 16, 17, 23, 1 << 16] {
      try check(ProtobufReader(region, windowSize: size))
    }
  }

  @Test func passesOverBytesWithoutReadingThem() throws {
    // A length of 2 GiB in a file that is sparse but as long as it says.
    let path = folder.write("big", [0x0a, 0x80, 0x80, 0x80, 0x80, 0x08])
    try folder.extend("big", to: 6 + 2 << 30 + 2)
    var reader = ProtobufReader(ByteRegion(try InputFile(path)))
    let field = try #require(try reader.next())
    #expect(try reader.range(field, "data") == 6..<(6 + 2 << 30))
    let error = failure { () throws(CheckpointError) in _ = try reader.bytes(field, "data") }
    #expect(error?.code == .limitExceeded)
  }

  @Test func leavingPassesOverTheRest() throws {
    var reader = ProtobufReader(message, origin: origin)
    while let field = try reader.next(), field.number != 3 {}
    var again = ProtobufReader(message, origin: origin)
    for _ in 0..<2 { _ = try again.next() }
    let field = try #require(try again.next())
    try again.enter(field, "message")
    _ = try again.next()
    again.leave()
    #expect(try again.next() == reader.next())
    // What has been passed cannot be entered any more.
    #expect(throws: CheckpointError.self) { try again.enter(field, "message") }
  }

  @Test(
    arguments: [
      ([0x0b], .malformed), ([0x0c], .malformed), ([0x0e], .malformed), ([0x0f], .malformed),
      ([0x00, 0x00], .malformed), ([0x07], .malformed),
      ([0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0], .malformed),
      ([0x08], .truncated), ([0x08, 0x80], .truncated),
      ([0x08] + [UInt8](repeating: 0x80, count: 10), .malformed),
      ([0x08] + [UInt8](repeating: 0xff, count: 9) + [2], .malformed),
      ([0x0d, 1, 2, 3], .truncated), ([0x09, 1, 2, 3, 4, 5, 6, 7], .truncated),
      ([0x0a], .truncated), ([0x0a, 2, 1], .truncated),
      ([0x0a] + [UInt8](repeating: 0xff, count: 9) + [1], .truncated),
    ] as [([UInt8], CheckpointError.Code)])
  func refuses(bytes: [UInt8], code: CheckpointError.Code) {
    #expect(verdict(bytes)?.code == code)
  }

  @Test func truncationIsFoundAtEveryByteButBetweenFields() {
    let whole: Set = [0, 3, 8, 23, 28, 37, 42]
    for length in 0...message.count {
      #expect((verdict(Array(message[..<length])) == nil) == whole.contains(length), "\(length)")
    }
  }

  @Test func aFieldMayNotReachBeyondItsMessage() throws {
    // The inner message says two bytes; its number would take a third.
    let error = failure { () throws(CheckpointError) in
      var reader = ProtobufReader([0x0a, 2, 0x08, 0x80, 0x01], origin: origin)
      guard let field = try reader.next() else { return }
      try reader.enter(field, "inner")
      _ = try reader.next()
    }
    #expect(error?.code == .truncated && error?.offset == 1004)
  }

  @Test func otherTypesThanTheSchemasAreRefused() throws {
    var reader = ProtobufReader(message, origin: origin)
    let number = try #require(try reader.next())
    let error = failure { () throws(CheckpointError) in _ = try reader.range(number, "name") }
    #expect(
      error?.sentence
        == "m: at byte 1000, name: found a variable-length number, expected a sequence of bytes.")
    #expect(throws: CheckpointError.self) { try reader.enter(number, "x") }
    #expect(throws: CheckpointError.self) { _ = try reader.float32(number, "x") }
    let text = try #require(try reader.next())
    #expect(throws: CheckpointError.self) { _ = try reader.number(text, "x") }
    var minusOne = ProtobufReader([0x08] + [UInt8](repeating: 0xff, count: 9) + [1], origin: origin)
    let negative = try #require(try minusOne.next())
    #expect(throws: CheckpointError.self) { _ = try minusOne.count(negative, "x") }
  }

  @Test func depthAndCountsAreLimited() {
    // Each level is a field 1 with all of the rest: the lengths are right at every level.
    var nested: [UInt8] = []
    for _ in 0..<200 {
      var length = nested.count
      var header: [UInt8] = [0x0a]
      repeat {
        header.append(UInt8(length & 0x7f) | (length > 0x7f ? 0x80 : 0))
        length >>= 7
      } while length > 0
      nested = header + nested
    }
    let error = failure { () throws(CheckpointError) in
      var reader = ProtobufReader(nested, origin: origin)
      while let field = try reader.next() { try reader.enter(field, "level") }
    }
    #expect(error?.code == .limitExceeded)
    let tooMany = failure { () throws(CheckpointError) in
      var reader = ProtobufReader([0x0a, 3, 1, 2, 3], origin: origin)
      var numbers: [Int64] = []
      while let field = try reader.next() {
        try reader.append(field, "dims", to: &numbers, limit: 2)
      }
    }
    #expect(tooMany?.code == .limitExceeded && tooMany?.offset == 1004)
  }
}
