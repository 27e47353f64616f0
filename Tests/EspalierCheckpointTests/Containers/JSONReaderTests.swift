import EspalierCheckpoint
import Testing

@Suite struct JSONReaderTests {
  func reader(_ text: String) -> JSONReader { reader(Array(text.utf8)) }
  func reader(_ bytes: [UInt8]) -> JSONReader {
    JSONReader(bytes, origin: ByteOrigin(file: "x.json"))
  }

  /// What passing over the whole document throws.
  func verdict(_ bytes: [UInt8]) -> CheckpointError? {
    failure { () throws(CheckpointError) in
      var reader = reader(bytes)
      try reader.skipValue()
      try reader.finish()
    }
  }
  func verdict(_ text: String) -> CheckpointError? { verdict(Array(text.utf8)) }

  @Test(arguments: [
    "{}", "[]", "null", " true ", "0", "-0", "-1.5e+10", "1E2", "\"\"", "[[[]]]", "[1,2]",
    "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}", "\r\n\t {} \n",
    "\"\\u0041\\ud83c\\udf33\\n\\/\"",
    "\"\u{7f}é漢🌳\"", "{\"é\":1,\"e\u{301}\":2}", "{\"\":1}", "\"\\u0000\"",
  ]) func accepts(text: String) { #expect(verdict(text) == nil) }

  @Test(arguments: [
    "", " ", "{", "[", "{]", "[}", "nul", "nulll", "tru", "True", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}",
    "{,}", "[1,]", "[,1]", "[1 2]", "{a:1}", "{'a':1}", "01", "-", "+1", "1.", ".5", "1e", "1e+",
    "0x10", "NaN", "Infinity", "-Infinity", "1_000", "// c\n1", "[1]/* */", "\"\t\"", "\"\n\"",
    "\"abc", "\"\\x41\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
    "\"\\ud800x\"", "\"\\", "\"\\\"", "{} {}", "{}x", "1 1", "\u{feff}{}", "{\"a\":1 \"b\":2}",
    "\0", "{}\0",
  ]) func refuses(text: String) {
    let error = verdict(text)
    #expect(error != nil)
    #expect((0...text.utf8.count).contains(error?.offset ?? -1))
  }

  @Test func refusesBytesThatAreNotUTF8() {
    let strings: [[UInt8]] = [
      [0xff], [0xc0, 0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82],
      [0x80], [0xf8, 0x88, 0x80, 0x80, 0x80],
    ]
    for bytes in strings {
      #expect(verdict([0x22] + bytes + [0x22])?.code == .malformed)
    }
    // UTF-16 in both byte orders.
    #expect(verdict([0xff, 0xfe, 0x7b, 0, 0x7d, 0]) != nil)
    #expect(verdict([0, 0x7b, 0, 0x7d]) != nil)
  }

  @Test(arguments: [
    "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"\\u0061\":1,\"a\":2}",
    "{\"x\":{\"b\":1,\"b\":1}}",
    "[{\"k\":0},{\"k\":0,\"k\":0}]", "{\"/\":1,\"\\/\":1}",
  ]) func refusesAKeyTwice(text: String) {
    #expect(verdict(text)?.code == .duplicateName)
  }

  @Test(arguments: [7, 8, 9, 31, 32, 33, 1000]) func refusesAKeyTwiceAmongMany(count: Int) {
    let keys = (0..<count).map { "\"k\($0)\":{\"k0\":0}" }
    #expect(verdict("{" + keys.joined(separator: ",") + "}") == nil)
    for again in [0, count / 2, count - 1] {
      let text = "{" + (keys + ["\"\\u006b\(again)\":1"]).joined(separator: ",") + "}"
      #expect(verdict(text)?.code == .duplicateName)
    }
  }

  @Test func limitsDepth() {
    func nested(_ depth: Int) -> [UInt8] {
      [UInt8](repeating: UInt8(ascii: "["), count: depth)
        + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
    }
    #expect(verdict(nested(128)) == nil)
    #expect(verdict(nested(129))?.code == .limitExceeded)
    #expect(verdict(nested(200_000))?.code == .limitExceeded)
    #expect(throws: CheckpointError.self) {
      _ = try JSONDocument(nested(200_000), origin: ByteOrigin(file: "x"))
    }
    let objects = String(repeating: "{\"a\":", count: 200_000)
    #expect(verdict(objects)?.code == .limitExceeded)
  }

  @Test(arguments: [
    ("0", 0), ("1", 1), ("18446744073709551615", UInt64.max), (" 42", 42),
  ]) func unsignedIntegers(text: String, value: UInt64) throws {
    var reader = reader(text)
    #expect(try reader.unsigned() == value)
  }

  @Test(arguments: [
    "4.0", "4e0", "4E2", "-1", "+1", "01", "00", "", "x", "1x", "18446744073709551616", "\"1\"",
    "99999999999999999999999999", "1_0", "0x1",
  ]) func integersAreDigitsOnly(text: String) {
    var reader = reader(text)
    #expect(throws: CheckpointError.self) { _ = try reader.unsigned() }
  }

  @Test func integersNameWhatTheyFound() {
    var reader = reader("  4.0, ")
    let error = failure { () throws(CheckpointError) in _ = try reader.unsigned() }
    #expect(error?.offset == 2)
    #expect(error?.found == "4.0")
  }

  @Test(arguments: [
    ("-9223372036854775808", Int64.min), ("9223372036854775807", Int64.max), ("-0", 0), ("-7", -7),
  ]) func signedIntegers(text: String, value: Int64) throws {
    var reader = reader(text)
    #expect(try reader.signed() == value)
  }

  @Test(arguments: ["-9223372036854775809", "9223372036854775808", "-", "--1", "-01", "- 1"])
  func signedIntegersMustFit(text: String) {
    var reader = reader(text)
    #expect(throws: CheckpointError.self) { _ = try reader.signed() }
  }

  @Test func numbersStayExact() throws {
    var reader = reader("[12345678901234567890, 0.1, 1e400, -2.5E-3]")
    try reader.beginArray()
    var numbers: [JSONNumber] = []
    while try reader.nextElement() { numbers.append(try reader.number()) }
    try reader.finish()
    #expect(numbers.map(\.uint64) == [12_345_678_901_234_567_890, nil, nil, nil])
    #expect(numbers.map(\.int64) == [nil, nil, nil, nil])
    #expect(numbers.map(\.double) == [1.2345678901234567e19, 0.1, nil, -0.0025])
  }

  @Test func pullsAHeader() throws {
    var reader = reader(
      """
      {"__metadata__":{"format":"pt"},"a\\u002eb":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}
      """)
    try reader.beginObject()
    var found: [String] = []
    while let key = try reader.nextKey() {
      if reader.matches(key, "__metadata__") {
        try reader.skipValue()
        continue
      }
      #expect(key.isEscaped)
      #expect(reader.matches(key, "a.b"))
      found.append(String(decoding: reader.unescaped(key), as: UTF8.self))
      try reader.beginObject()
      while let field = try reader.nextKey() {
        if reader.matches(field, "dtype") {
          let dtype = try reader.string()
          #expect(reader.matches(dtype, "F32") && !reader.matches(dtype, "F3"))
        } else {
          try reader.beginArray()
          while try reader.nextElement() { found.append("\(try reader.unsigned())") }
        }
      }
    }
    try reader.finish()
    #expect(found == ["a.b", "2", "3", "0", "24"])
  }

  @Test func callsOutOfOrderThrow() throws {
    var reader = reader("[{}]")
    #expect(throws: CheckpointError.self) { _ = try reader.nextKey() }
    try reader.beginArray()
    #expect(throws: CheckpointError.self) { _ = try reader.nextKey() }
    #expect(throws: CheckpointError.self) { try reader.finish() }
  }

  static let sample = Array(
    #"{"a":[1,-2.5e3,true,null,"x\u00e9\ud83c\udf33é"],"b":{"c":{},"d":[]},"e":false} "#.utf8)

  @Test func everyTruncationIsRefused() {
    for count in 0..<(Self.sample.count - 1) {
      #expect(verdict(Array(Self.sample[..<count])) != nil, "\(count)")
    }
    #expect(verdict(Self.sample) == nil)
  }

  @Test func flippedBytesNeverTrap() {
    for index in Self.sample.indices {
      for mask: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
        var bytes = Self.sample
        bytes[index] ^= mask
        let error = verdict(bytes)
        let document = try? JSONDocument(bytes, origin: ByteOrigin(file: "x"))
        #expect((document == nil) == (error != nil))
      }
    }
  }
}

@Suite struct JSONDocumentTests {
  func document(_ text: String) throws -> JSONValue {
    try JSONDocument(Array(text.utf8), origin: ByteOrigin(file: "x")).root
  }

  @Test func reachesEveryValue() throws {
    let root = try document(
      #" {"weight_map":{"b":"s1","a":"s\u0032"},"n":[1,[2.5],true,false,null,-3],"x":{}} "#)
    #expect(root.kind == .object && root.count == 3)
    let map = try #require(root["weight_map"])
    #expect(map.members.map(\.key) == [Array("b".utf8), Array("a".utf8)])
    #expect(map.members.map(\.value.string) == ["s1", "s2"])
    let list = try #require(root["n"]).elements
    #expect(list.map(\.kind) == [.number, .array, .bool, .bool, .null, .number])
    #expect(list[0].int == 1 && list[5].int == -3 && list[1].elements[0].double == 2.5)
    #expect(list[2].bool == true && list[3].bool == false && list[4].isNull)
    #expect(root["x"]?.members.isEmpty == true)
    #expect(root["none"] == nil && list[0]["n"] == nil && list[0].string == nil)
    #expect(map.error(.badValue, field: "f", expected: "y").offset == map.offset)
  }

  @Test func keysAreBytes() throws {
    let root = try document("{\"é\":1,\"e\u{301}\":2}")
    #expect(root["\u{e9}"]?.int == 1)
    #expect(root["e\u{301}"]?.int == 2)
  }
}
