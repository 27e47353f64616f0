import Espalier
import Testing

/// What Flux's own tests of `loadmodel!` assert, for models of this library.
@Suite struct FluxLoadingTests {
  func network(seed: Float, outputs: Int = 5) -> Chain {
    Chain(Dense(10, outputs, seed: seed), Dense(outputs, 2, seed: seed + 100))
  }

  @Test func parametersAreCopiedAndFunctionsAreNot() throws {
    var destination = network(seed: 1)
    destination.layers[1] = Dense(ramp([2, 5]), .active(ramp([2]))) { max(0, $0) }
    let source = network(seed: 50)
    let (loaded, report) = try load(destination, fromModel: source)
    #expect(loaded[0, as: Dense.self]?.weight == source[0, as: Dense.self]?.weight)
    #expect(loaded[0, as: Dense.self]?.bias == source[0, as: Dense.self]?.bias)
    #expect(loaded[1, as: Dense.self]?.weight == source[1, as: Dense.self]?.weight)
    #expect(loaded[1, as: Dense.self]?.activation(-3) == 0)
    #expect(report.loaded.count == 4)
    #expect(destination[0, as: Dense.self]?.weight == ramp([5, 10]), "a value is not changed")
  }

  struct Parallel: Layer {
    var layers: (Dense, Dense)
  }

  @Test func nestedStructuresAndAnInactiveBias() throws {
    let destination = Chain(
      Dense(10, 5),
      Parallel(layers: (Dense(filled(1, [2, 5]), .inactive), Dense(5, 2))))
    var source = Chain(
      Dense(10, 5, seed: 20), Parallel(layers: (Dense(5, 2, seed: 30), Dense(5, 2, seed: 40))))

    // On purpose unlike Flux's code (and like its documentation): values would be lost.
    let refused = #expect(throws: LoadRefused.self) { try load(destination, fromModel: source) }
    #expect(refused?.plan.issues.map(\.verdict) == [.wouldBeLost])

    let options = LoadOptions(ignoreInactive: true)
    let (loaded, _) = try load(destination, fromModel: source, options: options)
    let parallel = try #require(loaded[1, as: Parallel.self])
    #expect(loaded[0, as: Dense.self]?.weight == source[0, as: Dense.self]?.weight)
    #expect(parallel.layers.0.weight == ramp([2, 5], from: 30))
    #expect(parallel.layers.0.bias == .inactive)

    // Zeros are nothing that could be lost.
    source.layers[1] = Parallel(
      layers: (Dense(ramp([2, 5]), .active(filled(0, [2]))), Dense(5, 2)))
    #expect(try load(destination, fromModel: source).report.plan.issueCount == 0)
  }

  @Test func structuresThatDifferAreRefused() throws {
    let destination = network(seed: 1)
    let convolution = Chain(Conv((3, 3), 3, 16), Dense(5, 2))
    let parallel = Chain(Dense(10, 5), Parallel(layers: (Dense(5, 2), Dense(5, 2))))
    let shapes = #expect(throws: LoadRefused.self) {
      try load(destination, fromModel: convolution)
    }
    // Flux compares the fields of `Dense` and `Conv`, too.
    #expect(shapes?.plan.issues.contains { $0.verdict == .shape } == true)
    let structure = #expect(throws: LoadRefused.self) {
      try load(destination, fromModel: parallel)
    }
    #expect(structure?.plan.issues.contains { $0.verdict == .missing } == true)
    #expect(structure?.plan.issues.contains { $0.verdict == .unexpected } == true)
  }

  @Test func sizesThatDifferAreRefused() throws {
    let destination = network(seed: 1)
    let refused = #expect(throws: LoadRefused.self) {
      try load(destination, fromModel: network(seed: 2, outputs: 6))
    }
    // All of them, not the first one.
    #expect(refused?.plan.issues.map(\.verdict) == [.shape, .shape, .shape])
  }

  @Test func batchNormAndDropout() throws {
    let flatten = { (x: Float) in x }
    let destination = Chain(
      Conv((3, 3), 3, 16), BatchNorm(16), Activation(flatten), Dropout(0.2))
    var norm = BatchNorm(16)
    norm.mean = ramp([16], from: 7)
    let source = Chain(
      Conv((3, 3), 3, 16, seed: 9), norm, Activation { $0 * 2 }, Dropout(0.1))
    let (loaded, _) = try load(destination, fromModel: source)
    #expect(loaded[1, as: BatchNorm.self]?.mean == norm.mean, "arrays that are not trained, too")
    #expect(loaded[2, as: Activation.self]?.function(3) == 3)
    #expect(loaded[3, as: Dropout.self]?.rate == 0.2)
  }

  /// The digits example of LegolasFlux: small kernels here, the same layers.
  static func digits(rate: Float, pool: Int, seed: Float) -> [any Layer] {
    [
      Dropout(rate), Conv((3, 3), 1, 4, seed: seed), BatchNorm(4), MaxPool((pool, pool)),
      Dropout(rate), Conv((3, 3), 4, 3, seed: seed + 1), Dropout(rate), MaxPool((pool, pool)),
      Dropout(rate), Conv((3, 3), 3, 2, seed: seed + 2), Dropout(rate), Activation { $0 },
      Dropout(rate), Dense(9, 10, seed: seed + 3), Activation { $0 },
    ]
  }

  /// `Chain` of an array opposite a tuple: another type with the same children.
  struct TupleChain<each L> {
    var layers: (repeat each L)
  }

  @Test func biggerModelWithLayersOfEveryKind() throws {
    var destination = Chain()
    destination.layers = Self.digits(rate: 0.2, pool: 2, seed: 1)
    var list = Self.digits(rate: 0.1, pool: 3, seed: 60)
    var norm = BatchNorm(4)
    norm.mean = filled(5, [4])
    norm.variance = filled(2, [4])
    norm.isActive = false
    list[2] = norm
    let source = TupleChain(
      layers: (
        list[0], list[1], list[2], list[3], list[4], list[5], list[6], list[7], list[8], list[9],
        list[10], list[11], list[12], list[13], list[14]
      ))
    let (loaded, _) = try load(destination, fromModel: source)
    for (layer, from) in zip(loaded.layers, list) {
      switch (layer, from) {
      case (let layer as Dropout, _): #expect(layer.rate == 0.2)
      case (let layer as MaxPool, _): #expect(layer.window == (2, 2))
      case (let layer as Dense, let from as Dense):
        #expect(layer.weight == from.weight && layer.bias == from.bias)
      case (let layer as Conv, let from as Conv):
        #expect(layer.weight == from.weight && layer.bias == from.bias)
      case (let layer as BatchNorm, let from as BatchNorm):
        #expect(layer.mean == from.mean && layer.variance == from.variance)
        #expect(layer.isActive == nil, "train and test mode are the destination's own")
      default: break
      }
    }
  }

  @Test func aSubsetOfTheModel() throws {
    var source = Chain()
    source.layers = Self.digits(rate: 0.2, pool: 2, seed: 1)
    var destination = Chain()
    destination.layers = Self.digits(rate: 0.1, pool: 3, seed: 60)
    source.layers[13] = Dense(filled(1, [10, 9]), .active(filled(1, [10])))
    try load(
      &destination, fromModel: source, scope: LoadScope(into: "layers.13", from: "layers.13"))
    try load(
      &destination, fromModel: source, scope: LoadScope(into: "layers.2", from: "layers.2"))
    // A part is a model as well.
    var layer = try #require(destination[5, as: Conv.self])
    try load(&layer, fromModel: try #require(source[5, as: Conv.self]))
    destination.layers[5] = layer
    #expect(destination[13, as: Dense.self]?.weight == filled(1, [10, 9]))
    #expect(destination[5, as: Conv.self]?.weight == source[5, as: Conv.self]?.weight)
    #expect(destination[1, as: Conv.self]?.bias != source[1, as: Conv.self]?.bias)
  }

  // MARK: Tied arrays

  func tiedPair(_ weight: ArrayReference<Float>) -> [SharedDense] {
    [
      SharedDense(weight, .active(reference([4], from: 3))),
      SharedDense(weight, .active(reference([4], from: 5))),
    ]
  }

  @Test func tiedWeightsThatAgree() throws {
    let shared = reference([4, 4])
    let model = tiedPair(shared)
    let (loaded, report) = try load(model, fromModel: tiedPair(reference([4, 4], from: 90)))
    #expect(loaded[0].weight === loaded[1].weight && loaded[0].weight === shared)
    #expect(shared.elements.first == 90)
    #expect(report.plan.notes.contains { $0.kind == .tied })
  }

  @Test func tiedWeightsWhoseSourcesDiffer() throws {
    let shared = reference([4, 4])
    let model = tiedPair(shared)
    let source = [
      SharedDense(reference([4, 4], from: 2), .active(reference([4]))),
      SharedDense(reference([4, 4], from: 3), .active(reference([4]))),
    ]
    let refused = #expect(throws: LoadRefused.self) { try load(model, fromModel: source) }
    #expect(refused?.plan.issues.map(\.verdict) == [.tiedSourcesDiffer])
    #expect(shared.elements == ramp([4, 4]).elements, "nothing has been written")
    // Lenient: the first load stands.
    _ = try load(model, fromModel: source, mode: .lenient)
    #expect(shared.elements.first == 2)
  }

  @Test func aTiedBiasAndAnAbsentOne() throws {
    let bias = reference([5], from: 4)
    let model = [
      SharedDense(reference([5, 10]), .active(bias)),
      SharedDense(reference([5, 5]), .active(bias)),
    ]
    let source = [
      SharedDense(reference([5, 10]), .active(.zeros([5]))),
      SharedDense(reference([5, 5]), .inactive),
    ]
    _ = try load(model, fromModel: source)
    #expect(bias.elements == [0, 0, 0, 0, 0])
    #expect(model[0].bias.parameter === model[1].bias.parameter)

    source[0].bias.parameter?.elements = [1, 1, 1, 1, 1]
    let refused = #expect(throws: LoadRefused.self) { try load(model, fromModel: source) }
    #expect(refused?.plan.issues.map(\.verdict) == [.tiedBoolAndArray])
  }

  // MARK: Filters

  @Test func aLayerThatOneModelAloneHasIsSkipped() throws {
    let plain = Chain(Dense(10, 5), Dense(5, 2))
    let withDropout = Chain(Dense(10, 5, seed: 20), Dropout(0.2), Dense(5, 2, seed: 30))
    let scope = LoadScope(filter: .removing(types: ["Dropout"]))
    #expect(throws: LoadRefused.self) { try load(plain, fromModel: withDropout) }

    let (loaded, _) = try load(plain, fromModel: withDropout, scope: scope)
    #expect(loaded[0, as: Dense.self]?.weight == withDropout[0, as: Dense.self]?.weight)
    #expect(loaded[1, as: Dense.self]?.weight == withDropout[2, as: Dense.self]?.weight)

    let (back, _) = try load(withDropout, fromModel: plain, scope: scope)
    #expect(back[0, as: Dense.self]?.weight == plain[0, as: Dense.self]?.weight)
    #expect(back[2, as: Dense.self]?.weight == plain[1, as: Dense.self]?.weight)
    #expect(back[1, as: Dropout.self]?.rate == 0.2)
  }

  // MARK: An absent bias

  @Test func withAndWithoutABias() throws {
    let without = Chain(Dense(filled(1, [3, 2]), .inactive), Dense(3, 1))
    let random = Chain(Dense(ramp([3, 2], from: 40), .active(ramp([3], from: 8))), Dense(3, 1))
    let numbered = Chain(Dense(ramp([3, 2]), .active(ramp([3], from: 7))), Dense(3, 1))

    let (first, _) = try load(random, fromModel: numbered)
    #expect(first[0, as: Dense.self]?.bias.elements == [7, 8, 9])
    #expect(first[0, as: Dense.self]?.weight.elements.reduce(0, +) == 21)

    let (second, report) = try load(first, fromModel: without)
    #expect(second[0, as: Dense.self]?.bias.elements == [0, 0, 0])
    #expect(second[0, as: Dense.self]?.weight.elements.reduce(0, +) == 6)
    #expect(report.zeroFilled.count == 1)

    #expect(throws: LoadRefused.self) { try load(without, fromModel: numbered) }
    let (third, notes) = try load(
      without, fromModel: numbered, options: LoadOptions(ignoreInactive: true))
    #expect(third[0, as: Dense.self]?.bias == .inactive)
    #expect(third[0, as: Dense.self]?.weight.elements.reduce(0, +) == 21)
    #expect(notes.plan.notes.contains { $0.kind == .inactiveIgnored })
  }

  @Test func aBooleanThatIsTrueIsNeverLoaded() throws {
    struct Flag { var bias = true }
    struct Numbers { var bias = ramp([2]) }
    let into = #expect(throws: LoadRefused.self) { try load(Flag(), fromModel: Numbers()) }
    #expect(into?.plan.issues.map(\.verdict) == [.trueInDestination])
    let from = #expect(throws: LoadRefused.self) { try load(Numbers(), fromModel: Flag()) }
    #expect(from?.plan.issues.map(\.verdict) == [.trueInSource])
  }
}
