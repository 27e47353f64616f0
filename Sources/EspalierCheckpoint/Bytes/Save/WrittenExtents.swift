/// What has been written where, so that it can be read back and compared before a file is called saved.
///
/// Extents are in order and never overlap. Bytes that came from memory are known by a checksum, bytes
/// copied from another file by where they came from.
struct WrittenExtents {
  enum Content {
    case checksum(UInt32)
    case copy(InputFile, at: Int)
  }

  struct Extent {
    var range: Range<Int>
    var content: Content
  }

  private(set) var extents: [Extent] = []

  var end: Int { extents.last?.range.upperBound ?? 0 }

  /// Notes an extent about to be written. Where it covers part of earlier ones, what remains of those
  /// is kept; `checksum` reads the remains of a summed extent, which must not have changed yet.
  mutating func record<E: Error>(
    _ range: Range<Int>, _ content: Content, checksum: (Range<Int>) throws(E) -> UInt32
  ) throws(E) {
    guard !range.isEmpty else { return }
    if range.lowerBound >= end {
      extents.append(Extent(range: range, content: content))
      return
    }
    let first = firstIndex(endingAfter: range.lowerBound)
    var last = first
    var replacement: [Extent] = []
    while last < extents.count, extents[last].range.lowerBound < range.upperBound {
      let old = extents[last]
      if old.range.lowerBound < range.lowerBound {
        replacement.append(
          try old.part(old.range.lowerBound..<range.lowerBound, checksum: checksum))
      }
      if old.range.upperBound > range.upperBound {
        replacement.append(
          try old.part(range.upperBound..<old.range.upperBound, checksum: checksum))
      }
      last += 1
    }
    let place = replacement.firstIndex { $0.range.lowerBound >= range.upperBound }
    replacement.insert(
      Extent(range: range, content: content), at: place ?? replacement.count)
    extents.replaceSubrange(first..<last, with: replacement)
  }

  /// Those that touch a range, in order.
  func extents(in range: Range<Int>) -> ArraySlice<Extent> {
    let rest = extents[firstIndex(endingAfter: range.lowerBound)...]
    return rest.prefix { $0.range.lowerBound < range.upperBound }
  }

  private func firstIndex(endingAfter offset: Int) -> Int {
    var low = 0
    var high = extents.count
    while low < high {
      let middle = low + (high - low) / 2
      if extents[middle].range.upperBound > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension WrittenExtents.Extent {
  fileprivate func part<E: Error>(
    _ part: Range<Int>, checksum: (Range<Int>) throws(E) -> UInt32
  ) throws(E) -> Self {
    switch content {
    case .checksum: Self(range: part, content: .checksum(try checksum(part)))
    case .copy(let file, let offset):
      Self(range: part, content: .copy(file, at: offset + part.lowerBound - range.lowerBound))
    }
  }
}
