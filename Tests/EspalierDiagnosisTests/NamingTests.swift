import EspalierDiagnosis
import Testing

/// What is in front of a name, inside of it or at its end, and which of these is a cause.
@Suite struct NamingTests {
  private func causes(_ one: DiagnosisCase) -> Set<String> {
    Set(
      Engine().diagnose(destination: one.destination, source: one.source).diagnoses.map(
        \.cause.rawValue))
  }

  private func block(_ s: inout Skeleton, _ dst: String, _ src: String, _ width: Int = 48) {
    s.norm("\(dst).norm", "\(src).norm", width)
    s.dense("\(dst).inner", "\(src).inner", 2 * width, width)
    s.dense("\(dst).outer", "\(src).outer", width, 2 * width)
  }

  @Test func onePrefixForAnotherIsARenameAndNoPrefix() {
    var s = Skeleton()
    for n in 0..<3 { block(&s, "model.layers.\(n)", "trunk.layers.\(n)") }
    let one = s.finish("swapped", causes: ["renamed_module"])
    #expect(causes(one) == ["renamed_module"])
    let report = Engine().diagnose(destination: one.destination, source: one.source)
    let evidence = report.diagnoses.flatMap(\.evidence).joined(separator: "\n")
    #expect(evidence.contains("source `trunk.layers.0.norm.weight`"))
    #expect(evidence.contains("destination `model.layers.0.norm.weight`"))
  }

  @Test func aModuleThatOnlyOneSideHasIsNoWrapper() {
    var s = Skeleton()
    for n in 0..<3 { block(&s, "tower.layers.\(n)", "tower.core.layers.\(n)") }
    block(&s, "other", "other")
    #expect(causes(s.finish("inner", causes: [])) == ["renamed_module"])
    var wrapped = Skeleton()
    for n in 0..<3 { block(&wrapped, "tower.layers.\(n)", "tower.layers.\(n)._inner_wrapped") }
    #expect(causes(wrapped.finish("wrapped", causes: [])) == ["wrapper_infix"])
  }

  @Test func aStackOfExpertsIsNoRename() {
    let one = HeldOut.gatedExperts()
    #expect(causes(one) == ["expert_stack"])
  }

  /// Once `image.` is cut both towers have the same names; size tells them apart.
  @Test func aTowerIsNotTakenForAnother() {
    var s = Skeleton()
    s.pair("table", "image.table", [17, 48])
    for n in 0..<3 { block(&s, "blocks.\(n)", "image.blocks.\(n)") }
    s.addSource("table", [30, 32])
    for n in 0..<3 {
      for (leaf, shape) in [
        ("norm.weight", [32]), ("norm.bias", [32]), ("inner.weight", [64, 32]),
        ("inner.bias", [64]),
        ("outer.weight", [32, 64]), ("outer.bias", [32]),
      ] { s.addSource("blocks.\(n).\(leaf)", shape) }
    }
    let one = s.finish("towers", causes: ["prefix_added", "extra_head"])
    let report = Engine().diagnose(destination: one.destination, source: one.source)
    #expect(report.mapping.unmatchedDestination.isEmpty)
    #expect(causes(one) == ["prefix_added", "extra_head"])
  }

  @Test func aVectorOfTheHeadsSizeGoesWithTheHead() {
    func net(_ actions: Int) -> [TensorFacts] {
      [
        TensorFacts("spread", [actions]), TensorFacts("body.0.weight", [64, 17]),
        TensorFacts("body.0.bias", [64]), TensorFacts("body.2.weight", [64, 64]),
        TensorFacts("body.2.bias", [64]), TensorFacts("act.weight", [actions, 64]),
        TensorFacts("act.bias", [actions]),
      ]
    }
    let report = Engine().diagnose(
      destination: Inventory(tensors: net(6)), source: Inventory(tensors: net(8)))
    #expect(report.diagnoses.map(\.cause) == [.headResized])
  }

  private static let next = ["q": "v", "v": "k", "k": "q"]

  /// Equal shapes: the words say which is which, in whatever order they stand.
  @Test func sistersOfOneBlockKeepTheirParts() {
    var s = Skeleton()
    for n in 0..<3 {
      for part in ["q", "k", "v"] {
        s.add("stack.\(n).attention.\(part)_content_proj.weight", [40, 40])
        s.addSource("stack.\(n).att_\(Self.next[part] ?? "")content_proj.weight", [40, 40])
        s.map(
          "stack.\(n).attention.\(part)_content_proj.weight",
          ["stack.\(n).att_\(part)content_proj.weight"], "rename")
      }
    }
    let one = s.finish("parts", causes: ["renamed_module"])
    let score = CaseScore(one, causes: [], mapping: SolvedCase(one).report.mapping)
    #expect(score.failures.isEmpty)
  }

  @Test func aFusedNameSaysTheOrderOfItsParts() {
    var s = Skeleton()
    for n in 0..<3 {
      let fused = "body.\(n).mlp.up_gate.weight"
      s.addSource(fused, [64, 24])
      for (index, part) in ["up", "gate"].enumerated() {
        s.add("blocks.\(n).ffn.\(part).weight", [32, 24])
        s.map("blocks.\(n).ffn.\(part).weight", [fused], "split(0,\(index),2)")
      }
      s.norm("blocks.\(n).norm", "body.\(n).norm", 24)
    }
    let one = s.finish("order", causes: ["renamed_module", "fused_split"])
    #expect(CaseScore(one, causes: [], mapping: SolvedCase(one).report.mapping).failures.isEmpty)
  }

  @Test func aNameOfBufferWordsIsABuffer() {
    var s = Skeleton()
    for n in 0..<3 { block(&s, "layers.\(n)", "layers.\(n)") }
    s.addSource("rope_freqs.weight", [16])
    #expect(causes(s.finish("frequencies", causes: [])) == ["buffers_unexpected"])
  }

  @Test func rotaryRowsAreReorderedInLanguageModelsOnly() {
    func pair(_ table: String) -> DiagnosisCase {
      var s = Skeleton()
      s.pair(table, table, [500, 128])
      for n in 0..<2 {
        for (dst, src) in [("q_proj", "wq"), ("k_proj", "wk"), ("v_proj", "wv"), ("o_proj", "wo")] {
          s.dense("layers.\(n).attention.\(dst)", "layers.\(n).attn.\(src)", 128, 128, bias: false)
        }
      }
      return s.finish("rotary", causes: [])
    }
    #expect(causes(pair("tok_embeddings.weight")).contains("rope_permuted"))
    #expect(!causes(pair("stem.weight")).contains("rope_permuted"))
  }
}

/// Files that keep their weights in an entry of one name.
@Suite struct SameContainerTests {
  private let tensors = [TensorFacts("0.weight", [8, 4]), TensorFacts("0.bias", [8])]

  private func report(below container: String?, _ prefix: String) -> Report {
    var destination = Inventory(tensors: tensors)
    if let container { destination.container = [Array(container.utf8)] }
    let source = Inventory(
      tensors: tensors.map { TensorFacts(prefix + $0.text, $0.shape) },
      metadata: ["container": "torch"])
    return Engine().diagnose(destination: destination, source: source)
  }

  @Test func nothingStandsAgainstALoadThatOpensBoth() {
    let same = report(below: "state_dict", "state_dict.")
    #expect(same.diagnoses.isEmpty)
    #expect(same.before.tensors == 2)
    #expect(same.mapping.links.count == 2)
    #expect(same.rules.contains(.enter("state_dict")))
  }

  @Test func anotherContainerIsACause() {
    #expect(report(below: "model", "state_dict.").diagnoses.map(\.cause) == [.wrapperNesting])
    #expect(report(below: nil, "state_dict.").diagnoses.map(\.cause) == [.wrapperNesting])
  }

  @Test func aPrefixInTheSameContainerIsTheOnlyCause() {
    let diagnoses = report(below: "state_dict", "state_dict.module.").diagnoses
    #expect(diagnoses.map(\.cause) == [.prefixAdded])
  }
  @Test func equalNamesAreInNoContainer() {
    let names = ["layers.a.kernel", "layers.b.kernel", "layers.c.kernel"]
    let tensors = names.map { TensorFacts($0, [8, 4]) }
    let others = tensors + [TensorFacts("optimizer.state.0.exp_avg", [8, 4])]
    let report = Engine().diagnose(
      destination: Inventory(tensors: tensors),
      source: Inventory(tensors: others, metadata: ["container": "keras"]))
    #expect(report.diagnoses.map(\.cause) == [.optimizerStateIncluded])
  }
}
