import Espalier
import Testing

@Suite struct FlatTests {
  @Test func thereAndBack() throws {
    let model = Chain(Dense(3, 2), BatchNorm(2), Dense(ramp([2, 2]), .inactive))
    let vector = try destructure(model)
    #expect(vector.count == 6 + 2 + 4 * 2 + 4)
    #expect(Array(vector.prefix(8)) == [1, 2, 3, 4, 5, 6, 1.5, 2.5])
    let doubled = try restructure(model, from: vector.map { $0 * 2 })
    #expect(doubled[0, as: Dense.self]?.weight.elements == [2, 4, 6, 8, 10, 12])
    #expect(try destructure(doubled) == vector.map { $0 * 2 })
    #expect(doubled[1, as: BatchNorm.self]?.epsilon == 1e-5)
  }

  @Test func trainableOnly() throws {
    let model = DeclaredChildrenTests.Norm()
    #expect(try destructure(model) == [1, 2, 5, 6])
    #expect(try destructure(model, trainableOnly: true) == [1, 2])
    let changed = try restructure(model, from: [8, 9] as [Float], trainableOnly: true)
    #expect(changed.scale.elements == [8, 9] && changed.mean.elements == [5, 6])
  }

  @Test func aTiedArrayStandsOnce() throws {
    let shared = reference([2])
    let model = (shared, reference([1], from: 7), shared)
    #expect(try destructure(model) == [1, 2, 7])
    _ = try restructure(model, from: [3, 4, 5] as [Float])
    #expect(shared.elements == [3, 4] && model.1.elements == [5])
  }

  @Test func elementTypes() throws {
    let model = (a: [1, 2] as [Double], b: [3] as [Int32], c: [4.5] as [Float16])
    #expect(try destructure(model, as: Double.self) == [1, 2, 3, 4.5])
    let back = try restructure(model, from: [5, 6, 7, 8] as [Double])
    #expect(back.a == [5, 6] && back.b == [7] && back.c == [8])
  }

  @Test(arguments: [0, 2, 4]) func theLengthIsChecked(_ count: Int) throws {
    let model = [reference([3])]
    #expect(throws: FlatParameters.WrongLength.self) {
      try restructure(model, from: [Float](repeating: 0, count: count))
    }
    #expect(model[0].elements == [1, 2, 3])
  }

  @Test func aModelWithoutParameters() throws {
    #expect(try destructure(Dropout(0.5)) == [])
    #expect(try restructure(Dropout(0.5), from: [] as [Float]).rate == 0.5)
  }

  // MARK: By position

  @Test func listsOfArrays() throws {
    let model = Chain(Dense(3, 2), Dropout(0.1), Dense(2, 1))
    let arrays: [any ModelArray] = [
      filled(1, [2, 3]), filled(2, [2]), [3, 3] as [Float], filled(4, [1]),
    ]
    let refused = #expect(throws: LoadRefused.self) { try loadByPosition(model, from: arrays) }
    #expect(refused?.plan.issues.map(\.verdict) == [.shape])
    var right = arrays
    right[2] = filled(3, [1, 2])
    let (loaded, report) = try loadByPosition(model, from: right)
    #expect(loaded[2, as: Dense.self]?.weight == filled(3, [1, 2]))
    #expect(report.plan.notes.contains { $0.kind == .namesNotChecked })
    #expect(throws: LoadRefused.self) {
      try loadByPosition(model, from: Array(right.dropLast()))
    }
    #expect(throws: LoadRefused.self) {
      try loadByPosition(model, from: right + [filled(0, [1])])
    }
  }

  @Test func modelsWithOtherNames() throws {
    struct Other {
      var kernel = ramp([2, 3], from: 60)
      var offset = ramp([2], from: 70)
    }
    let (loaded, _) = try loadByPosition(Dense(3, 2), from: ModelSource(Other()))
    #expect(loaded.weight == ramp([2, 3], from: 60) && loaded.bias.elements == [70, 71])
  }
}
