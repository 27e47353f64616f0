import EspalierDiagnosis
import Testing

/// Trees of a few words put together at random, so that names begin, end and contain each other in
/// every way: whatever a file calls its tensors, there is a report, and it holds.
@Suite struct OddNameTests {
  @Test("An entry may be a tensor and a module at once")
  func tensorsWithTensorsBelow() {
    let names = ["a", "a.b", "a.c"]
    let inventory = Inventory(tensors: names.map { TensorFacts($0, [2]) })
    let report = Engine().diagnose(destination: inventory, source: inventory)
    #expect(report.diagnoses.isEmpty)
    #expect(report.after.tensors == 3)
  }

  @Test(arguments: 0..<40)
  func everyReportHolds(_ seed: Int) {
    var random = Random(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
    for _ in 0..<50 {
      let (one, two) = (random.inventory(), random.inventory())
      let report = Engine().diagnose(destination: one, source: two)
      let destinations = report.mapping.links.map(\.destination)
      #expect(Set(destinations).count == destinations.count)
      #expect(destinations.allSatisfy(one.tensors.indices.contains))
      #expect(
        report.mapping.links.flatMap(\.sources).allSatisfy(two.tensors.indices.contains))
      let again = report.rules.apply(to: two, destination: one)
      #expect(
        Set(again.links.map(\.destination)).isSuperset(of: destinations),
        "\(one.tensors.map(\.text)) \(two.tensors.map(\.text)) \(report.rules)")
    }
  }

  private struct Random {
    var state: UInt64

    mutating func below(_ count: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int((state >> 11) % UInt64(count))
    }

    private static let words = [
      "a", "b", "0", "1", "2", "module", "model", "layers", "layers1", "state_dict", "base_layer",
      "weight", "bias", "kernel", "running_mean", "running_var", "weight_g", "weight_v", "q", "k",
      "v", "qkv", "norm", "ema", "optimizer", "lora_A", "lora_B", "qweight", "scales", "_", "1_2",
      "rope_freqs", "num_batches_tracked", "parametrizations", "original0", "original1",
    ]
    private static let shapes = [
      [], [2], [3], [4], [6], [4, 2], [2, 4], [4, 4], [6, 4], [12, 4], [1, 4], [4, 2, 3, 3],
      [3, 3, 2, 4], [2, 4, 4],
    ]

    mutating func inventory() -> Inventory {
      // A few words each, so that names meet.
      let words = (0..<(2 + below(6))).map { _ in Self.words[below(Self.words.count)] }
      var seen: Set<String> = []
      var tensors: [TensorFacts] = []
      for _ in 0..<(1 + below(24)) {
        let name = (0..<(1 + below(4))).map { _ in words[below(words.count)] }
          .joined(separator: ".")
        guard seen.insert(name).inserted else { continue }
        tensors.append(TensorFacts(name, Self.shapes[below(Self.shapes.count)]))
      }
      let stated = below(4) == 0 ? ["epoch": "3", "num_attention_heads": "2"] : [:]
      return Inventory(tensors: tensors, metadata: stated)
    }
  }
}
