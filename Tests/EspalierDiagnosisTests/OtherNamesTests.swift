import EspalierDiagnosis
import Testing

/// One model under the names of two libraries: what stands beside what, and in which order, decides
/// where shapes do not.
@Suite struct OtherNamesTests {
  private func report(_ one: DiagnosisCase) -> Report { SolvedCase(one).report }

  private func failures(_ one: DiagnosisCase) -> [String] {
    CaseScore(one, causes: [], mapping: report(one).mapping).failures.map { "\($0)" }
  }

  /// `w1`, `w3`, `w2` in each block are no disorder: equal norms keep their places.
  @Test func numbersThatEachBlockRepeatsAreNoDisorder() {
    var s = Skeleton()
    for n in 0..<6 {
      for (left, right) in [("gate", "w1"), ("up", "w3")] {
        s.dense("layers.\(n).mlp.\(left)", "h.\(n).ff.\(right)", 88, 32, bias: false)
      }
      s.dense("layers.\(n).mlp.down", "h.\(n).ff.w2", 32, 88, bias: false)
      for name in ["temporal", "channel"] {
        s.pair("layers.\(n).\(name).weight", "h.\(n).\(name).weight", [32])
      }
      for (left, right) in [("zeta", "omega"), ("alpha", "delta")] {
        s.pair("layers.\(n).\(left).weight", "h.\(n).\(right).weight", [48])
      }
    }
    #expect(failures(s.finish("order", causes: [])).isEmpty)
  }

  /// A list that is counted backwards is in order, too.
  @Test func listsMayBeCountedBackwards() {
    var s = Skeleton()
    for side in ["encoder", "decoder"] {
      for n in 0..<4 {
        let number = side == "decoder" ? 3 - n : n
        s.dense("\(side).blocks.\(n).conv", "\(side).stage.\(number).conv", 16 << n, 8)
      }
      for part in ["q", "k", "v"] {
        s.dense("\(side).mid_block.to_\(part)", "\(side).mid.attn_1.\(part)", 64, 64)
      }
    }
    #expect(failures(s.finish("backwards", causes: [])).isEmpty)
  }

  /// `fc1` and `fc2` are a list of two; which of a block's lists it is, its own words say.
  @Test func listsInsideOfABlockKeepTheirNames() {
    var s = Skeleton()
    for n in 0..<4 {
      for (left, right) in [
        ("self_attention", "self_attn"), ("cross_attention", "cross_attention"),
      ] {
        let (one, two) = ("layers.\(n).\(left)", "blocks.\(n).\(right)")
        s.dense("\(one).out", "\(two).proj", 32, 32)
        s.dense("\(one).mlp.fc1", "\(two).ff.linear1", 64, 64)
        s.dense("\(one).mlp.fc2", "\(two).ff.linear2", 32, 64)
      }
    }
    #expect(failures(s.finish("lists", causes: [])).isEmpty)
  }

  /// One attention is fused on both sides, the other on none.
  @Test func whatBothSidesHaveFusedIsNotSplit() {
    var s = Skeleton()
    for n in 0..<4 {
      let (one, two) = ("layers.\(n)", "blocks.\(n)")
      s.pair("\(one).cross_attn.in_proj_weight", "\(two).cross.in_proj_weight", [96, 32])
      s.pair("\(one).cross_attn.in_proj_bias", "\(two).cross.in_proj_bias", [96])
      for (left, right) in [("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value")] {
        s.dense("\(one).self_attn.\(left)", "\(two).attention.\(right)", 32, 32)
      }
    }
    #expect(failures(s.finish("fused", causes: [])).isEmpty)
  }

  /// A block that several layers share is stored once, and named in all of them on both sides.
  @Test func copiesOnBothSidesAreMatchedLikeTheRest() {
    var s = Skeleton()
    for n in 0..<8 {
      s.dense("layers.\(n).mixer", "blocks.\(n).ssm", 40, 24)
      guard n % 2 == 1 else { continue }
      for (left, right, shape) in [
        ("ff.up", "mlp.w3", [72, 24]), ("ff.down", "mlp.w2", [24, 72]),
      ] {
        let one = { (n: Int) in "layers.\(n).shared.\(left).weight" }
        let two = { (n: Int) in "blocks.\(n).shared.\(right).weight" }
        s.add(one(n), shape, tiedTo: n > 1 ? one(1) : nil)
        s.addSource(two(n), shape, tiedTo: n > 1 ? two(1) : nil)
        s.map(one(n), [two(n)], "rename")
      }
    }
    #expect(failures(s.finish("copies", causes: [])).isEmpty)
  }

  /// A table of two rows is no stack of two layers where the source has such a table, too.
  @Test func aTableThatBothSidesHaveIsNoStack() {
    var s = Skeleton()
    s.pair("embeddings.token_type_embeddings.weight", "embed.types.weight", [2, 32])
    s.pair("embeddings.norm.weight", "embed.ln.weight", [32])
    for n in 0..<2 {
      s.dense("encoder.\(n).up", "layers.\(n).fc_in", 96, 32, bias: false)
      s.pair("norms.\(n).weight", "output_norms.\(n).weight", [32])
    }
    #expect(failures(s.finish("table", causes: [])).isEmpty)
  }

  /// All that stands outside of the blocks is square: where all of it agrees, so do the models.
  @Test func whatIsWhollyTheSameIsRelated() {
    var s = Skeleton()
    s.dense("encoder.patcher", "enc.patcher", 8, 8)
    for n in 0..<3 {
      s.dense("encoder.mixers.\(n).mlp.fc1", "enc.layers.\(n).ff.linear1", 16, 8)
      s.dense("encoder.mixers.\(n).mlp.fc2", "enc.layers.\(n).ff.linear2", 8, 16)
    }
    #expect(failures(s.finish("mixer", causes: [])).isEmpty)
  }

  // MARK: A model and the same with a head

  /// The pooler of one head and the transform of the other agree in kind and width only.
  @Test func aHeadsLayerIsNotTakenFromAnotherHead() {
    var s = Skeleton()
    s.pair("bert.embeddings.word_embeddings.weight", "embeddings.word_embeddings.weight", [90, 32])
    for n in 0..<4 {
      s.dense("bert.encoder.layer.\(n).up", "encoder.layer.\(n).up", 96, 32)
      s.dense("bert.encoder.layer.\(n).down", "encoder.layer.\(n).down", 32, 96)
    }
    s.addSource("pooler.dense.weight", [32, 32])
    s.addSource("pooler.dense.bias", [32])
    s.add("cls.predictions.transform.dense.weight", [32, 32])
    s.add("cls.predictions.transform.dense.bias", [32])
    let one = s.finish("head", causes: [])
    #expect(failures(one).isEmpty)
    #expect(!report(one).diagnoses.map(\.cause).contains(.renamedModule))
  }

  /// The classifier's norm is called as the model's is.
  @Test func aHeadsNormIsNoSecondPrefix() {
    var s = Skeleton()
    for n in 0..<4 { s.dense("model.encoder.\(n).fc", "encoder.\(n).fc", 32, 32) }
    s.norm("model.layernorm", "layernorm", 32)
    s.add("classifier.layernorm.weight", [32])
    s.add("classifier.layernorm.bias", [32])
    #expect(failures(s.finish("norm", causes: [])).isEmpty)
  }

  /// Teacher and student both start from one file.
  @Test func aSecondCopyOfTheModelIsASecondPrefix() {
    var s = Skeleton()
    for prefix in ["student", "teacher"] {
      for n in 0..<4 {
        for (leaf, shape) in [("weight", [32, 48]), ("bias", [32])] {
          s.add("\(prefix).encoder.\(n).fc.\(leaf)", shape)
          s.map("\(prefix).encoder.\(n).fc.\(leaf)", ["encoder.\(n).fc.\(leaf)"], "rename")
        }
      }
    }
    for n in 0..<4 {
      s.addSource("encoder.\(n).fc.weight", [32, 48])
      s.addSource("encoder.\(n).fc.bias", [32])
    }
    #expect(failures(s.finish("copies", causes: [])).isEmpty)
  }

  // MARK: Kernels

  /// (k, in, out) with in = out fits two orders; the kernels with one answer decide.
  @Test func squareKernelsFollowTheOthers() {
    var s = Skeleton()
    s.pair(
      "conv.0.weight", "conv.0.kernel", [64, 1, 10], from: [10, 1, 64], "permute[2,1,0]")
    for n in 1..<6 {
      s.pair(
        "conv.\(n).weight", "conv.\(n).kernel", [64, 64, 3], from: [3, 64, 64], "permute[2,1,0]")
    }
    #expect(failures(s.finish("kernels", causes: [])).isEmpty)
  }

  /// A factor of low rank is thin, and no table.
  @Test func thinKernelsAreTurned() {
    var s = Skeleton()
    for n in 0..<3 {
      s.kernel("layers.\(n).linear_left", "layers.\(n).linear_left", 8, 96, bias: false)
      s.kernel("layers.\(n).linear_right", "layers.\(n).linear_right", 96, 8, bias: false)
      s.kernel("layers.\(n).mlp", "layers.\(n).mlp", 128, 96)
    }
    #expect(failures(s.finish("thin", causes: [])).isEmpty)
  }

  /// Inputs that many layers have are a width; that it is a square times channels is chance.
  @Test func aWidthIsNoFlattenedImage() {
    var s = Skeleton()
    s.pair("stem.weight", "stem.kernel", [4, 3, 7, 7], from: [7, 7, 3, 4], "permute[3,2,0,1]")
    for n in 0..<3 { s.kernel("layers.\(n).fc", "layers.\(n).fc", 48, 64) }
    #expect(failures(s.finish("width", causes: [])).isEmpty)
  }
}
