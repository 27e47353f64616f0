extension HDF5ChunkGrid {
  /// The places of all chunks that a box touches, in C order.
  func forEachPlace(
    touching box: ArrayBox, _ body: ([Int]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard !box.extent.contains(0) else { return }
    let first = zip(box.start, chunk).map { $0 / $1 }
    let last = chunk.indices.map { (box.start[$0] + box.extent[$0] - 1) / chunk[$0] }
    var place = first
    while true {
      try body(place)
      var axis = place.count - 1
      while axis >= 0 {
        place[axis] += 1
        if place[axis] <= last[axis] { break }
        place[axis] = first[axis]
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
