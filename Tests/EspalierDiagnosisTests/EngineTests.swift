import Testing

@testable import EspalierDiagnosis

/// Single facts about the engine, and input that no model has.
@Suite struct EngineTests {
  private func report(
    _ destination: [TensorFacts], _ source: [TensorFacts], _ metadata: [String: String] = [:]
  )
    -> Report
  {
    Engine().diagnose(
      destination: Inventory(tensors: destination),
      source: Inventory(tensors: source, metadata: metadata))
  }

  @Test func nothingAgainstNothing() {
    let one = report([], [])
    #expect(one.diagnoses.isEmpty)
    #expect(one.mapping.links.isEmpty)
    #expect(report([TensorFacts("a", [1])], []).mapping.unmatchedDestination == [0])
    #expect(report([], [TensorFacts("a", [1])]).mapping.unexpectedSource == [0])
  }

  @Test func hostileShapesAndTiesDoNotTrap() {
    let huge = Int.max
    let shapes = [
      [huge, huge], [-1, 3], [0], [huge], [1, huge, 2], [huge, huge, huge, huge], [],
    ]
    let names = [
      "a.q.weight", "a.k.weight", "a.v.weight", "a.qkv.weight", "a.bias",
      "b.query_key_value.weight", "",
    ]
    for turn in shapes.indices {
      var destination: [TensorFacts] = []
      var source: [TensorFacts] = []
      for (at, name) in names.enumerated() {
        destination.append(
          TensorFacts(
            name, shapes[(at + turn) % shapes.count], tiedTo: at == 2 ? 6 : at == 3 ? -4 : nil))
        source.append(
          TensorFacts(name, shapes[(at + 2 * turn) % shapes.count], dtype: "I32", tiedTo: 0))
      }
      _ = report(destination, source, ["n_heads": "0", "bits": "-3", "head_dim": "99999999999999"])
    }
  }

  @Test func endlessNamesEndInTime() {
    let deep = Array(repeating: "1", count: 20_000).joined(separator: ".")
    let wide = Array(repeating: "1", count: 20_000).joined(separator: "_")
    let one = report(
      [TensorFacts(deep + ".w", [2]), TensorFacts(wide + ".w", [3])],
      [TensorFacts("m." + deep + ".w", [2]), TensorFacts("m." + wide + ".w", [3])])
    #expect(one.mapping.links.count == 2)
  }

  /// What a link teaches must not make all others be looked at again, or this does not end.
  @Test func thousandsOfModulesWithNamesOfTheirOwnArePairedByOrder() {
    var destination: [TensorFacts] = []
    var source: [TensorFacts] = []
    var word = 1
    for module in 0..<6_000 {
      word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (one, two) = (spelt(word), spelt(~word))
      let shape = [64 << (module % 3), 96 << (module % 4)]
      destination.append(TensorFacts("net.\(one).weight", shape))
      destination.append(TensorFacts("net.\(one).bias", [shape[0]]))
      source.append(TensorFacts("model.\(two).kernel", shape.reversed()))
      source.append(TensorFacts("model.\(two).bias", [shape[0]]))
    }
    let one = report(destination, source)
    #expect(one.mapping.links.count == 12_000)
    #expect(one.mapping.links.allSatisfy { $0.sources == [$0.destination] })
  }

  /// A name of letters only.
  private func spelt(_ number: Int) -> String {
    String(decoding: (0..<12).map { UInt8(97 + (number >> ($0 * 5)) & 15) }, as: UTF8.self)
  }

  @Test func equalNamesInTheSourceAreKept() {
    let one = report([TensorFacts("a", [2])], [TensorFacts("a", [2]), TensorFacts("a", [2])])
    #expect(one.mapping.links.count == 1)
    #expect(one.mapping.unexpectedSource.count == 1)
  }

  @Test func runsOfNumbersKeepTheirGaps() {
    let names = [0, 1, 2, 4, 9].map { Array("layers.\($0).w".utf8) }
    #expect(NameSummary.lines(names) == ["layers.{0…2,4,9}.w (5)"])
    let uneven = ["l.0.a1", "l.0.a2", "l.1.a1"].map { Array($0.utf8) }
    #expect(NameSummary.lines(uneven) == ["l.{0,1}.a{1,2} (3 of 4 combinations)"])
  }

  @Test func hyperParametersStandSideBySide() {
    let one = HeldOut.visionFused()
    let both = Engine().diagnose(destination: one.destination, source: one.source).hyperParameters
    #expect(both.destination.width == 192)
    #expect(both.source.width == 192)
    #expect(both.destination.kernel == [8, 8])
    #expect(both.source.channels == 3)
    #expect(both.destination.hidden == 768)
    #expect(both.destination.depths.first?.counts == [6])
    #expect(both.destination.positions == 65)
  }

  @Test func valuesSettleATieThatWasDropped() {
    let destination = [
      TensorFacts("e.weight", [9, 4]), TensorFacts("h.weight", [9, 4], tiedTo: 0),
    ]
    let source = [TensorFacts("e.weight", [9, 4]), TensorFacts("h.weight", [9, 4])]
    func causes(_ probe: (@Sendable (Int, Int) -> [Float]?)?) -> [Cause] {
      Engine().diagnose(
        destination: Inventory(tensors: destination),
        source: Inventory(tensors: source, probe: probe)
      ).diagnoses.map(\.cause)
    }
    #expect(causes(nil) == [.tiedConflict])
    #expect(causes { _, _ in [1, 2] } == [])
    #expect(causes { index, _ in [Float(index)] } == [.tiedConflict])
  }

  /// The output layer that the destination ties has a tensor of its own in the source, under another
  /// name: it is linked and the conflict said; where the source ties as well, or lacks it, nothing is.
  @Test func aTiedCopyHasATensorOfItsOwnUnderAnotherName() {
    func tensors(_ names: [String], tied: Bool, hasOutput: Bool = true) -> Inventory {
      var all = [TensorFacts(names[0], [90, 8])]
      for layer in 0..<3 {
        all.append(TensorFacts("\(names[1]).\(layer).\(names[2])", [24, 8]))
        all.append(TensorFacts("\(names[1]).\(layer).\(names[3])", [8, 24]))
      }
      if hasOutput { all.append(TensorFacts(names[4], [90, 8], tiedTo: tied ? 0 : nil)) }
      return Inventory(tensors: all)
    }
    let ours = ["embed_tokens.weight", "layers", "up.weight", "down.weight", "lm_head.weight"]
    let theirs = ["tok_embeddings.weight", "blocks", "w1.weight", "w2.weight", "output.weight"]
    let destination = tensors(ours, tied: true)
    func report(tied: Bool, hasOutput: Bool = true) -> Report {
      Engine().diagnose(
        destination: destination, source: tensors(theirs, tied: tied, hasOutput: hasOutput))
    }
    let apart = report(tied: false)
    #expect(apart.mapping.links.map(\.sources) == (0..<8).map { [$0] })
    let conflict = apart.diagnoses.first { $0.cause == .tiedConflict }
    #expect(conflict?.harm == .needsDecision)
    #expect(
      conflict?.evidence == [
        "embed_tokens.weight and lm_head.weight, from tok_embeddings.weight and output.weight"
      ])
    #expect(!apart.diagnoses.contains { $0.cause == .tiedAbsent })
    let shared = report(tied: true)
    #expect(shared.mapping.links.map(\.sources) == (0..<8).map { [$0] })
    #expect(!shared.diagnoses.contains { [.tiedConflict, .tiedAbsent].contains($0.cause) })
    let absent = report(tied: false, hasOutput: false)
    #expect(absent.mapping.links.last?.sources == [0])
    #expect(absent.diagnoses.contains { $0.cause == .tiedAbsent })
    #expect(!absent.diagnoses.contains { $0.cause == .tiedConflict })
  }

  @Test func matricesOfAColumnMajorFileMayListLogicalDimensions() {
    // Flux keeps (out, in) like PyTorch; only kernels are reversed there.
    let one = report(
      [
        TensorFacts("0.weight", [8, 8]), TensorFacts("0.bias", [8]),
        TensorFacts("2.weight", [4, 8]), TensorFacts("2.bias", [4]),
      ],
      [
        TensorFacts("layers.1.weight", [8, 8]), TensorFacts("layers.1.bias", [8]),
        TensorFacts("layers.2.weight", [4, 8]), TensorFacts("layers.2.bias", [4]),
      ], ["memory order": "column-major"])
    #expect(one.mapping.links.count == 4)
    #expect(one.mapping.links.allSatisfy { $0.operation.keepsValues })
  }

  @Test func nothingIsCutWhereItDoesNotStand() {
    // `model.` leads names on both sides; one of the source's has it twice.
    let one = report(
      [
        TensorFacts("model.a.weight", [2, 3]), TensorFacts("model.b.weight", [4, 5]),
        TensorFacts("head.weight", [6, 7]),
      ],
      [
        TensorFacts("model.a.weight", [2, 3]), TensorFacts("model.b.weight", [4, 5]),
        TensorFacts("head.weight", [6, 7]),
      ])
    #expect(one.diagnoses.isEmpty)
    #expect(one.rules.isEmpty)
  }

  @Test func whatTensorFlowEndsItsNamesInIsNoPartOfThem() {
    let end = "/.ATTRIBUTES/VARIABLE_VALUE"
    #expect(TensorFacts("a/kernel" + end, []).components == TensorFacts("a.kernel", []).components)
    let one = report(
      [
        TensorFacts("dense_0.weight", [32, 4]), TensorFacts("dense_0.bias", [32]),
        TensorFacts("dense_1.weight", [64, 32]), TensorFacts("dense_1.bias", [64]),
      ],
      [
        TensorFacts("layer_with_weights-0/kernel" + end, [4, 32]),
        TensorFacts("layer_with_weights-0/bias" + end, [32]),
        TensorFacts("layer_with_weights-1/kernel" + end, [32, 64]),
        TensorFacts("layer_with_weights-1/bias" + end, [64]),
      ])
    #expect(one.mapping.links.count == 4)
    #expect(one.mapping.unmatchedDestination.isEmpty)
  }

  @Test func whatNeedsNoPartnerIsTakenOutOfTheLoadByRules() throws {
    let both = ["fc.weight", "fc.bias", "out.weight"].map { TensorFacts($0, [4, 4], dtype: "F32") }
    let one = report(
      both + [TensorFacts("norm.num_batches_tracked", [], dtype: "I64")],
      both + (0..<3).map { TensorFacts("h.\($0).attn.mask", [1, 1, 8, 8], dtype: "BOOL") }
        + ["projector.0.weight", "projector.0.bias", "projector.2.weight"].map {
          TensorFacts($0, [4, 4], dtype: "F32")
        })
    #expect(
      Set(one.rules.map(\.description)) == [
        "skip norm.num_batches_tracked", "drop h.{0}.attn.mask", "drop projector.*",
      ])
    for diagnosis in one.diagnoses { #expect(diagnosis.remedy.count == 1) }
  }
}
