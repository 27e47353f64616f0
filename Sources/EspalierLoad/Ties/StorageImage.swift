import EspalierTree

/// A range of a storage in memory, and which of its bytes have been written.
///
/// Only for arrays that share memory in a way that strides alone do not tell: it takes as much
/// memory as the range has.
struct StorageImage {
  private(set) var bytes: [UInt8]
  private(set) var written: PlaceSet
  private var range: Range<Int> { written.range }

  init(_ range: Range<Int>) {
    bytes = [UInt8](repeating: 0, count: range.count)
    written = PlaceSet(range)
  }

  /// Lays the values of an array where they belong.
  mutating func write(_ view: TieView, _ reader: any TensorReader) throws {
    var reader = reader
    let range = range
    try forEachElement(view, &reader) { _, place, element in
      for (index, byte) in element.enumerated() where range.contains(place + index) {
        bytes[place + index - range.lowerBound] = byte
      }
      return true
    }
    written.insert(view)
  }

  /// The first element of an array that differs from what has been written.
  func firstDifference(_ view: TieView, _ reader: inout any TensorReader) throws -> Difference? {
    var found: Difference?
    try forEachElement(view, &reader) { number, place, element in
      let places = place..<place + view.itemSize
      // Elements of one type meet whole; those of two types meet in some of their bytes.
      guard places.contains(where: { written.contains($0) }) else { return true }
      let here = places.map {
        written.contains($0) ? bytes[$0 - range.lowerBound] : element[$0 - place]
      }
      here.withUnsafeBytes { known in
        if EspalierLoad.firstDifference(known, element, view.dtype) != nil {
          found = Difference(
            element: number, first: elementText(known, view.dtype, 0),
            second: elementText(element, view.dtype, 0))
        }
      }
      return found == nil
    }
    return found
  }

  /// The values of an array that lies in the range, in canonical order.
  func gather(_ view: TieView) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(view.count * view.itemSize)
    forEachPlace(of: view, in: range) { _, place in
      let start = place - range.lowerBound
      guard start >= 0, start + view.itemSize <= bytes.count else { return true }
      result += bytes[start..<start + view.itemSize]
      return true
    }
    return result
  }

  private func forEachElement(
    _ view: TieView, _ reader: inout any TensorReader,
    _ body: (_ number: Int, _ place: Int, _ element: UnsafeRawBufferPointer) -> Bool
  ) throws {
    let size = view.itemSize
    let block = Scratch(byteCount: size * max(1, (1 << 16) / size))
    var cursor = PlaceCursor(view)
    var number = 0
    while number < view.count {
      let filled = try reader.read(into: block.bytes)
      guard filled > 0 else { throw SequentialStorage.EndOfValues() }
      for start in stride(from: 0, to: filled - size + 1, by: size) {
        let element = UnsafeRawBufferPointer(rebasing: block.bytes[start..<start + size])
        if !body(number, cursor.place * size, element) { return }
        number += 1
        cursor.advance()
      }
    }
  }
}
