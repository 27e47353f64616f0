import EspalierCheckpoint
import EspalierTree
import Testing

/// The rules of a safetensors header, one by one.
@Suite struct SafetensorsHeaderTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var rule: String
    var header: String
    var data = 4
    var code: CheckpointError.Code
    /// What the sentence has to contain.
    var says: String
    var testDescription: String { rule }
  }

  static let refused: [Case] = [
    Case(
      rule: "a hole", header: tensor("a", 0, 2) + "," + tensor("b", 3, 4), code: .hole,
      says: "b: found data_offsets that begin at 3, expected 2, where “a” ends"),
    Case(
      rule: "a hole at the start", header: tensor("a", 1, 4), code: .hole,
      says: "begin at 1, expected 0, where the data begins"),
    Case(
      rule: "an overlap", header: tensor("a", 0, 3) + "," + tensor("b", 2, 4), code: .overlap,
      says: "begin at 2, expected 3, where “a” ends"),
    Case(
      rule: "values beyond the end", header: tensor("a", 0, 5), code: .truncated,
      says: "as its header says; download or copy the file again"),
    Case(
      rule: "bytes after the values", header: tensor("a", 0, 3), code: .trailingBytes,
      says: "as its header says"),
    Case(
      rule: "a size that is not the shape's",
      header: #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}"#, code: .badValue,
      says: "a: found data_offsets [0, 4] for F32 [2], expected 8 bytes"),
    Case(
      rule: "offsets that go backwards", header: tensor("a", 4, 0), code: .badValue,
      says: "found data_offsets [4, 0]"),
    Case(
      rule: "a shape whose product overflows",
      header: #""a":{"dtype":"U8","shape":[9223372036854775807,3],"data_offsets":[0,4]}"#,
      code: .badValue, says: "the shape [9223372036854775807, 3], expected fewer than 2^63"),
    Case(
      rule: "offsets beyond all files",
      header: #""a":{"dtype":"U8","shape":[9223372036854775807],"#
        + #""data_offsets":[0,9223372036854775807]}"#,
      code: .badValue, says: "a: found data_offsets"),
    Case(
      rule: "elements that do not fill a byte",
      header: #""a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}"#, data: 1, code: .badValue,
      says: "expected elements that fill whole bytes"),
    Case(
      rule: "an unknown element type",
      header: #""a":{"dtype":"F33","shape":[4],"data_offsets":[0,4]}"#, code: .unsupported,
      says: "the element type “F33”, expected one of BOOL"),
    Case(
      rule: "an element type without letters",
      header: #""a":{"dtype":"","shape":[4],"data_offsets":[0,4]}"#, code: .unsupported,
      says: "the element type “”"),
    Case(
      rule: "a type of another format",
      header: #""a":{"dtype":"Q8_0","shape":[4],"data_offsets":[0,4]}"#, code: .unsupported,
      says: "the element type “Q8_0”"),
    Case(
      rule: "a name twice", header: tensor("a", 0, 2) + "," + tensor("a", 2, 4),
      code: .duplicateName, says: "a: found this name a second time"),
    Case(
      rule: "a name twice, once escaped",
      header: tensor("a", 0, 2) + "," + tensor(#"\u0061"#, 2, 4), code: .duplicateName,
      says: "a: found this name a second time"),
    Case(
      rule: "a field twice",
      header: #""a":{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}"#,
      code: .duplicateName, says: "found a field a second time"),
    Case(
      rule: "a field missing", header: #""a":{"dtype":"U8","data_offsets":[0,4]}"#,
      code: .malformed, says: "a: found no shape, expected dtype, shape and data_offsets"),
    Case(rule: "no fields at all", header: #""a":{}"#, code: .malformed, says: "no dtype, shape"),
    Case(
      rule: "a fraction", header: #""a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}"#,
      code: .badValue, says: "found 4.0, expected a whole number in digits"),
    Case(
      rule: "a negative number", header: #""a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}"#,
      code: .badValue, says: "found -4"),
    Case(
      rule: "a leading zero", header: #""a":{"dtype":"U8","shape":[04],"data_offsets":[0,4]}"#,
      code: .badValue, says: "found 04"),
    Case(
      rule: "a number that overflows",
      header: #""a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}"#,
      code: .badValue, says: "found 9223372036854775808, expected a number below 2^63"),
    Case(
      rule: "three offsets", header: #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}"#,
      code: .malformed, says: "found “,”, expected “]”"),
    Case(
      rule: "a trailing comma", header: tensor("a", 0, 4) + ",", code: .malformed,
      says: "found “}”, expected a string"),
    Case(
      rule: "metadata that is no object", header: #""__metadata__":[]"#, data: 0, code: .badValue,
      says: "expected an object of strings, or null"),
    Case(
      rule: "metadata that is no string", header: #""__metadata__":{"a":1}"#, data: 0,
      code: .badValue, says: "__metadata__.a: found number, expected a string"),
    Case(
      rule: "metadata twice", header: #""__metadata__":{},"__metadata__":{}"#, data: 0,
      code: .duplicateName, says: "“__metadata__” a second time"),
    Case(
      rule: "a key of the metadata twice", header: #""__metadata__":{"a":"","a":""}"#, data: 0,
      code: .duplicateName, says: "a second time"),
    Case(
      rule: "a control character in a name", header: tensor("a\u{1}", 0, 4), code: .malformed,
      says: "control character 1"),
    Case(
      rule: "half a surrogate pair", header: tensor(#"\ud800"#, 0, 4), code: .malformed,
      says: "an escape that means nothing"),
  ]

  @Test(arguments: refused)
  func isRefused(_ rule: Case) throws {
    let error = try #require(refusal("{" + rule.header + "}", data: rule.data))
    #expect(error.code == rule.code, "\(error)")
    #expect(error.sentence.contains(rule.says), "\(error)")
  }

  @Test func theWholeHasToBeOneObject() throws {
    let whole = "{" + Self.tensor("a", 0, 4) + "}"
    for (text, code) in [
      (whole + "x", CheckpointError.Code.trailingBytes), (whole + "\0", .trailingBytes),
      (whole + "{}", .trailingBytes), (String(whole.dropLast()), .truncated),
      ("{" + Self.tensor("a", 0, 4), .truncated),
    ] {
      #expect(refusal(text)?.code == code, "\(text)")
    }
    #expect(refusal("\n " + whole + " \t\r\n") == nil)
    #expect(refusal("{}", data: 0) == nil)
    #expect(refusal("{ \"__metadata__\" : null }", data: 0) == nil)
  }

  @Test func lengthsAreLimited() throws {
    let folder = TemporaryFolder()
    for (length, code) in [
      (UInt64(100_000_001), CheckpointError.Code.limitExceeded), (UInt64.max, .limitExceeded),
      (100, .truncated),
    ] {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{\"a\":".utf8)
      let error = openAndReadAll(folder.write("long", bytes))
      #expect(error?.code == code, "\(length): \(error?.sentence ?? "opened")")
    }
  }

  @Test func bytesThatAreNotTextAreRefused() throws {
    let folder = TemporaryFolder()
    var bytes = Self.file("{" + Self.tensor("ab", 0, 4) + "}", data: 4)
    let at = try #require(bytes.firstIndex(of: UInt8(ascii: "b")))
    bytes[at] = 0xff
    let error = openAndReadAll(folder.write("a", bytes))
    #expect(error?.code == .malformed)
    #expect(error?.sentence.contains("expected UTF-8") == true)
  }

  @Test func namesKeepTheirBytesAndOrder() throws {
    let folder = TemporaryFolder()
    let header =
      "{" + Self.tensor("layer.10.\\u00e9", 2, 4) + "," + Self.tensor("layer.2.e\u{301}", 0, 2)
      + "," + Self.tensor("layer.2.\u{e9}", 4, 6) + "}"
    let checkpoint = try Checkpoint.open(folder.write("a", Self.file(header, data: 6)))
    let tree = checkpoint.tree
    #expect(
      tree.leafIDs.map { tree.path(of: $0).flatName } == [
        "layer.10.\u{e9}", "layer.2.e\u{301}", "layer.2.\u{e9}",
      ])
    #expect(try tree.leafIDs.map { try checkpoint.bytes(of: $0) } == [[2, 3], [0, 1], [4, 5]])
    // Natural order: layer 2 first.
    let layer = try #require(tree.child(of: .root, named: "layer"))
    #expect(tree.children(of: layer).map { tree.name(of: $0) } == ["2", "10"])
  }

  /// The header is read in windows; entries that they cut have to come out whole.
  @Test func longHeadersAreReadInPieces() throws {
    let count = 6000
    let names = (0..<count).map { "block.\($0).attention.\($0 % 3 == 0 ? "\\u0071" : "q").weight" }
    let entries = names.enumerated().map { Self.tensor($1, $0, $0 + 1) }
    let note = String(repeating: "n", count: 600_000)
    let header =
      "{" + entries[..<3000].joined(separator: ", ") + ",\"__metadata__\":{\"note\":\"\(note)\"},"
      + entries[3000...].joined(separator: ",") + "}" + String(repeating: " ", count: 300_000)
    let folder = TemporaryFolder()
    let checkpoint = try Checkpoint.open(folder.write("a", Self.file(header, data: count)))
    #expect(checkpoint.tree.leafCount == count)
    #expect(checkpoint.metadata == [MetadataEntry("note", .text(Array(note.utf8)))])
    let bad = folder.write("b", Self.file(header + "x", data: count))
    #expect(openAndReadAll(bad)?.code == .trailingBytes)
    #expect(openAndReadAll(bad)?.offset == 8 + header.utf8.count)
  }

  static func tensor(_ name: String, _ begin: Int, _ end: Int) -> String {
    "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[\(max(0, end - begin))],"
      + "\"data_offsets\":[\(begin),\(end)]}"
  }

  static func file(_ header: String, data: Int) -> [UInt8] {
    let length = UInt64(header.utf8.count).littleEndian
    return withUnsafeBytes(of: length) { Array($0) } + Array(header.utf8)
      + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
  }

  private func refusal(_ header: String, data: Int = 4) -> CheckpointError? {
    let folder = TemporaryFolder()
    return withExtendedLifetime(folder) {
      openAndReadAll(folder.write("a", Self.file(header, data: data)))
    }
  }
}
