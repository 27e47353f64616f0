import EspalierDiagnosis
import Testing

/// Layouts that more than one order of axes explains, and what stands in for a layer.
@Suite struct LayoutTests {
  private func failures(_ one: DiagnosisCase) -> [String] {
    CaseScore(one, causes: [], mapping: SolvedCase(one).report.mapping).failures.map { "\($0)" }
  }

  private func causes(_ one: DiagnosisCase) -> Set<String> {
    Set(SolvedCase(one).report.diagnoses.map(\.cause.rawValue))
  }

  /// Height stays before width in a depthwise kernel; a square pointwise one goes with its like.
  @Test func aDepthwiseKernelKeepsHeightBeforeWidth() {
    var s = Skeleton()
    for (n, width) in [(16, 24), (24, 24), (24, 40)].enumerated() {
      let (input, output) = width
      s.pair(
        "body.\(n).dw.weight", "body.\(n).dw.kernel", [input, 1, 3, 3], from: [3, 3, input, 1],
        "permute[2,3,0,1]")
      s.pair(
        "body.\(n).pw.weight", "body.\(n).pw.kernel", [output, input, 1, 1],
        from: [1, 1, input, output], "permute[3,2,0,1]")
    }
    #expect(failures(s.finish("depthwise", causes: ["axis_permuted", "renamed_leaf"])).isEmpty)
  }

  @Test func squareMatricesGoWithTheOthersWhateverTheirLeafIsCalled() {
    var s = Skeleton()
    s.pair("table.weight", "table.embedding", [90, 32])
    for n in 0..<3 {
      for part in ["q", "k", "v"] {
        s.pair(
          "layers.\(n).attention.\(part).weight", "layers.\(n).attention.\(part)", [32, 32],
          "transpose")
      }
      s.kernel("layers.\(n).mlp.wi", "layers.\(n).mlp.wi", 80, 32, bias: false)
      s.kernel("layers.\(n).mlp.wo", "layers.\(n).mlp.wo", 32, 80, bias: false)
    }
    #expect(failures(s.finish("square", causes: ["transposed", "renamed_leaf"])).isEmpty)
  }

  /// Four times as many inputs as channels: a side of two, were this the end of the convolutions.
  @Test func nothingIsFlattenedBeforeTheLastConvolution() {
    var s = Skeleton()
    for n in 0..<3 {
      s.pair(
        "down.\(n).conv1.weight", "down_\(n)/conv1/kernel", [16, 16, 3, 3], from: [3, 3, 16, 16],
        "permute[3,2,0,1]")
      s.kernel("down.\(n).time_emb_proj", "down_\(n)/time_emb_proj", 16, 64)
      s.pair(
        "down.\(n).conv2.weight", "down_\(n)/conv2/kernel", [24, 16, 1, 1], from: [1, 1, 16, 24],
        "permute[3,2,0,1]")
    }
    #expect(!causes(s.finish("time", causes: [])).contains("flatten_order"))
  }

  @Test func aNetworkInsideOfALossIsAModuleAndNoBuffer() {
    var s = Skeleton()
    for n in 0..<3 { s.dense("body.\(n)", "body.\(n)", 24, 24) }
    for n in 0..<2 {
      s.addSource("loss.judge.main.\(n).weight", [48, 24])
      s.addSource("loss.judge.main.\(n).bias", [48])
    }
    #expect(causes(s.finish("loss", causes: ["extra_head"])) == ["extra_head"])
    s.addSource("loss.class_weights", [9])
    #expect(causes(s.finish("both", causes: [])) == ["extra_head", "buffers_unexpected"])
  }
}
