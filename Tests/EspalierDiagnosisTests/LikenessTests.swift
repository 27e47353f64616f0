import EspalierDiagnosis
import Testing

@Suite struct LikenessTests {
  private func pairs(_ left: [TensorFacts], _ right: [TensorFacts], _ threshold: Double) -> [String]
  {
    let sides = (Inventory(tensors: left), Inventory(tensors: right))
    return Likeness(
      destination: sides.0, Array(left.indices), source: sides.1, Array(right.indices)
    ).pairs(atLeast: threshold).map { "\(left[$0.destination].text)=\(right[$0.source].text)" }
  }

  @Test func wordsThatMeanTheSameAreAlike() {
    let left = [
      TensorFacts("a.0.q_proj.weight", [4, 4]), TensorFacts("a.0.k_proj.weight", [4, 4]),
    ]
    let right = [TensorFacts("a.0.key.weight", [4, 4]), TensorFacts("a.0.query.weight", [4, 4])]
    #expect(
      pairs(left, right, 0.5) == [
        "a.0.q_proj.weight=a.0.query.weight", "a.0.k_proj.weight=a.0.key.weight",
      ])
  }

  @Test func shapesRolesAndNumbersHaveToAgree() {
    let left = [TensorFacts("a.0.up.weight", [4])]
    #expect(pairs(left, [TensorFacts("a.0.up.weight", [5])], 0).isEmpty)
    #expect(pairs(left, [TensorFacts("a.0.up.bias", [4])], 0).isEmpty)
    #expect(pairs(left, [TensorFacts("a.1.up.weight", [4])], 0).isEmpty)
    #expect(pairs(left, [TensorFacts("b.0.up.weight", [4])], 0).count == 1)
  }

  @Test func whatIsAsGoodAsAnotherIsNotPaired() {
    let left = [TensorFacts("x.weight", [4])]
    let right = [TensorFacts("y.weight", [4]), TensorFacts("z.weight", [4])]
    #expect(pairs(left, right, 0).isEmpty)
  }

  @Test func aHigherThresholdPairsNoMore() {
    let left = (0..<6).map { TensorFacts("block.\($0).attn.out.weight", [4, 4]) }
    let right = (0..<6).map { TensorFacts("block.\($0).attention.output.dense.weight", [4, 4]) }
    var last = left.count
    for percent in stride(from: 0, through: 100, by: 10) {
      let count = pairs(left, right, Double(percent) / 100).count
      #expect(count <= last)
      last = count
    }
    #expect(pairs(left, right, 0).count == 6)
    #expect(last == 0)
  }
}
