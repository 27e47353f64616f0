import EspalierTree
import Testing

@testable import EspalierLoad

@Suite struct StateTests {
  /// A layer with an activation, a tied array and its transpose.
  static func model() throws -> MemorySource {
    var views = Views()
    let shared = views.storage([1, 2, 3, 4])
    let layer = try views.tree.node("layer")
    views.tree.setLabel(Array("Dense".utf8), of: layer)
    views.tree.setKind(.positional, of: layer)
    try views.add("layer.w", shared, [2, 2])
    try views.add("layer.σ", .opaque(type: Array("tanh".utf8)))
    try views.add("rate", .float(0.5))
    try views.add("b", .bool(false))
    try views.add("none", .nothing)
    try views.add("again", shared, [2, 2])
    try views.add("turned", shared, [2, 2], .strided(offset: 0, strides: [1, 2]))
    try views.add("bias", views.storage([7]), [1])
    return views.finish()
  }

  @Test func theStateHasArraysAndPlainValuesOnly() throws {
    let whole = try state(of: Self.model())
    #expect(
      whole.tree.dump == """
        layer  (…)
          .w  F32 [2, 2]  tie 0
          .σ
        rate  0.5
        b  false
        none  nothing
        again  F32 [2, 2]  tie 0
        turned  F32 [2, 2] strides [1, 2] offset 0  tie 0
        bias  F32 [1]
        """)
    let node = try #require(whole.tree.node(named: "turned"))
    let turned = try #require(whole.tree.leaf(at: node))
    #expect(load(try whole.bytes(of: turned), as: Float.self) == [1, 3, 2, 4])
  }

  @Test func aPrunedStateLoadsBack() throws {
    let model = try Self.model()
    let pruned = try state(of: model, pruned: true)
    #expect(
      pruned.tree.dump == """
        layer  (…)
          .w  F32 [2, 2]
          .σ
        rate  0.5
        b  false
        none  nothing
        again  nothing
        turned  nothing
        bias  F32 [1]
        """)
    let plan = try LoadPlan(
      Alignment(model.tree, pruned.tree), destination: model, source: pruned)
    #expect(plan.issues.isEmpty && plan.coverage.tensorsLoaded == 4)
    let loaded = try LoadedSource(plan, destination: model, source: pruned)
    for leaf in model.tree.leafIDs where model.tree.kind(of: leaf) == .array {
      #expect(try loaded.bytes(of: leaf) == model.bytes(of: leaf))
    }
  }

  @Test func aVectorHasEachArrayOnce() throws {
    let model = try Self.model()
    let (vector, parameters) = try destructure(model)
    #expect(vector == [1, 2, 3, 4, 7])
    #expect(parameters.count == 5 && parameters.parts.count == 2)
    let next = try parameters.restructure([10, 20, 30, 40, 70] as [Double], into: model)
    func values(_ name: Name) throws -> [Float] {
      let node = try #require(next.tree.node(named: name))
      return load(try next.bytes(of: #require(next.tree.leaf(at: node))), as: Float.self)
    }
    #expect(try values("again") == [10, 20, 30, 40])
    #expect(try values("turned") == [10, 30, 20, 40])
    #expect(try values("bias") == [70])
    #expect(try destructure(next, as: Double.self).vector == [10, 20, 30, 40, 70])
    for wrong in [4, 6, 0] {
      #expect(throws: FlatParameters.WrongLength(found: wrong, expected: 5)) {
        try parameters.restructure([Float](repeating: 0, count: wrong), into: model)
      }
    }
  }

  @Test func frozenArraysStayOutWhenAsked() throws {
    var tree = TreeBuilder()
    try tree.setArray(
      ArrayDescription(.f32, [1], trainability: .frozen), at: tree.node("mean"))
    try tree.setArray(ArrayDescription(.bf16, [1], trainability: .trainable), at: tree.node("w"))
    let model = MemorySource(tree: tree.finish(), values: [floats(5), [0x80, 0x3F]])
    #expect(try destructure(model).vector == [5, 1])
    let (vector, parameters) = try destructure(model, trainableOnly: true)
    #expect(vector == [1])
    let next = try parameters.restructure([2] as [Float], into: model)
    #expect(try next.bytes(of: LeafID(0)) == floats(5))
    #expect(try next.bytes(of: LeafID(1)) == [0, 0x40])
  }

  @Test func whatIsNoNumberHasNoPlaceInAVector() throws {
    var builder = MemorySource.Builder()
    try builder.add("q", .q40, [32], [UInt8](repeating: 0, count: 18))
    #expect(throws: FlatParameters.NotFlat(path: TreePath(components: ["q"]), dtype: .q40)) {
      try destructure(builder.finish())
    }
  }

  @Test func aModelWithoutArraysIsAnEmptyVector() throws {
    #expect(try destructure(MemorySource.Builder().finish()).vector.isEmpty)
  }
}
