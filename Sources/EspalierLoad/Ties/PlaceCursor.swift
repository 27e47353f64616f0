import EspalierTree

/// Walks the elements of an array in canonical order and says where in the storage each lies.
struct PlaceCursor {
  private let shape: [Int]
  private let strides: [Int]
  private var index: [Int]
  /// The storage element of the current element.
  private(set) var place: Int

  init(_ view: TieView) {
    shape = view.shape
    strides = view.strides
    index = [Int](repeating: 0, count: view.shape.count)
    place = view.offset
  }

  mutating func advance() {
    var axis = shape.count - 1
    while axis >= 0 {
      index[axis] += 1
      place += strides[axis]
      if index[axis] < shape[axis] { return }
      place -= index[axis] * strides[axis]
      index[axis] = 0
      axis -= 1
    }
  }
}
