import EspalierTree
import Testing

@Suite struct JSONWriterTests {
  func text(_ style: JSONWriter.Style = .compact, _ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(style: style)
    body(&writer)
    return String(decoding: writer.drain(), as: UTF8.self)
  }

  func sample(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("b")
    writer.integer(-1)
    writer.key("a")
    writer.beginArray()
    writer.bool(true)
    writer.null()
    writer.beginObject()
    writer.endObject()
    writer.beginArray()
    writer.endArray()
    writer.string("x")
    writer.endArray()
    writer.endObject()
  }

  @Test func keepsTheOrder() {
    #expect(text { sample(&$0) } == #"{"b":-1,"a":[true,null,{},[],"x"]}"#)
  }

  @Test func indents() {
    #expect(
      text(.indented) { sample(&$0) }
        == """
        {
          "b": -1,
          "a": [
            true,
            null,
            {},
            [],
            "x"
          ]
        }
        """)
  }

  @Test func streams() {
    var writer = JSONWriter()
    writer.beginArray()
    writer.integer(1)
    let first = writer.drain()
    writer.integer(UInt64.max)
    writer.endArray()
    #expect(String(decoding: first + writer.drain(), as: UTF8.self) == "[1,18446744073709551615]")
  }

  @Test(arguments: [
    ("\"\\/\n\r\t", #""\"\\/\n\r\t""#), ("\u{0}\u{1b}\u{7f}\u{9b}", #""\u0000\u001b\u007f\u009b""#),
    ("é漢🌳", "\"é漢🌳\""), ("a\u{202e}b\u{feff}", #""a\u202eb\ufeff""#),
    ("\u{e0041}", #""\udb40\udc41""#),
  ]) func escapesWhatCannotBeSeen(value: String, json: String) {
    #expect(text { $0.string(value) } == json)
  }

  @Test(
    arguments: [
      (0.1, "0.1"), (1e-5, "1e-05"), (-0.0, "-0.0"), (1e300, "1e+300"), (5, "5.0"),
      (.nan, "\"NaN\""), (.infinity, "\"Infinity\""), (-.infinity, "\"-Infinity\""),
    ] as [(Double, String)]) func numbers(value: Double, json: String)
  {
    #expect(text { $0.number(value) } == json)
  }

  @Test func namesThatAreNotText() {
    #expect(text { $0.name([0x61, 0xff, 0x5c, 0x62]) } == #""a\\xff\\\\b""#)
    #expect(text { $0.name(Array(#"a\b"#.utf8)) } == #""a\\b""#)
  }
}

@Suite struct NameTextTests {
  @Test(arguments: [
    ("plain.weight", "plain.weight"), (#"a\b\\c"#, #"a\b\\c"#), (#"\xff"#, #"\\xff"#),
    (#"\xFF \xg0 \x"#, #"\xFF \xg0 \x"#), ("é", "é"), ("", ""),
  ]) func textStaysText(name: String, text: String) {
    #expect(NameText.encode(Array(name.utf8)) == Array(text.utf8))
    #expect(NameText.decode(Array(text.utf8)) == Array(name.utf8))
  }

  /// All short names over the bytes that matter: each comes back, no two share a text.
  @Test func everyNameComesBack() {
    let alphabet: [UInt8] = [0x5c, 0x78, 0x66, 0x30, 0xff, 0xc3, 0xa9]
    var names: [[UInt8]] = [[]]
    var seen: Set<[UInt8]> = []
    for _ in 0..<5 {
      names = names.flatMap { name in alphabet.map { name + [$0] } }
      for name in names {
        let text = NameText.encode(name)
        #expect(String(validating: text, as: UTF8.self) != nil)
        #expect(NameText.decode(text) == name)
        #expect(seen.insert(text).inserted)
      }
    }
  }
}
