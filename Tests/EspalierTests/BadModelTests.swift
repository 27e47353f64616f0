import Espalier
import Testing

/// Models that cannot take part: a clear error, and nothing has been changed.
@Suite struct BadModelTests {
  // MARK: Structure

  final class Node {
    var next: Node?
    var weight = ramp([1])
    /// Takes a long chain apart: Swift would release it recursively.
    func unlink() {
      var at = next
      next = nil
      while let node = at {
        at = node.next
        node.next = nil
      }
    }
  }

  @Test func cycles() throws {
    let a = Node()
    let b = Node()
    a.next = b
    b.next = a
    defer { a.unlink() }
    let error = #expect(throws: TreeError.self) { try ModelSource(["model": a]) }
    #expect(
      error?.description
        == "model.next.next: this child is one of its own ancestors; a model has to be a tree")
    let own = Node()
    own.next = own
    #expect(throws: TreeError.cycle(at: TreePath(components: ["next"]))) { try ModelSource(own) }
    own.next = nil
  }

  @Test func aChainOfObjects100000Deep() throws {
    let first = Node()
    var last = first
    for _ in 0..<100_000 {
      let node = Node()
      last.next = node
      last = node
    }
    defer { first.unlink() }
    let error = #expect(throws: TreeError.self) { try load(first, fromModel: [ramp([1])]) }
    #expect(error?.description.contains("levels deep") == true)
  }

  indirect enum List {
    case end
    case node(ArrayReference<Float>, List)
  }

  @Test func aDeepValue() throws {
    var list = List.end
    for _ in 0..<11_000 { list = .node(reference([1]), list) }
    #expect(throws: TreeError.self) { try ModelSource(list) }
    // Taken apart from the front, so that releasing it is not recursive.
    while case .node(_, let rest) = list { list = rest }
  }

  @Test(arguments: [[-1, 2], [Int.max, 2], [1 << 62, 2]])
  func shapesWithoutAnElementCount(_ dimensions: [Int]) {
    let error = #expect(throws: TreeError.self) {
      try load([Tensor([1], shape: Shape(dimensions))], fromModel: [ramp([1])])
    }
    #expect(error?.description.contains("no element count") == true)
  }

  // MARK: Places that cannot be set

  @Test func aLetOfAValue() throws {
    struct Fixed {
      let weight = ramp([2])
      var other = ramp([2])
    }
    let error = #expect(throws: ModelError.self) {
      try load(Fixed(), fromModel: (weight: ramp([2]), other: ramp([2])))
    }
    #expect(
      error?.description == "weight: cannot be loaded: the property weight is a `let` and its "
        + "array is a value; make it `var`, declare children, or use an array with reference "
        + "semantics")
    // A plan says so, too; and a load that leaves it alone goes ahead.
    #expect(throws: ModelError.self) { try plan(Fixed(), fromModel: Fixed()) }
    let (loaded, _) = try load(
      Fixed(), fromModel: (weight: false, other: filled(2, [2])),
      scope: LoadScope(into: "other", from: "other"))
    #expect(loaded.other == filled(2, [2]))
  }

  @Test func aLetInAnObject() throws {
    final class Fixed { let weight = ramp([2]) }
    let model = Fixed()
    #expect(throws: ModelError.self) { try load(model, fromModel: ["weight": filled(1, [2])]) }
    #expect(model.weight == ramp([2]))
  }

  @Test func aLetFurtherUp() throws {
    struct Inner { var weight = ramp([2]) }
    struct Outer { let inner = Inner() }
    let error = #expect(throws: ModelError.self) { try load(Outer(), fromModel: Outer()) }
    #expect(error?.description.contains("the property inner is a `let`") == true)
  }

  @Test func theValuePayloadOfAnEnum() throws {
    enum Block { case dense(Tensor) }
    let error = #expect(throws: ModelError.self) {
      try load([Block.dense(ramp([2]))], fromModel: [ramp([2])])
    }
    #expect(error?.description.contains("the payload of the enum Block") == true)
  }

  // MARK: Adapters that do not tell the truth

  final class Liar: ModelArray {
    enum Lie: CaseIterable { case fewer, more, ragged, tooMuch, negative, failing }
    let lie: Lie
    var elements: [Float]
    init(_ lie: Lie, _ elements: [Float]) {
      self.lie = lie
      self.elements = elements
    }
    struct Failure: Error {}

    var modelArrayType: DType { .f32 }
    var modelArrayShape: Shape { [4] }
    func readModelArray(
      into buffer: UnsafeMutableRawBufferPointer, from offset: Int
    ) throws -> Int {
      switch lie {
      case .fewer: return offset >= 12 ? 0 : min(buffer.count, 12 - offset)
      case .more: return buffer.count
      case .ragged: return 3
      case .tooMuch: return buffer.count + 4
      case .negative: return -8
      case .failing: throw Failure()
      }
    }
    func writeModelArray(_ bytes: UnsafeRawBufferPointer) throws {}
  }

  @Test(arguments: Liar.Lie.allCases) func asASource(_ lie: Liar.Lie) throws {
    let destination = reference([4])
    let error = #expect(throws: ModelError.self) {
      try load([destination], fromModel: [Liar(lie, [1, 2, 3, 4])])
    }
    #expect(error?.description.hasPrefix("0: the array") == true)
    #expect(destination.elements == [1, 2, 3, 4])
  }

  @Test(arguments: Liar.Lie.allCases) func asADestination(_ lie: Liar.Lie) throws {
    let before = reference([4])
    let after = reference([4])
    struct Mixed {
      let first: ArrayReference<Float>
      let liar: Liar
      let last: ArrayReference<Float>
      var value = ramp([2])
    }
    let source = (
      first: filled(9, [4]), liar: filled(9, [4]), last: filled(9, [4]), value: filled(9, [2])
    )
    let model = Mixed(first: before, liar: Liar(lie, []), last: after)
    #expect(throws: ModelError.self) { try load(model, fromModel: source) }
    #expect(before.elements == [1, 2, 3, 4] && after.elements == [1, 2, 3, 4])
  }

  @Test func messages() throws {
    func message(_ lie: Liar.Lie) -> String? {
      (#expect(throws: ModelError.self) {
        try load([reference([4])], fromModel: [Liar(lie, [])])
      })?.description
    }
    #expect(
      message(.fewer) == "0: the array hands over 3 elements, its shape has 4; correct its "
        + "ModelArray conformance")
    #expect(
      message(.more) == "0: the array hands over more elements than the 4 of its shape; correct "
        + "its ModelArray conformance")
    #expect(message(.failing) == "0: the array failed: Failure()")
  }

  @Test func aShapeThatTheElementsDoNotFill() throws {
    let short = Tensor([1, 2, 3], shape: [2, 2])
    #expect(throws: ModelError.self) { try load([ramp([2, 2])], fromModel: [short]) }
    #expect(throws: ModelError.self) { try destructure([short]) }
    // As a destination it is filled: writing replaces all elements.
    #expect(try load([short], fromModel: [ramp([2, 2])]).model == [ramp([2, 2])])
  }

  // MARK: Failures in the middle

  /// Writes until it is told to fail.
  final class Breaking: ModelArray {
    var elements: [Float]
    var failures: Int
    var writes = 0
    init(_ elements: [Float], failures: Int) {
      self.elements = elements
      self.failures = failures
    }
    struct Broken: Error {}
    var modelArrayType: DType { .f32 }
    var modelArrayShape: Shape { [elements.count] }
    func readModelArray(
      into buffer: UnsafeMutableRawBufferPointer, from offset: Int
    ) throws -> Int {
      try elements.readModelArray(into: buffer, from: offset)
    }
    func writeModelArray(_ bytes: UnsafeRawBufferPointer) throws {
      writes += 1
      if failures > 0 {
        failures -= 1
        // Half of it is there already.
        elements[0] = -1
        throw Broken()
      }
      try elements.writeModelArray(bytes)
    }
  }

  @Test func aWriteThatFailsIsUndone() throws {
    final class Owner { var value = ramp([2]) }
    let owner = Owner()
    let first = reference([2])
    let breaking = Breaking([1, 2], failures: 1)
    let model = (first: first, breaking: breaking, owner: owner)
    let source = (first: filled(9, [2]), breaking: filled(9, [2]), owner: ["value": filled(9, [2])])
    #expect(throws: ModelError.self) { try load(model, fromModel: source) }
    #expect(first.elements == [1, 2] && breaking.elements == [1, 2])
    #expect(owner.value == ramp([2]))
    // A second attempt, which does not fail, loads all of it.
    _ = try load(model, fromModel: source)
    #expect(first.elements == [9, 9] && breaking.elements == [9, 9])
    #expect(owner.value == filled(9, [2]))
  }

  @Test func whatCannotBePutBackIsNamed() throws {
    let error = #expect(throws: ModelError.self) {
      try load([Breaking([1, 2], failures: 2)], fromModel: [filled(9, [2])])
    }
    #expect(error?.description.contains("could not be put back: 0") == true)
  }

  /// A source whose values end early, as a file that is cut while it is read.
  struct Cut: TensorSource {
    let base: ModelSource
    let failing: LeafID
    struct ReadFailed: Error {}
    var tree: Tree { base.tree }
    func reader(for leaf: LeafID) throws -> any TensorReader {
      if leaf == failing { throw ReadFailed() }
      return try base.reader(for: leaf)
    }
  }

  @Test func aSourceThatFailsInTheMiddle() throws {
    let model = [reference([2]), reference([2], from: 5)]
    let base = try ModelSource([filled(9, [2]), filled(9, [2])])
    let cut = Cut(base: base, failing: LeafID(1))
    #expect(throws: Cut.ReadFailed.self) { try load(model, from: cut) }
    #expect(model.map(\.elements) == [[1, 2], [5, 6]])
  }

  @Test func aLoadThatIsStopped() throws {
    let model = [reference([2])]
    #expect(throws: Cancelled.self) {
      try load(
        model, from: ModelSource([filled(9, [2])]), progress: ProgressMonitor { _, _ in false })
    }
    #expect(model[0].elements == [1, 2])
  }

  @Test func anArrayThatChangesItsShape() throws {
    struct Growing: ElementArray {
      var values: [Float] = [1, 2]
      var modelArrayShape: Shape { [values.count] }
      var modelArrayElements: [Float] {
        get { values }
        set { values = newValue + [0] }
      }
    }
    let error = #expect(throws: ModelError.self) {
      try load([Growing()], fromModel: [ramp([2])])
    }
    #expect(error?.description.contains("writing must not change shape or type") == true)
  }

  // MARK: Size

  /// A million in a release build; without optimisation that would take a minute.
  @Test func manyLeaves() throws {
    struct Small { var weight: [Int8] }
    var isDebug = false
    assert(
      {
        isDebug = true
        return true
      }())
    let count = isDebug ? 20_000 : 1_000_000
    let model = [Small](repeating: Small(weight: [1]), count: count)
    let source = try ModelSource(model)
    #expect(source.tree.leafCount == count)
    let (loaded, report) = try load(model, from: source)
    #expect(loaded.count == count && report.plan.issueCount == 0)
  }
}
