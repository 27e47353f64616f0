/// Where the elements of one array lie in a storage that it may share.
package struct TieView {
  package let leaf: LeafID
  package let dtype: DType
  package let shape: [Int]
  package let strides: [Int]
  package let offset: Int
  package let count: Int
  /// The range of storage bytes that it touches.
  package let bytes: Range<Int>

  package init(_ tree: Tree, _ leaf: LeafID) {
    self.leaf = leaf
    dtype = tree.dtype(of: leaf)
    let shape = tree.shape(of: leaf)
    let layout = tree.layout(of: leaf)
    self.shape = shape.dimensions
    strides = layout.strides(for: shape)
    offset = layout.offset()
    count = shape.elementCount ?? 0
    let elements = layout.footprint(of: shape) ?? 0..<0
    let size = tree.dtype(of: leaf).bytesPerBlock
    let low = elements.lowerBound.multipliedReportingOverflow(by: size)
    let high = elements.upperBound.multipliedReportingOverflow(by: size)
    bytes =
      low.overflow || high.overflow || elements.isEmpty
      ? 0..<0 : low.partialValue..<high.partialValue
  }

  package var itemSize: Int { dtype.bytesPerBlock }

  package func hasSameLayout(as other: TieView) -> Bool {
    dtype == other.dtype && shape == other.shape && offset == other.offset
      && strides == other.strides
  }

  /// How this array lies in the values of another one in canonical order, where all its elements
  /// are among the other's; nil when they are not, or when that cannot be seen from strides.
  package func rebased(onto other: TieView) -> Layout? {
    guard dtype == other.dtype, dtype.isWholeBytes, count > 0, other.count > 0,
      other.bytes.lowerBound <= bytes.lowerBound, bytes.upperBound <= other.bytes.upperBound
    else { return nil }
    let canonical = Shape(other.shape).contiguousStrides(.row)
    if other.isStored(canonical) {
      // The other's memory is its canonical order: offsets carry over.
      return .strided(offset: offset - other.offset, strides: strides)
    }
    guard let start = other.index(ofStorageElement: offset) else { return nil }
    var used = Set<Int>()
    var result: [Int] = []
    for (dimension, stride) in zip(shape, strides) {
      if dimension == 1 {
        result.append(0)
        continue
      }
      let axis = other.shape.indices.first {
        other.shape[$0] > 1 && other.strides[$0] == stride && !used.contains($0)
          && start[$0] + dimension <= other.shape[$0]
      }
      guard let axis else { return nil }
      used.insert(axis)
      result.append(canonical[axis])
    }
    return .strided(offset: zip(start, canonical).reduce(0) { $0 + $1.0 * $1.1 }, strides: result)
  }

  /// Whether the strides are these; those of axes with one index do not count.
  private func isStored(_ wanted: [Int]) -> Bool {
    zip(shape, zip(strides, wanted)).allSatisfy { $0 <= 1 || $1.0 == $1.1 }
  }

  /// The index of the element at a place in the storage, for arrays whose strides nest.
  private func index(ofStorageElement place: Int) -> [Int]? {
    var rest = place - offset
    guard rest >= 0, zip(shape, strides).allSatisfy({ $0 <= 1 || $1 > 0 }) else { return nil }
    var index = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.filter({ shape[$0] > 1 }).sorted(by: { strides[$0] > strides[$1] }) {
      index[axis] = rest / strides[axis]
      rest %= strides[axis]
      guard index[axis] < shape[axis] else { return nil }
    }
    return rest == 0 ? index : nil
  }
}
