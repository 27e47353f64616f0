import Espalier
import Testing

/// Every kind of model that takes part without code: read, loaded, and which of them are changed.
@Suite struct ModelKindsTests {
  static let new = filled(9, [2])

  /// Loads `new` into the one array of a model, found at `path`, and returns the result.
  func filledIn<M>(_ model: M, _ path: Name) throws -> M {
    let tree = try ModelSource(model).tree
    #expect(tree.node(named: path) != nil, "\(tree.dump)")
    return try load(
      model, fromModel: Self.new, scope: LoadScope(into: path)
    ).model
  }

  struct Leaf { var weight = ramp([2]) }
  struct Nest {
    var inner = Leaf()
    var name = "n"
  }
  final class Box {
    var weight = ramp([2])
    let label = "box"
  }
  class Base { var weight = ramp([2]) }
  final class Derived: Base {
    var extra = 1
    var own = ramp([3])
  }
  struct Generic<T> { var content: T }

  @Test func structs() throws {
    let model = Nest()
    #expect(try filledIn(model, "inner.weight").inner.weight == Self.new)
    #expect(model.inner.weight == ramp([2]))
  }

  @Test func aStructThatIsAnArray() throws {
    #expect(try load(ramp([2]), fromModel: Self.new).model == Self.new)
    #expect(try load([Float](repeating: 0, count: 2), fromModel: Self.new).model == [9, 9])
  }

  @Test func classesAreChangedInPlace() throws {
    let box = Box()
    let result = try filledIn(box, "weight")
    #expect(result === box && box.weight == Self.new)
  }

  @Test func inheritedPropertiesComeFirst() throws {
    let model = Derived()
    #expect(
      try ModelSource(model).tree.dump
        == "weight  F32 [2]  tie \(0)\nextra  1\nown  F32 [3]"
        .replacing("  tie 0", with: ""))
    _ = try filledIn(model, "weight")
    #expect(model.weight == Self.new && model.own == ramp([3]))
  }

  @Test func aBaseClassReferenceShowsTheWholeObject() throws {
    let model: Base = Derived()
    #expect(try ModelSource(model).tree.node(named: "own") != nil)
  }

  @Test func structsInClassesInStructs() throws {
    struct Outer { let box: Middle }
    final class Middle { var nest = Nest() }
    let model = Outer(box: Middle())
    _ = try filledIn(model, "box.nest.inner.weight")
    #expect(model.box.nest.inner.weight == Self.new, "a `let` of an object is no obstacle")
  }

  @Test func arraysOfStructs() throws {
    #expect(try filledIn([Leaf(), Leaf()], "1.weight")[1].weight == Self.new)
    #expect(try filledIn(ContiguousArray([Leaf()]), "0.weight")[0].weight == Self.new)
    #expect(try filledIn([Leaf(), Leaf(), Leaf()][1...], "1.weight")[2].weight == Self.new)
  }

  @Test func arraysOfExistentials() throws {
    let layers: [any Layer] = [Dropout(0.1), Dense(ramp([2]), .inactive)]
    let loaded = try filledIn(layers, "1.weight")
    #expect((loaded[1] as? Dense)?.weight == Self.new)
    #expect((loaded[0] as? Dropout)?.rate == 0.1)
  }

  @Test func arraysOfAnything() throws {
    let loaded = try filledIn([1, "two", Leaf(), nil] as [Any?], "2.weight")
    #expect((loaded[2] as? Leaf)?.weight == Self.new && loaded[3] == nil)
  }

  @Test func existentialsInStructs() throws {
    struct Holder {
      var layer: any Layer
      var any: Any
    }
    let model = Holder(layer: Dense(ramp([2]), .inactive), any: Leaf())
    #expect((try filledIn(model, "layer.weight").layer as? Dense)?.weight == Self.new)
    #expect((try filledIn(model, "any.weight").any as? Leaf)?.weight == Self.new)
    #expect(
      try ModelSource(model).tree.node(named: "layer").map {
        try ModelSource(model).tree.label(of: $0)
      } == Array("Dense".utf8))
  }

  @Test func dictionaries() throws {
    #expect(try filledIn(["b": Leaf(), "a": Leaf()], "b.weight")["b"]?.weight == Self.new)
    #expect(try filledIn([10: Leaf(), 9: Leaf()], "10.weight")[10]?.weight == Self.new)
    enum Key: Hashable { case query, value }
    #expect(try filledIn([Key.query: Leaf()], "query.weight")[.query]?.weight == Self.new)
    let order = try ModelSource([10: Leaf(), 9: Leaf(), 1: Leaf()]).tree
    #expect(order.children(of: .root).map { order.name(of: $0) } == ["1", "9", "10"])
  }

  @Test func aDictionaryOfDottedNamesIsAStateDict() throws {
    let stateDict = ["layer.weight": Self.new]
    struct Model { var layer = Leaf() }
    #expect(try load(Model(), fromModel: stateDict).model.layer.weight == Self.new)
    let back = try load(["layer.weight": ramp([2])], fromModel: Model())
    #expect(back.model["layer.weight"] == ramp([2]))
    #expect(try ModelSource(stateDict).tree.dump == "layer\n  .weight  F32 [2]")
  }

  @Test func tuples() throws {
    let plain = try filledIn((1, Leaf()), "1.weight")
    #expect(plain.1.weight == Self.new && plain.0 == 1)
    let named = try filledIn((rate: 0.5, layer: Leaf()), "layer.weight")
    #expect(named.layer.weight == Self.new && named.rate == 0.5)
    #expect(try ModelSource((1, 2)).tree.kind(of: .root) == .positional)
    #expect(try ModelSource((a: 1, b: 2)).tree.kind(of: .root) == .keyed)
  }

  @Test func optionals() throws {
    struct Model {
      var head: Leaf?
      var deep: Leaf??
      var none: Leaf?
    }
    let model = Model(head: Leaf(), deep: .some(.some(Leaf())), none: nil)
    #expect(try filledIn(model, "head.weight").head?.weight == Self.new)
    #expect(try filledIn(model, "deep.weight").deep??.weight == Self.new)
    #expect(try ModelSource(model).tree.dump.hasSuffix("none  nothing"))
    let array = try filledIn([ramp([2]), nil] as [Tensor?], "0")
    #expect(array == [Self.new, nil])
  }

  @Test func optionalParameters() throws {
    struct Model {
      var bias = OptionalParameter.active(ramp([2]))
      var none = OptionalParameter<Tensor>.inactive
    }
    #expect(try filledIn(Model(), "bias").bias == .active(Self.new))
    #expect(try ModelSource(Model()).tree.dump == "bias  F32 [2]\nnone  false")
    #expect(try filledIn(OptionalParameter.active(Leaf()), "weight").parameter?.weight == Self.new)
  }

  @Test func genericsAndPrivateProperties() throws {
    struct Hidden {
      private var weight = ramp([2])
      var shown: Tensor { weight }
    }
    #expect(try filledIn(Generic(content: Hidden()), "content.weight").content.shown == Self.new)
  }

  /// Nothing in this module writes the property: an optimised build must not take it as constant.
  @Test func privatePropertiesOfObjects() throws {
    final class Sealed {
      private var weight = ramp([2])
      var shown: [Float] { weight.elements }
    }
    let model = Sealed()
    #expect(model.shown == [1, 2])
    _ = try filledIn(model, "weight")
    #expect(model.shown == [9, 9])
  }

  @Test func lazyPropertiesAndComputedOnes() throws {
    struct Model {
      lazy var weight = ramp([2])
      var double: Tensor { filled(2, [2]) }
    }
    var model = Model()
    #expect(try ModelSource(model).tree.dump == "weight  nothing")
    _ = model.weight
    var loaded = try filledIn(model, "weight")
    #expect(loaded.weight == Self.new)
  }

  @Test func weakAndUnownedReferencesAreNoChildren() throws {
    final class Child {
      weak var parent: Parent?
      unowned var root: Parent
      var weight = ramp([2])
      init(_ parent: Parent) {
        self.parent = parent
        root = parent
      }
    }
    final class Parent {
      var child: Child?
      var weight = ramp([2])
    }
    let parent = Parent()
    parent.child = Child(parent)
    #expect(
      try ModelSource(parent).tree.dump == "child  <Child>\n  weight  F32 [2]\nweight  F32 [2]")
    _ = try filledIn(parent, "child.weight")
    #expect(parent.child?.weight == Self.new)
  }

  @Test func enums() throws {
    enum Block {
      case dense(ArrayReference<Float>)
      case pair(weight: ArrayReference<Float>, gain: Float)
      case none
    }
    let first = reference([2])
    let second = reference([2])
    let model: [Block] = [.dense(first), .pair(weight: second, gain: 2), .none]
    #expect(
      try ModelSource(model).tree.dump == """
        0  F32 [2]
        1
          weight  F32 [2]
          gain  2.0
        2  <Block.none>
        """)
    _ = try filledIn(model, "1.weight")
    #expect(second.elements == [9, 9] && first.elements == [1, 2])
  }

  @Test func leavesThatAreNotArrays() throws {
    struct Model {
      var flag = true
      var count = 3
      var large = UInt64.max
      var rate: Float = 0.1
      var text = "gelu"
      var piece: Substring = "ab"
      var type: Any.Type = Int.self
      var function: (Float) -> Float = { $0 }
      var range = 0..<3
      var set: Set<Int> = [1]
    }
    #expect(
      try ModelSource(Model()).tree.dump == """
        flag  true
        count  3
        large  18446744073709551615
        rate  0.10000000149011612
        text  "gelu"
        piece  "ab"
        type  <Int.Type>
        function  <(Float) -> Float>
        range  <Range<Int>>
        set  <Set<Int>>
        """)
  }

  @Test func emptyModels() throws {
    struct Empty {}
    #expect(try ModelSource(Empty()).tree.nodeCount == 1)
    #expect(try ModelSource([Leaf]()).tree.kind(of: .root) == .positional)
    #expect(try ModelSource([Float]()).tree.dump == "")
    #expect(try ModelSource(()).tree.nodeCount == 1)
    #expect(try ModelSource(Leaf?.none as Any).tree.leafCount == 1)
  }

  @Test func scalarsAndEmptyArrays() throws {
    struct Model {
      var scalar = ShapedArray<Float>([3], shape: [])
      var none = Tensor([], shape: [0, 4])
    }
    struct Source {
      var scalar = ShapedArray<Float>([7], shape: [])
      var none = Tensor([], shape: [0, 4])
    }
    let (loaded, _) = try load(Model(), fromModel: Source())
    #expect(loaded.scalar.elements == [7] && loaded.none.elements.isEmpty)
  }

  actor Isolated { var weight = ramp([2]) }

  @Test func actorsKeepTheirState() throws {
    #expect(try ModelSource(["a": Isolated()]).tree.dump == "a  <Isolated>")
  }

  @Test func elementTypes() throws {
    struct Model {
      var half: [Float16] = [0, 0]
      var double: [Double] = [0, 0]
      var small: [Int8] = [0, 0]
      var flags = [false, false]
      var words: [UInt32] = [0, 0]
      var bits: [BFloat16] = [BFloat16(bits: 0), BFloat16(bits: 0)]
    }
    struct Source {
      var half: [Float] = [1.5, -2]
      var double: [Int32] = [7, -8]
      var small: [Double] = [5, -6]
      var flags: [UInt8] = [1, 0]
      var words: [Bool] = [true, false]
      var bits: [Float] = [1, 2]
    }
    let (loaded, _) = try load(Model(), fromModel: Source())
    #expect(loaded.half == [1.5, -2] && loaded.double == [7, -8] && loaded.small == [5, -6])
    #expect(loaded.flags == [true, false] && loaded.words == [1, 0])
    #expect(loaded.bits.map(\.bits) == [0x3F80, 0x4000])
  }

  struct BFloat16: ModelScalar {
    var bits: UInt16
    static var modelScalarType: DType { .bf16 }
  }
}
