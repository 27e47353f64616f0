import Espalier
import Testing

@Suite struct DeclaredChildrenTests {
  struct Norm: Model {
    var scale = ramp([2])
    var mean = ramp([2], from: 5)
    var cache = ramp([7])
    static var modelChildren: [ModelChild] {
      [
        ModelChild("weight", \Norm.scale),
        ModelChild("running_mean", \Norm.mean, trainable: false),
      ]
    }
  }

  @Test func namesTrainabilityAndWhatIsLeftOut() throws {
    let source = try ModelSource(["n": Norm()])
    #expect(
      source.tree.dump == """
        n  <Norm>
          weight  F32 [2]
          running_mean  F32 [2]
        """)
    #expect(source.tree.leafIDs.map { source.tree.trainability(of: $0) } == [.trainable, .frozen])
    let (loaded, _) = try load(
      Norm(), fromModel: ["weight": filled(3, [2]), "running_mean": filled(4, [2])])
    #expect(loaded.scale == filled(3, [2]) && loaded.mean == filled(4, [2]))
    #expect(loaded.cache == ramp([7]))
  }

  @Test func whatIsBelowAFrozenChildIsFrozen() throws {
    struct Wrapper: Model {
      var norm = Norm()
      static var modelChildren: [ModelChild] {
        [ModelChild("norm", \Wrapper.norm, trainable: false)]
      }
    }
    let tree = try ModelSource(Wrapper()).tree
    #expect(tree.leafIDs.allSatisfy { tree.trainability(of: $0) == .frozen })
  }

  class Layer: Model {
    var weight = ramp([2])
    class var modelChildren: [ModelChild] { [ModelChild("weight", \Layer.weight)] }
  }
  final class Biased: Layer {
    var bias = ramp([2], from: 3)
    override class var modelChildren: [ModelChild] {
      super.modelChildren + [ModelChild("bias", \Biased.bias)]
    }
  }

  @Test func subclasses() throws {
    let model = Biased()
    let result = try load(model, fromModel: (weight: filled(1, [2]), bias: filled(2, [2]))).model
    #expect(result === model)
    #expect(model.weight == filled(1, [2]) && model.bias == filled(2, [2]))
    let base: Layer = Biased()
    #expect(try ModelSource(base).tree.node(named: "bias") != nil)
  }

  enum Block: Model {
    case dense(Tensor)
    case none
    static var modelChildren: [ModelChild] {
      [
        ModelChild(
          "weight",
          get: { (block: Block) -> Tensor? in
            if case .dense(let weight) = block { return weight }
            return nil
          },
          set: { block, weight in if let weight { block = .dense(weight) } })
      ]
    }
  }

  @Test func payloadsOfEnums() throws {
    let (loaded, _) = try load(
      [Block.dense(ramp([2])), .none], fromModel: [Block.dense(filled(8, [2])), .none])
    guard case .dense(let weight) = loaded[0] else {
      Issue.record("another case")
      return
    }
    #expect(weight == filled(8, [2]))
  }

  @Test func childrenThatCanOnlyBeRead() throws {
    struct Fixed: Model {
      let weight = ramp([2])
      static var modelChildren: [ModelChild] { [ModelChild("weight", \Fixed.weight)] }
    }
    let error = #expect(throws: ModelError.self) {
      try load(Fixed(), fromModel: ["weight": filled(1, [2])])
    }
    #expect(
      error?.description == "weight: cannot be loaded: the child weight is declared with a key "
        + "path that cannot be set; make the property `var`, or use an array with reference "
        + "semantics")
    // As a source it is as good as any.
    #expect(try load(["weight": filled(1, [2])], fromModel: Fixed()).model["weight"] == ramp([2]))
  }

  @Test func twoChildrenWithOneName() {
    struct Twice: Model {
      var a = ramp([2])
      static var modelChildren: [ModelChild] {
        [ModelChild("a", \Twice.a), ModelChild("a", \Twice.a)]
      }
    }
    #expect(throws: TreeError.duplicate(TreePath(components: ["a"]))) {
      try ModelSource(Twice())
    }
  }

  @Test func aPropertyWrapperIsDeclaredByWhatItWraps() throws {
    @propertyWrapper struct Parameter<T> { var wrappedValue: T }
    struct Wrapped: Model {
      @Parameter var weight = ramp([2])
      static var modelChildren: [ModelChild] { [ModelChild("weight", \Wrapped.weight)] }
    }
    #expect(
      try load(Wrapped(), fromModel: ["weight": filled(1, [2])]).model.weight.elements == [1, 1])
  }
}
