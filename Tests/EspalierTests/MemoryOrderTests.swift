import Espalier
import Testing

/// Arrays that lie in memory in every order, loaded into arrays that lie in every other: values move
/// to where their indices say, and no memory is taken for another's.
@Suite struct MemoryOrderTests {
  static let permutations = [
    [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
  ]
  static let dimensions = [2, 3, 4]

  /// A view with the shape 2×3×4 whose axes lie in memory in this order, the last one fastest.
  private func array(
    _ order: [Int], gaps: Int, reversed: Bool = false
  ) -> (view: ArrayView<Float>, base: ArrayReference<Float>) {
    var strides = [0, 0, 0]
    var step = gaps
    for axis in order.reversed() {
      strides[axis] = step
      step *= Self.dimensions[axis]
    }
    let base = ArrayReference<Float>.zeros([step + 5])
    var offset = 3
    if reversed {
      for axis in strides.indices {
        offset += strides[axis] * (Self.dimensions[axis] - 1)
        strides[axis].negate()
      }
    }
    return (base.view(shape: Shape(Self.dimensions), offset: offset, strides: strides), base)
  }

  @Test(arguments: permutations, permutations)
  func everyOrderIntoEveryOther(_ from: [Int], _ to: [Int]) throws {
    let wanted = (0..<24).map { Float($0) }
    for (gaps, reversed) in [(1, false), (2, false), (1, true), (3, true)] {
      let source = array(from, gaps: gaps, reversed: reversed)
      _ = try load([source.view], fromModel: [ShapedArray(wanted, shape: Shape(Self.dimensions))])
      #expect(try source.view.elements() == wanted)
      let destination = array(to, gaps: 3 - gaps % 2)
      _ = try load([destination.view], fromModel: [source.view])
      #expect(try destination.view.elements() == wanted)
      // Between the elements nothing is written.
      #expect(destination.base.elements.count { $0 != 0 } == 23)
    }
  }

  @Test(arguments: permutations)
  func theySaveAndLoadAsOne(_ order: [Int]) throws {
    let wanted = (0..<24).map { Float($0) }
    let source = array(order, gaps: 2)
    _ = try load([source.view], fromModel: [ShapedArray(wanted, shape: Shape(Self.dimensions))])
    for name in ["a.safetensors", "a.npz", "a.pt"] {
      try FileTests().withFile(name) { path in
        try save(["x": source.view], to: path)
        let (loaded, _) = try load(
          ["x": ShapedArray<Double>.zeros(Shape(Self.dimensions))], from: path)
        #expect(loaded["x"]?.elements == wanted.map { Double($0) }, "\(name)")
      }
    }
  }
}
