import Espalier
import Testing

/// What Flux's own tests of `state` assert, for models of this library.
@Suite struct FluxStateTests {
  struct Parallel: Layer {
    var layers: (Dense, Dense)
  }

  @Test func structureWithoutTypes() throws {
    let model = Chain(
      Dense(10, 5), Parallel(layers: (Dense(filled(1, [2, 5]), .inactive), Dense(5, 2))))
    #expect(
      try state(of: model).tree.dump == """
        layers  (…)
          0
            weight  F32 [5, 10]
            bias  F32 [5]
            activation
          1
            layers  (…)
              0
                weight  F32 [2, 5]
                bias  false
                activation
              1
                weight  F32 [2, 5]
                bias  F32 [2]
                activation
        """)
  }

  @Test func aStateLoadsBack() throws {
    let model = Chain(
      Dense(10, 5, seed: 9),
      Parallel(layers: (Dense(filled(1, [2, 5]), .inactive), Dense(5, 2, seed: 4))))
    let other = Chain(
      Dense(10, 5),
      Parallel(layers: (Dense(filled(0, [2, 5]), .active(filled(1, [2]))), Dense(5, 2))))
    let (loaded, _) = try load(other, from: state(of: model))
    #expect(loaded[0, as: Dense.self]?.weight == model[0, as: Dense.self]?.weight)
    #expect(loaded[1, as: Parallel.self]?.layers.0.bias.elements == [0, 0])
  }

  @Test func everythingElseIsEmpty() throws {
    func tanh(_ x: Float) -> Float { x }
    #expect(try state(of: (1, tanh)).tree.dump == "0  1\n1")
    #expect(try state(of: (a: 1, b: tanh)).tree.dump == "a  1\nb")
    #expect(try state(of: ["a": 1, "b": tanh] as [String: Any]).tree.dump == "a  1\nb")
    let tree: [String: Any] = [
      "a": 1, "b": (c: ramp([3, 2]), d: (ramp([2, 2]), 1, [tanh]), e: tanh),
    ]
    #expect(
      try state(of: tree).tree.dump == """
        a  1
        b
          c  F32 [3, 2]
          d  (…)
            0  F32 [2, 2]
            1  1
            2  (…)
              0
          e
        """)
  }

  @Test func modesAndNumbersStay() throws {
    var dropout = Dropout(0.5)
    dropout.isActive = true
    let model = Chain(Dense(2, 1), dropout, BatchNorm(2))
    let tree = try state(of: model).tree
    func value(_ name: Name) -> LeafValue? {
      tree.node(named: name).flatMap { tree.leaf(at: $0) }.flatMap { tree.value($0) }
    }
    #expect(value("layers.1.isActive") == .bool(true))
    #expect(value("layers.1.rate") == .float(0.5))
    #expect(value("layers.2.isActive") == .nothing)
    #expect(value("layers.2.channels") == .integer(2))
    #expect(value("layers.2.isAffine") == .bool(true))
    #expect(tree.node(named: "layers.2.mean").flatMap { tree.leaf(at: $0) } != nil)
  }

  @Test func simpleValuesAreKept() throws {
    let model =
      (
        num: 1, real: 1.5, text: "hello", array: [1, 2, 3], flag: true, dictionary: ["a": 1],
        tuple: (1, 2, 3), character: Character("a"), nothing: Int?.none, large: UInt64.max
      )
    #expect(
      try state(of: model).tree.dump == """
        num  1
        real  1.5
        text  "hello"
        array  I64 [3]
        flag  true
        dictionary
          a  1
        tuple  (…)
          0  1
          1  2
          2  3
        character  "a"
        nothing  nothing
        large  18446744073709551615
        """)
  }

  @Test func pruned() throws {
    let shared = reference([2, 2])
    let model = [SharedDense(shared, .inactive), SharedDense(shared, .inactive)]
    let pruned = try state(of: model, pruned: true)
    #expect(
      pruned.tree.dump == """
        0
          weight  F32 [2, 2]
          bias  false
        1
          weight  nothing
          bias  false
        """)
    let target = reference([2, 2], from: 50)
    let (_, report) = try load(
      [SharedDense(target, .inactive), SharedDense(target, .inactive)], from: pruned)
    #expect(report.plan.issueCount == 0)
    #expect(target.elements == [1, 2, 3, 4])
  }
}
