import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

/// What values decide where shapes are silent.
struct ValueEvidenceTests {
  private let size = 16

  /// Numbers without a pattern, the same for the same seed.
  private func noise(_ seed: Int, _ count: Int) -> [Float] {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
  }

  private func turned(_ values: [Float]) -> [Float] {
    (0..<size * size).map { values[$0 % size * size + $0 / size] }
  }

  private typealias Array2 = (name: String, shape: [Int], values: [Float])

  private func side(_ arrays: [Array2]) throws -> RepairSide {
    var builder = MemorySource.Builder()
    for array in arrays {
      try builder.add(
        Name(array.name), .f32, Shape(array.shape), values: array.values)
    }
    return RepairSide(builder.finish())
  }

  private func report(_ destination: [Array2], _ source: [Array2]) throws -> Report {
    let sides = (destination: try side(destination), source: try side(source))
    return Engine().diagnose(
      destination: sides.destination.inventory, source: sides.source.inventory,
      values: ValueComparison(source: sides.source, destination: sides.destination))
  }

  private func square(_ name: String, _ values: [Float]) -> Array2 { (name, [size, size], values) }

  @Test func aSquareMatrixThatIsTurnedLoadsAndIsWrong() throws {
    let weights = (0..<3).map { noise($0, size * size) }
    let destination = weights.enumerated().map { square("layers.\($0).w", $1) }
    let source = weights.enumerated().map { square("layers.\($0).w", turned($1)) }
    let found = try report(destination, source)
    #expect(found.diagnoses.map(\.cause) == [.transposed])
    let first = try #require(found.diagnoses.first)
    #expect(!first.isAssumption)
    #expect(first.evidence.contains { $0.hasPrefix("decided by the values of 3 tensors") })
    #expect(first.evidence.contains { $0.hasSuffix("the load succeeds, and is wrong") })
    #expect(found.mapping.links.allSatisfy { $0.operation == Operation([.transpose]) })
    #expect(found.rules.map(\.description) == ["layers.{0}.w = layers.{0}.w : transpose"])
  }

  @Test func tensorsThatWereNotComparedAreCountedApart() throws {
    let weights = (0..<5).map { noise($0, size * size) }
    let found = try report(
      weights.enumerated().map { square("layers.\($0).w", $1) },
      weights.enumerated().map { square("layers.\($0).w", turned($1)) })
    let evidence = try #require(found.diagnoses.first).evidence
    #expect(
      evidence.contains {
        $0.hasPrefix("decided by the values of 3 tensors")
          && $0.hasSuffix("2 more of the same kinds follow")
      })
    #expect(found.mapping.links.allSatisfy { $0.operation == Operation([.transpose]) })
  }

  @Test func valuesThatHaveNothingToDoWithEachOtherChangeNothing() throws {
    let destination = (0..<3).map { square("layers.\($0).w", noise($0, size * size)) }
    let source = (0..<3).map { square("layers.\($0).w", noise($0 + 50, size * size)) }
    let found = try report(destination, source)
    #expect(found.diagnoses.isEmpty)
    #expect(found.mapping.links.allSatisfy { $0.operation.keepsValues })
  }

  @Test func tensorsOfAKindThatDisagreeDecideNothing() throws {
    let weights = (0..<3).map { noise($0, size * size) }
    let destination = weights.enumerated().map { square("layers.\($0).w", $1) }
    let source = weights.enumerated().map {
      square("layers.\($0).w", $0 == 1 ? $1 : turned($1))
    }
    #expect(try report(destination, source).diagnoses.isEmpty)
  }

  @Test func theOrderOfFusedRowsIsReadFromValues() throws {
    var destination: [Array2] = []
    var source: [Array2] = []
    for layer in 0..<2 {
      let parts = (0..<3).map { noise(layer * 3 + $0, size * size) }
      for (name, part) in zip(["q_proj", "k_proj", "v_proj"], parts) {
        destination.append(square("layers.\(layer).attn.\(name).weight", part))
      }
      source.append(
        ("layers.\(layer).attn.qkv.weight", [3 * size, size], parts[1] + parts[0] + parts[2]))
    }
    let found = try report(destination, source)
    let fused = try #require(found.diagnoses.first { $0.cause == .fusedSplit })
    #expect(!fused.isAssumption)
    let steps = found.mapping.links.prefix(3).map(\.operation.description)
    #expect(steps == ["split(0,1,3)", "split(0,0,3)", "split(0,2,3)"])
  }

  @Test func withoutValuesTheOrderOfFusedRowsIsAnAssumption() {
    let names = ["q_proj", "k_proj", "v_proj"]
    let destination = Inventory(
      tensors: names.map { TensorFacts("layers.0.attn.\($0).weight", [16, 16]) })
    let source = Inventory(tensors: [TensorFacts("layers.0.attn.qkv.weight", [48, 16])])
    let found = Engine().diagnose(destination: destination, source: source)
    #expect(found.diagnoses.first { $0.cause == .fusedSplit }?.isAssumption == true)
  }
}
