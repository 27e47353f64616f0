import EspalierTree
import Testing

@testable import EspalierUI

@Suite struct IndentedJSONTests {
  private func lines(_ text: String, _ width: Int = 30) -> String {
    IndentedJSON(Array(text.utf8), width: width).lines.joined(separator: "\n")
  }

  @Test func whatFitsStaysInOneLineAndTheRestOpensUp() {
    #expect(lines(#"{"a":1,"b":[1,2]}"#) == #"{"a": 1, "b": [1, 2]}"#)
    #expect(
      lines(#"{"name":"dense","config":{"units":64,"shape":[null,100],"activation":"relu"}}"#)
        == """
        {
          "name": "dense",
          "config": {
            "units": 64,
            "shape": [null, 100],
            "activation": "relu"
          }
        }
        """)
  }

  @Test func aListOfNumbersFillsLines() {
    let numbers = (100..<112).map { "\($0)" }.joined(separator: ",")
    #expect(
      lines("[\(numbers)]") == """
        [
          100, 101, 102, 103, 104,
          105, 106, 107, 108, 109,
          110, 111
        ]
        """)
  }

  @Test func signsInsideStringsAreText() {
    #expect(lines(#"{"a\"{":"],:{"}"#) == #"{"a\"{": "],:{"}"#)
  }

  @Test(arguments: [
    #"{"a": [1, 2"#, #"{"a": "never ends"#, "]]]}}", #"["\"#, "{", "[,,,]", #"{"a" "b": : 1}"#,
    "{\"long\": \"" + String(repeating: "x", count: 200) + "\"}",
  ])
  func whatIsCutOffOrMalformedLosesNothing(_ text: String) {
    func bare(_ text: String) -> String { text.filter { !" \n".contains($0) } }
    #expect(bare(lines(text)) == bare(text))
    for line in lines(text).split(separator: "\n") { #expect(cellWidth(of: String(line)) <= 30) }
  }

  @Test func nestingWithoutEndKeepsTheLinesNarrow() {
    let text = String(repeating: "[", count: 50_000)
    let lines = IndentedJSON(Array(text.utf8), width: 40).lines
    #expect(lines.count == 50_000)
    #expect(lines.allSatisfy { $0.utf8.count <= 40 })
  }

  @Test(
    arguments: [
      (#"{"a": 1}"#, true), ("{}", true), ("[1]", true), (#" [ "a"]"#, true),
      ("{{ bos_token }}", false), ("{% for m in messages %}", false), ("[INST]", false),
      ("", false),
      ("3", false),
    ])
  func aTemplateIsNotTakenForJSON(_ text: String, _ isJSON: Bool) {
    #expect(IndentedJSON.isLikely(Array(text.utf8)) == isJSON)
  }

  @Test(arguments: ["", "a", "two words", "漢字の層の重み", "one  two   three    four     five"])
  func piecesMakeUpTheText(_ text: String) {
    for width in 2...12 {
      let pieces = folded(text, to: width)
      #expect(pieces.joined() == text)
      #expect(pieces.allSatisfy { cellWidth(of: $0) <= width })
    }
  }
}
