/// The one loop over items that stand a step apart, in memory. Steps count items and may be negative.
package enum StridedItems {
  /// Copies `count` items; the caller knows that all of them lie inside both buffers.
  package static func copy(
    _ count: Int, of itemSize: Int, from source: UnsafeRawPointer, step: Int,
    to target: UnsafeMutableRawPointer, step targetStep: Int
  ) {
    func each<T: BitwiseCopyable>(_ type: T.Type) {
      let size = MemoryLayout<T>.size
      for k in 0..<count {
        target.storeBytes(
          of: source.loadUnaligned(fromByteOffset: k * step * size, as: T.self),
          toByteOffset: k * targetStep * size, as: T.self)
      }
    }
    if step == 1, targetStep == 1 {
      return target.copyMemory(from: source, byteCount: count * itemSize)
    }
    switch itemSize {
    case 1: each(UInt8.self)
    case 2: each(UInt16.self)
    case 4: each(UInt32.self)
    case 8: each(UInt64.self)
    default:
      for k in 0..<count {
        (target + k * targetStep * itemSize).copyMemory(
          from: source + k * step * itemSize, byteCount: itemSize)
      }
    }
  }
}

/// The axes of an array by how far apart its elements lie in one place, the farthest first, with the
/// distances in another place beside them; axes of one index left out. Counts elements.
package struct StrideOrder {
  package struct Axis {
    package var size: Int
    /// Never negative: an axis that runs backwards begins at its other end.
    package var stride: Int
    package var other: Int
  }

  package private(set) var axes: [Axis] = []
  /// Where the first element in this order stands in both places.
  package private(set) var start: (first: Int, other: Int)

  package init(shape: [Int], strides: [Int], offset: Int = 0, other: [Int]) {
    start = (offset, 0)
    for (axis, size) in shape.enumerated() where size > 1 {
      if strides[axis] < 0 {
        start.first += (size - 1) * strides[axis]
        start.other += (size - 1) * other[axis]
        axes.append(Axis(size: size, stride: -strides[axis], other: -other[axis]))
      } else {
        axes.append(Axis(size: size, stride: strides[axis], other: other[axis]))
      }
    }
    axes.sort { $0.stride > $1.stride }
  }

  /// Whether the elements fill their place without a gap, each where no other is.
  package var isDense: Bool {
    var next = 1
    for axis in axes.reversed() {
      guard axis.stride == next else { return false }
      next *= axis.size
    }
    return true
  }

  /// Hands over where each run along the last axis begins, in order. One run where there is no axis.
  package func forEachRun(
    of axes: ArraySlice<Axis>, _ body: (_ first: Int, _ other: Int) throws -> Void
  ) rethrows {
    var index = [Int](repeating: 0, count: axes.count)
    let axes = Array(axes)
    var (first, other) = start
    while true {
      try body(first, other)
      var axis = axes.count - 1
      while axis >= 0 {
        index[axis] += 1
        first += axes[axis].stride
        other += axes[axis].other
        if index[axis] < axes[axis].size { break }
        first -= index[axis] * axes[axis].stride
        other -= index[axis] * axes[axis].other
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
