import EspalierTree

/// Which bytes of a range of storage arrays touch.
struct PlaceSet {
  let range: Range<Int>
  private var words: [UInt64]

  init(_ range: Range<Int>) {
    self.range = range
    words = [UInt64](repeating: 0, count: (range.count + 63) / 64)
  }

  mutating func insert(_ view: TieView) {
    forEachPlace(of: view, in: range) { _, byte in
      for place in byte..<byte + view.itemSize where range.contains(place) { insert(place) }
      return true
    }
  }

  /// Whether some element of an array has a byte in the set.
  func intersects(_ view: TieView) -> Bool {
    var found = false
    forEachPlace(of: view, in: range) { _, byte in
      for place in byte..<byte + view.itemSize where contains(place) { found = true }
      return !found
    }
    return found
  }

  /// Whether every byte of every element of an array is in the set.
  func covers(_ view: TieView) -> Bool {
    guard range.lowerBound <= view.bytes.lowerBound, view.bytes.upperBound <= range.upperBound
    else { return false }
    var covers = true
    forEachPlace(of: view, in: range) { _, byte in
      for place in byte..<byte + view.itemSize where !contains(place) { covers = false }
      return covers
    }
    return covers
  }

  func contains(_ place: Int) -> Bool {
    guard range.contains(place) else { return false }
    let bit = place - range.lowerBound
    return words[bit >> 6] & 1 << UInt64(bit & 63) != 0
  }

  private mutating func insert(_ place: Int) {
    let bit = place - range.lowerBound
    words[bit >> 6] |= 1 << UInt64(bit & 63)
  }
}

/// Calls `body` with the number and the first byte of each element that has bytes in `range`, in
/// canonical order, until it returns false.
func forEachPlace(
  of view: TieView, in range: Range<Int>, _ body: (_ element: Int, _ byte: Int) -> Bool
) {
  var cursor = PlaceCursor(view)
  for element in 0..<view.count {
    let byte = cursor.place * view.itemSize
    if byte < range.upperBound, byte + view.itemSize > range.lowerBound, !body(element, byte) {
      return
    }
    cursor.advance()
  }
}

extension TieView {
  /// Whether two arrays have an element in common.
  func sharesElements(with other: TieView) -> Bool {
    guard bytes.overlaps(other.bytes) else { return false }
    if hasSameLayout(as: other) || rebased(onto: other) != nil || other.rebased(onto: self) != nil {
      return true
    }
    var places = PlaceSet(bytes.clamped(to: other.bytes))
    places.insert(self)
    return places.intersects(other)
  }

  /// Whether all elements of this array are among those of another.
  func lies(in other: TieView) -> Bool {
    hasSameLayout(as: other) || rebased(onto: other) != nil || isCovered(by: [other])
  }

  /// Whether all elements of this array are among those of some others.
  func isCovered(by others: [TieView]) -> Bool {
    let near = others.filter { $0.bytes.overlaps(bytes) }
    if near.contains(where: { hasSameLayout(as: $0) || rebased(onto: $0) != nil }) { return true }
    let reach = near.reduce(0) { $0 + $1.bytes.clamped(to: bytes).count }
    guard reach >= count * itemSize else { return false }
    var places = PlaceSet(bytes)
    for other in near { places.insert(other) }
    return places.covers(self)
  }
}
