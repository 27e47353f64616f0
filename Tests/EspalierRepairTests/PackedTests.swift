import EspalierTree
import Testing

@testable import EspalierRepair

struct PackedTests {
  @Test func codeBooksHaveAsManyPointsAsIndicesReach() {
    let counts = [
      CodeBook.iq1, .iq2xxs, .iq2xs, .iq2s, .iq3xxs, .iq3s,
    ].map(\.count)
    #expect(counts == [2048, 256, 512, 1024, 256, 512])
  }

  @Test func everyBlockTypeOfGGUFIsRead() {
    let blocks = DType.allCases.filter { $0.kind == .quantised && $0.elementsPerBlock > 1 }
    #expect(Set(blocks) == Set(BlockDecoding.types))
  }

  @Test(arguments: [2, 3, 4, 5, 6, 8]) func numbersRunOnFromWordToWord(_ bits: Int) throws {
    let run = try #require(BitRun(bits: bits))
    #expect(run.count * bits == run.words * 32)
    let numbers = (0..<run.count).map { UInt32($0 * 7 + 3) & (1 << UInt32(bits) - 1) }
    var words = [UInt32](repeating: 0, count: run.words)
    for (place, number) in numbers.enumerated() {
      for bit in 0..<bits where number >> UInt32(bit) & 1 == 1 {
        words[(place * bits + bit) / 32] |= 1 << UInt32((place * bits + bit) % 32)
      }
    }
    #expect((0..<run.count).map { run.value(words, $0) } == numbers)
    #expect(BitRun(bits: 7) == nil)
    #expect(run.count(in: run.words * 3) == run.count * 3)
  }

  @Test(
    arguments: [
      (576, 5, 128), (192, 2, 128), (300, 3, 128), (512, 4, 128), (512, 512, 1), (7, 1, 7),
      (9, 3, 4), (15, 3, 5), (100, 5, 20), (10, 7, nil), (10, 11, nil),
    ] as [(Int, Int, Int?)])
  func sidesOfBlocksAreThoseThatWritersUse(_ size: Int, _ count: Int, _ side: Int?) {
    #expect(ScaledGrid.side(size, count) == side)
  }

  @Test func numbersOfASmallObject() {
    let fields = FlatJSON.read(
      Array(
        #"{"quant_type": "nf4", "blocksize": 64, "shape": [48, 100], "nested_offset": -1.5e-2"#.utf8
      ))
    #expect(fields == ["blocksize": [64], "shape": [48, 100], "nested_offset": [-0.015]])
    for text in ["", "\"", "{\"a", "[[[", "-", "{\"a\": \"b\", \"c\": 1e999}"] {
      #expect(FlatJSON.read(Array(text.utf8)).isEmpty)
    }
  }

  @Test func alphaOfAModule() throws {
    let patterns = AlphaPatterns([
      "lora_alpha": "8", "alpha_pattern.q_proj": "32",
      "adapter.alpha_pattern.^model.layers.0.mlp$": "4",
    ])
    #expect(try patterns.alpha(of: "base_model.model.layers.3.q_proj") == 32)
    #expect(try patterns.alpha(of: "model.layers.0.mlp") == 4)
    #expect(try patterns.alpha(of: "model.layers.3.freq_proj") == nil)
    #expect(throws: StepError.self) {
      try AlphaPatterns(["alpha_pattern.q.*": "1"]).alpha(of: "q")
    }
  }
}
