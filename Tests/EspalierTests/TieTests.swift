import Espalier
import Testing

/// Arrays of a Swift model that share memory.
@Suite struct TieTests {
  @Test func oneReferenceAtTwoPlaces() throws {
    let shared = reference([2, 3])
    #expect(
      try ModelSource((encoder: shared, decoder: shared)).tree.dump
        == "encoder  F32 [2, 3]  tie 0\ndecoder  F32 [2, 3]  tie 0")
  }

  @Test func aTransposedTie() throws {
    let shared = reference([2, 3])
    let model = (encoder: shared, decoder: shared.transposed())
    let tree = try ModelSource(model).tree
    #expect(tree.tiedGroups.count == 1)
    #expect(try ModelSource(model).bytes(of: tree.tiedGroups[0].leaves[1]).count == 24)
    #expect(try model.decoder.elements() == [1, 4, 2, 5, 3, 6])

    let source = (
      encoder: ramp([2, 3], from: 10),
      decoder: Tensor([10, 13, 11, 14, 12, 15], shape: [3, 2])
    )
    _ = try load(model, fromModel: source)
    #expect(shared.elements == [10, 11, 12, 13, 14, 15])

    let wrong = (encoder: source.encoder, decoder: ramp([3, 2]))
    let refused = #expect(throws: LoadRefused.self) { try load(model, fromModel: wrong) }
    #expect(refused?.plan.issues.map(\.verdict) == [.tiedSourcesDiffer])

    // The view alone reaches the memory.
    _ = try load(
      model, fromModel: (encoder: nil as Tensor?, decoder: ramp([3, 2])),
      options: LoadOptions(nothingKeeps: true))
    #expect(shared.elements == [1, 3, 5, 2, 4, 6])
  }

  @Test func slicesOfOneStorage() throws {
    let storage = reference([6])
    let model = [
      storage.view(shape: [3], offset: 0, strides: [1]),
      storage.view(shape: [3], offset: 3, strides: [1]),
    ]
    #expect(try ModelSource(model).tree.tiedGroups.isEmpty, "side by side, not tied")
    _ = try load(model, fromModel: [ramp([3], from: 10), ramp([3], from: 20)])
    #expect(storage.elements == [10, 11, 12, 20, 21, 22])
  }

  @Test func overlappingSlices() throws {
    let storage = reference([4])
    let model = [
      storage.view(shape: [3], offset: 0, strides: [1]),
      storage.view(shape: [3], offset: 1, strides: [1]),
    ]
    _ = try load(model, fromModel: [ramp([3], from: 10), ramp([3], from: 11)])
    #expect(storage.elements == [10, 11, 12, 13])
    _ = try load(
      model, fromModel: [ramp([3], from: 20), ramp([3], from: 31)], mode: .lenient)
    #expect(Array(storage.elements.prefix(3)) == [20, 21, 22], "the first load stands")
  }

  final class Block {
    var weight = ramp([2])
    var inner = Inner()
    struct Inner {
      var bias = ramp([2], from: 5)
      var gain = ramp([1])
    }
  }

  @Test func oneObjectAtTwoPlaces() throws {
    let block = Block()
    let model = [block, block]
    let tree = try ModelSource(model).tree
    #expect(tree.tiedGroups.count == 3)
    #expect(tree.tiedGroups.allSatisfy { $0.leaves.count == 2 })

    let equal = (weight: filled(8, [2]), inner: (bias: filled(7, [2]), gain: filled(6, [1])))
    _ = try load(model, fromModel: [equal, equal])
    #expect(block.weight == filled(8, [2]) && block.inner.bias == filled(7, [2]))

    let other = (weight: filled(1, [2]), inner: (bias: filled(7, [2]), gain: filled(6, [1])))
    #expect(throws: LoadRefused.self) { try load(model, fromModel: [equal, other]) }
    #expect(block.weight == filled(8, [2]))
  }

  /// Some arrays of one object come in through its first place, others through its second.
  @Test func partsOfOneObjectThroughEachOfItsPlaces() throws {
    let block = Block()
    typealias Part = (weight: Tensor?, inner: (bias: Tensor?, gain: Tensor?))
    let first: Part = (weight: nil, inner: (bias: filled(7, [2]), gain: nil))
    let second: Part = (weight: filled(8, [2]), inner: (bias: nil, gain: filled(6, [1])))
    _ = try load(
      [block, block], fromModel: [first, second], options: LoadOptions(nothingKeeps: true))
    #expect(block.weight == filled(8, [2]))
    #expect(block.inner.bias == filled(7, [2]) && block.inner.gain == filled(6, [1]))
  }

  @Test func valuesAreNeverTied() throws {
    let weight = ramp([2])
    #expect(try ModelSource([weight, weight]).tree.tiedGroups.isEmpty)
  }

  @Test func aSourceMayStoreATiedArrayOnce() throws {
    let shared = reference([2])
    let model = ["a": shared, "b": shared]
    for name in ["a", "b"] {
      _ = try load(model, fromModel: [name: filled(name == "a" ? 3 : 4, [2])])
      #expect(shared.elements == (name == "a" ? [3, 3] : [4, 4]))
    }
  }

  @Test func aViewThatReachesBeyondItsStorage() {
    let view = reference([4]).view(shape: [3], offset: 2, strides: [1])
    let error = #expect(throws: ModelError.self) { try load([view], fromModel: [ramp([3])]) }
    #expect(
      error?.description == "0: the array failed: a view with shape [3], offset 2 and strides [1] "
        + "does not lie within 4 elements")
  }

  @Test func aModelIntoItself() throws {
    let shared = reference([2])
    _ = try load([shared], fromModel: [shared])
    #expect(shared.elements == [1, 2])
    // Values are read before they are written: exchanging two arrays works.
    let other = reference([2], from: 5)
    _ = try load([shared, other], fromModel: [other, shared])
    #expect(shared.elements == [5, 6] && other.elements == [1, 2])
  }

  /// A filter may leave out either path of a tie: the memory is loaded at the one that remains.
  @Test(arguments: ["a", "b"]) func aFilterAndATie(_ left: String) throws {
    let shared = reference([2])
    let model = (a: shared, b: shared, c: reference([1]))
    let source = (a: filled(3, [2]), b: filled(4, [2]), c: filled(5, [1]))
    // Without the filter the two contradict each other.
    let refused = #expect(throws: LoadRefused.self) { try load(model, fromModel: source) }
    #expect(refused?.plan.issues.map(\.verdict) == [.tiedSourcesDiffer])
    let selection = try PathSelection(["!\(left)"])
    let (_, report) = try load(
      model, fromModel: source, scope: LoadScope(filter: selection.filter))
    #expect(shared.elements == (left == "a" ? [4, 4] : [3, 3]))
    #expect(report.loaded.count == 2)
  }

  @Test func aFilterLeavesATransposedTieOut() throws {
    let shared = reference([2, 3])
    let model = (encoder: shared, decoder: shared.transposed())
    let source = (encoder: ramp([2, 3], from: 10), decoder: filled(0, [3, 2]))
    let selection = try PathSelection(["!decoder"])
    _ = try load(model, fromModel: source, scope: LoadScope(filter: selection.filter))
    #expect(shared.elements == [10, 11, 12, 13, 14, 15])
    let other = try PathSelection(["decoder"])
    _ = try load(model, fromModel: source, scope: LoadScope(filter: other.filter))
    #expect(shared.elements == [0, 0, 0, 0, 0, 0])
  }

  /// Each element stands once in what takes each array once, also where a part comes first.
  @Test func aSliceBeforeTheWhole() throws {
    let whole = reference([2, 3])
    let model = (row: whole.view(shape: [3], offset: 3, strides: [1]), all: whole)
    #expect(try destructure(model) == [1, 2, 3, 4, 5, 6])
    _ = try restructure(model, from: [9, 8, 7, 6, 5, 4] as [Float])
    #expect(whole.elements == [9, 8, 7, 6, 5, 4])
    _ = try loadByPosition(model, from: [ramp([2, 3])])
    #expect(whole.elements == [1, 2, 3, 4, 5, 6])
    let state = try state(of: model, pruned: true)
    #expect(state.tree.dump == "row  nothing\nall  F32 [2, 3]")
    let kept = ShapedArray(whole.elements, shape: [2, 3])
    whole.elements = [0, 0, 0, 0, 0, 0]
    _ = try load(model, fromModel: (row: nil as Tensor?, all: kept))
    #expect(whole.elements == kept.elements)
  }
}
