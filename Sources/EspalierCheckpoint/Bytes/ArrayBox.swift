/// A box of elements: where it begins along each axis, and how far it reaches.
struct ArrayBox: Sendable, Hashable {
  var start: [Int]
  var extent: [Int]

  init(start: [Int], extent: [Int]) {
    self.start = start
    self.extent = extent
  }

  init(wholeOf shape: [Int]) {
    self.init(start: [Int](repeating: 0, count: shape.count), extent: shape)
  }

  /// Runs of elements that this box has in common with a container, both in C order.
  ///
  /// - Parameter body: gets the first element in the container, the same in this box, and the length.
  func forEachRun(
    in container: ArrayBox,
    _ body: (_ outer: Int, _ inner: Int, _ count: Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let rank = start.count
    let low = (0..<rank).map { max(start[$0], container.start[$0]) }
    let high = (0..<rank).map {
      min(start[$0] + extent[$0], container.start[$0] + container.extent[$0])
    }
    guard zip(low, high).allSatisfy({ $0 < $1 }) else { return }
    // Axes that both take whole belong to one run with the axis before them.
    var axis = rank - 1
    var count = rank > 0 ? high[axis] - low[axis] : 1
    while axis > 0, extent[axis] == high[axis] - low[axis],
      container.extent[axis] == extent[axis]
    {
      axis -= 1
      count *= high[axis] - low[axis]
    }
    var index = low
    while true {
      var outer = 0
      var inner = 0
      for axis in 0..<rank {
        outer = outer * container.extent[axis] + index[axis] - container.start[axis]
        inner = inner * extent[axis] + index[axis] - start[axis]
      }
      try body(outer, inner, count)
      var carry = axis - 1
      while carry >= 0 {
        index[carry] += 1
        if index[carry] < high[carry] { break }
        index[carry] = low[carry]
        carry -= 1
      }
      if carry < 0 { return }
    }
  }
}

/// An array cut into boxes that are read or written one after the other in C order.
struct ArrayBoxPlan: Sendable {
  let shape: [Int]
  /// The axis that boxes divide, and how many of its indices a box takes.
  private let axis: Int
  private let rows: Int

  /// - Parameters:
  ///   - limit: elements that a box may have, as far as one row allows.
  ///   - unit: along each axis, what boxes are a multiple of where they can be.
  init(shape: [Int], limit: Int, unit: [Int]? = nil) {
    self.shape = shape
    var axis = 0
    var inner = product(shape.dropFirst()) ?? 0
    while axis < shape.count - 1, inner > limit {
      axis += 1
      inner = product(shape[(axis + 1)...]) ?? 0
    }
    let fitting = max(1, limit / max(1, inner))
    let multiple = unit.map { $0[axis] } ?? 1
    rows = fitting >= multiple ? fitting / multiple * multiple : fitting
    self.axis = axis
  }

  /// The box that begins with an element; its number counts in C order.
  func box(at element: Int) -> ArrayBox {
    var start = [Int](repeating: 0, count: shape.count)
    var rest = element
    for axis in shape.indices.reversed() {
      start[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    guard !shape.isEmpty else { return ArrayBox(start: [], extent: []) }
    var extent = [Int](repeating: 1, count: shape.count)
    extent[axis] = min(rows, shape[axis] - start[axis])
    for after in shape.indices where after > axis { extent[after] = shape[after] }
    return ArrayBox(start: start, extent: extent)
  }
}
