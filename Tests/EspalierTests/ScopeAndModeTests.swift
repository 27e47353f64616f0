import Espalier
import Testing

@Suite struct ScopeAndModeTests {
  @Test func lenientLoadsWhatFits() throws {
    let model = Chain(Dense(3, 2), Dense(2, 1))
    let source = [
      "layers.0.weight": filled(5, [2, 3]), "layers.1.weight": filled(6, [9, 9]),
      "extra": filled(7, [1]),
    ]
    let (loaded, report) = try load(model, fromModel: source, mode: .lenient)
    #expect(loaded[0, as: Dense.self]?.weight == filled(5, [2, 3]))
    #expect(loaded[1, as: Dense.self]?.weight == model[1, as: Dense.self]?.weight)
    #expect(report.unexpected.count == 1 && report.mismatched.count == 1)
    #expect(report.applied)
  }

  @Test func aRefusedLoadCarriesItsPlan() throws {
    let error = #expect(throws: LoadRefused.self) {
      try load(Dense(3, 2), fromModel: ["weight": ramp([3, 2])])
    }
    let plan = try #require(error?.plan)
    #expect(plan.issues.map(\.verdict) == [.shape, .missing])
    #expect(LoadReport(plan).text().contains("weight is F32 [2, 3]"))
    #expect("\(try #require(error))".contains("nothing has been changed"))
  }

  @Test func aSourceOfArraysAloneSaysNothingAboutTheRest() throws {
    let model = Chain(Dense(3, 2), Dropout(0.3), Dense(2, 1, bias: false))
    let file = [
      "layers.0.weight": filled(1, [2, 3]), "layers.0.bias": filled(2, [2]),
      "layers.2.weight": filled(3, [1, 2]),
    ]
    let (loaded, report) = try load(model, fromModel: file)
    #expect(report.plan.issueCount == 0 && report.loaded.count == 3)
    #expect(loaded[2, as: Dense.self]?.bias == .inactive)
    #expect(loaded[1, as: Dropout.self]?.rate == 0.3)

    // With anything else in it, a source is a model, and what it does not have is missing.
    let refused = #expect(throws: LoadRefused.self) {
      try load(model, fromModel: (layers: file, epoch: 3))
    }
    #expect(refused != nil)
    // An absent bias that the file has is still lost.
    var more = file
    more["layers.2.bias"] = filled(4, [1])
    let lost = #expect(throws: LoadRefused.self) { try load(model, fromModel: more) }
    #expect(lost?.plan.issues.map(\.verdict) == [.wouldBeLost])
  }

  @Test func aPlanIsAValue() throws {
    let model = reference([2])
    var plan = try plan([model], fromModel: [ramp([3])])
    #expect(!plan.isApplicable && plan.issueCount == 1)
    plan.mode = .lenient
    #expect(plan.refusal == .nothingToLoad)
    #expect(model.elements == [1, 2])
  }

  @Test func partsOfBothSides() throws {
    let model = Chain(Dense(3, 2), Dense(2, 1))
    let source = (epoch: 3, model: ["body": (weight: filled(4, [1, 2]), bias: filled(5, [1]))])
    let (loaded, _) = try load(
      model, fromModel: source, scope: LoadScope(into: "layers.1", from: "model.body"))
    #expect(loaded[1, as: Dense.self]?.weight == filled(4, [1, 2]))
    let wrong = #expect(throws: NoSuchPath.self) {
      try load(model, fromModel: source, scope: LoadScope(from: "modle"))
    }
    #expect(
      wrong?.description == "the source has no “modle”; at its top it has “epoch”, “model”")
  }

  @Test func filtersByGlob() throws {
    let model = Chain(Dense(3, 2), Dense(2, 1))
    let glob = try PathGlob("**.bias")
    let source = Chain(
      Dense(filled(1, [2, 3]), .inactive), Dense(filled(2, [1, 2]), .active(ramp([7]))))
    let (loaded, _) = try load(
      model, fromModel: source, scope: LoadScope(filter: .removing([glob])))
    #expect(loaded[1, as: Dense.self]?.weight == filled(2, [1, 2]))
    #expect(loaded[1, as: Dense.self]?.bias == model[1, as: Dense.self]?.bias)
  }

  @Test func modelsInVariables() throws {
    var model = Dense(3, 2)
    let report = try load(&model, fromModel: Dense(3, 2, seed: 30))
    #expect(model.weight == ramp([2, 3], from: 30) && report.loaded.count == 2)
  }
}
