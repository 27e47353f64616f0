import EspalierDiagnosis
import EspalierTree
import Testing

@testable import EspalierUI

@Suite struct MetadataTests {
  private func harness(_ width: Int, _ height: Int) throws -> Harness {
    let (a, b) = try troubledPair()
    var harness = Harness(a, b, width: width, height: height)
    var source = Harness.file("trained.pt", "pytorch", b)
    source.notes = ["the weights are taken from “state_dict”"]
    source.metadata = [
      FileFact("format", Array("pt".utf8)),
      FileFact(
        "config",
        Array(#"{"layers":2,"heads":8,"activation":"gelu","shape":[1,2,3],"scale":0.125}"#.utf8)),
      FileFact(
        "chat_template", Array("{% for m in messages %}\n  {{ m }}\u{1b}[31m\n{% endfor %}\n".utf8)),
    ]
    harness.send(.opened(.source, source))
    return harness
  }

  @Test func bothFilesSayWhatTheySayAboutThemselves() throws {
    var harness = try harness(60, 20)
    harness.press("i")
    #expect(
      harness.screen == """
         destination  …l.safetensors ← source  trained.pt
         █████░░░░  10 of 15 arrays, 59 %   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────
          Metadata  Esc closes, ↑ ↓ scroll                 15 of 18
          destination  model.safetensors
            It says nothing about itself beside its arrays.

          source  trained.pt
            the weights are taken from “state_dict”
            format         pt
            config
              {
                "layers": 2,
                "heads": 8,
                "activation": "gelu",
                "shape": [1, 2, 3],
                "scale": 0.125
              }
            chat_template
         ? help  q quit
        """)
  }

  @Test func sizesOfBothModelsStandAboveOnceTheyAreKnown() throws {
    var harness = try harness(60, 20)
    harness.press("i")
    harness.send(
      .diagnosed(
        pair: harness.state.pair, [], rules: [],
        sizes: [
          SizeRow(name: "width", destination: "64", source: "64"),
          SizeRow(name: "depth of encoder", destination: "12", source: "6"),
          SizeRow(name: "rank", destination: nil, source: "8"),
        ]))
    #expect(
      harness.screen.contains(
        """
          Sizes of both models
                              destination  source
            width             64           64
            depth of encoder  12           6
            rank              –            8

          destination  model.safetensors
        """))
    harness.press("Esc")
    harness.send(.input(.resize(width: 150, height: 44)))
    #expect(harness.screen.contains("Sizes that differ: depth of encoder 12 and 6"))
  }

  @Test func itScrollsAndFollowsTheWindow() throws {
    var harness = try harness(60, 10)
    harness.press("i G")
    #expect(harness.screen.contains("{% endfor %}"))
    harness.send(.input(.resize(width: 120, height: 40)))
    #expect(harness.screen.contains("destination  model.safetensors"))
    harness.press("k k Esc")
    #expect(harness.state.overlay == nil)
  }

  @Test func nothingIsSaidBeforeAFileHasBeenRead() {
    var harness = Harness(AppState(destination: "model.safetensors", source: nil))
    harness.press("i")
    #expect(harness.state.overlay == nil)
    #expect(harness.state.message?.text == "nothing has been read yet")
  }

  @Test func aLongVocabularyIsCutAndSaysSo() throws {
    var harness = try harness(80, 24)
    var source = Harness.file("trained.pt", "pytorch", try troubledPair().source)
    let words = "[" + (0..<40_000).map { "\"w\($0)\"" }.joined(separator: ",") + "]"
    source.metadata = [FileFact("tokens", Array(words.utf8))]
    harness.send(.opened(.source, source))
    harness.press("i G")
    #expect(harness.screen.contains("bytes more"))
  }
}
