import EspalierTree

/// Steps that only move elements: views of a stream by offset and strides, as far as they go.
extension ValueNode {
  private var layout: (base: ValueNode, offset: Int, strides: [Int]) {
    if case .view(let base, let offset, let strides) = kind { return (base, offset, strides) }
    // Strides of an array without elements could be anything, even too large.
    if shape.contains(0) { return (self, 0, shape.map { _ in 0 }) }
    return (self, 0, Shape(shape).contiguousStrides(.row))
  }

  /// The whole stream of the base, in its order.
  var isWholeStream: Bool {
    guard case .view(let base, let offset, let strides) = kind else { return true }
    return offset == 0 && elementCount == base.elementCount && isDense(strides)
  }

  /// Elements side by side, in order.
  func isDense(_ strides: [Int]) -> Bool {
    zip(shape, zip(strides, Shape(shape).contiguousStrides(.row))).allSatisfy {
      $0 <= 1 || $1.0 == $1.1
    }
  }

  private func view(_ shape: [Int], offset: Int, strides: [Int]) throws(StepError) -> ValueNode {
    guard dtype.isWholeBytes else {
      throw StepError(
        .unsupported, found: "\(dtype) blocks, whose elements cannot be moved one by one",
        expected: "“dequantise” before this step")
    }
    return ValueNode(
      dtype, shape, .view(layout.base, offset: offset, strides: strides))
  }

  func permuted(_ axes: [Int]) throws(StepError) -> ValueNode {
    guard axes.sorted() == Array(shape.indices) else {
      throw StepError(
        found: "axes \(Shape(axes)) for the shape \(Shape(shape))",
        expected: "each of its \(shape.count) axes once")
    }
    let (_, offset, strides) = layout
    return try view(axes.map { shape[$0] }, offset: offset, strides: axes.map { strides[$0] })
  }

  func transposed() throws(StepError) -> ValueNode {
    guard shape.count >= 2 else {
      throw StepError(
        found: "the shape \(Shape(shape))", expected: "at least two axes to transpose")
    }
    var axes = Array(shape.indices)
    axes.swapAt(axes.count - 1, axes.count - 2)
    return try permuted(axes)
  }

  /// All axes in reverse order. Blocks of quantised types follow the slowest axis first as they are.
  func reversed() throws(StepError) -> ValueNode {
    if shape.count < 2 { return self }
    if !dtype.isWholeBytes, case .leaf = kind {
      return ValueNode(dtype, shape.reversed(), kind)
    }
    return try permuted(shape.indices.reversed())
  }

  func sliced(_ axis: Int, _ start: Int, _ stop: Int) throws(StepError) -> ValueNode {
    let axis = try checked(axis)
    guard start >= 0, start <= stop, stop <= shape[axis] else {
      throw StepError(
        found: "the range \(start)..<\(stop) of axis \(axis) of the shape \(Shape(shape))",
        expected: "a range within 0..<\(shape[axis])")
    }
    let (_, offset, strides) = layout
    var cut = shape
    cut[axis] = stop - start
    return try view(cut, offset: offset + start * strides[axis], strides: strides)
  }

  func split(_ axis: Int, _ index: Int, of parts: Int) throws(StepError) -> ValueNode {
    let axis = try checked(axis)
    guard parts > 0, index >= 0, index < parts, shape[axis] % parts == 0 else {
      throw StepError(
        found: "part \(index) of \(parts) of axis \(axis) of the shape \(Shape(shape))",
        expected: "equal parts, counted from 0")
    }
    let size = shape[axis] / parts
    return try sliced(axis, index * size, (index + 1) * size)
  }

  func indexed(_ axis: Int, _ at: Int) throws(StepError) -> ValueNode {
    let axis = try checked(axis)
    guard at >= 0, at < shape[axis] else {
      throw StepError(
        found: "position \(at) of axis \(axis) of the shape \(Shape(shape))",
        expected: "a position below \(shape[axis])")
    }
    var (_, offset, strides) = layout
    offset += at * strides[axis]
    var rest = shape
    rest.remove(at: axis)
    strides.remove(at: axis)
    return try view(rest, offset: offset, strides: strides)
  }

  func flipped(_ axes: [Int]) throws(StepError) -> ValueNode {
    var (_, offset, strides) = layout
    guard Set(axes).count == axes.count else {
      throw StepError(found: "axes \(Shape(axes))", expected: "each axis at most once")
    }
    for raw in axes {
      let axis = try checked(raw)
      offset += max(0, shape[axis] - 1) * strides[axis]
      strides[axis] = -strides[axis]
    }
    return try view(shape, offset: offset, strides: strides)
  }

  func taken(_ axis: Int, _ order: [Int]) throws(StepError) -> ValueNode {
    let axis = try checked(axis)
    guard let bad = order.first(where: { $0 < 0 || $0 >= shape[axis] }) else {
      guard dtype.isWholeBytes else { return try view(shape, offset: 0, strides: []) }
      var cut = shape
      cut[axis] = order.count
      guard Shape(cut).elementCount.flatMap(dtype.byteCount(elements:)) != nil else {
        throw StepError(found: "\(order.count) positions", expected: "a smaller array")
      }
      return ValueNode(dtype, cut, .gather(self, axis: axis, order: order))
    }
    throw StepError(
      found: "position \(bad) of axis \(axis) of the shape \(Shape(shape))",
      expected: "positions below \(shape[axis])")
  }

  func checked(_ axis: Int) throws(StepError) -> Int {
    let own = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(own) else {
      throw StepError(
        found: "axis \(axis) of the shape \(Shape(shape))",
        expected: "an axis below \(shape.count)")
    }
    return own
  }

  // MARK: Reshape

  /// In row-major order; one dimension may be -1.
  func reshaped(_ wanted: [Int]) throws(StepError) -> ValueNode {
    let target = try resolved(wanted)
    guard dtype.isWholeBytes else {
      guard case .leaf = kind, (target.last ?? 0) % dtype.elementsPerBlock == 0 else {
        return try view(target, offset: 0, strides: [])
      }
      return ValueNode(dtype, target, kind)
    }
    let (_, offset, strides) = layout
    if let own = Self.regrouped(shape, strides, into: target) {
      return try view(target, offset: offset, strides: own)
    }
    // The elements have to be put in order first.
    return ValueNode(
      dtype, target, .view(self, offset: 0, strides: Shape(target).contiguousStrides(.row)))
  }

  private func resolved(_ wanted: [Int]) throws(StepError) -> [Int] {
    var target = wanted
    let known = Shape(wanted.filter { $0 != -1 }).elementCount
    let open = wanted.indices.filter { wanted[$0] == -1 }
    if open.count == 1, let known, known > 0, elementCount % known == 0 {
      target[open[0]] = elementCount / known
    }
    guard Shape(target).elementCount == elementCount else {
      throw StepError(
        found: "the shape \(Shape(shape)) with \(elementCount) elements",
        expected: "as many elements as the shape \(Shape(wanted)) has")
    }
    return target
  }

  /// Strides of the same elements under another shape, nil where no strides say it.
  private static func regrouped(_ shape: [Int], _ strides: [Int], into target: [Int]) -> [Int]? {
    if shape.contains(0) { return Shape(target).contiguousStrides(.row) }
    // Runs of axes that are one axis in memory.
    var runs: [(count: Int, stride: Int)] = []
    for (dimension, stride) in zip(shape, strides) where dimension != 1 {
      if let last = runs.last, last.stride == dimension * stride {
        runs[runs.count - 1] = (last.count * dimension, stride)
      } else {
        runs.append((dimension, stride))
      }
    }
    var result = [Int](repeating: 1, count: target.count)
    var axis = target.count - 1
    for run in runs.reversed() {
      var left = run.count
      var stride = run.stride
      while left > 1 {
        while axis >= 0, target[axis] == 1 { axis -= 1 }
        guard axis >= 0, left % target[axis] == 0 else { return nil }
        result[axis] = stride
        stride *= target[axis]
        left /= target[axis]
        axis -= 1
      }
    }
    return result
  }
}
