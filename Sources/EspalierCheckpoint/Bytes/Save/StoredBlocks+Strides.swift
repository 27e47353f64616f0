import EspalierTree

/// Bytes that the elements of an array have places in, apart from each other or not.
protocol StorageTarget {
  func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws
  /// What is there; offsets as in `put`.
  func read(_ range: Range<Int>) throws -> [UInt8]
}

extension StoredBlocks {
  /// Writes the values over those of an array, wherever its layout has them. The values are read
  /// once; what lies between them is kept.
  ///
  /// - Parameter start: of the storage, in bytes from the start of the file.
  /// - Parameter follow: told the bytes of each block that was written.
  func write(
    _ reader: any TensorReader, to output: AtomicFile, at start: Int,
    follow: (Int) -> Void = { _ in }
  ) throws {
    guard let footprint = array.layout.footprint(of: array.shape), !footprint.isEmpty else {
      return
    }
    let size = array.dtype.bytesPerBlock
    let low = start + footprint.lowerBound * size
    let high = start + footprint.upperBound * size
    try output.scatter(low..<high) { range in
      try write(reader, to: OpenFile(range: range, start: start), follow: follow)
    }
  }

  /// The same over bytes that lie elsewhere; offsets count from the start of the storage.
  func write(
    _ reader: any TensorReader, to target: some StorageTarget, follow: (Int) -> Void = { _ in }
  ) throws {
    let size = array.dtype.bytesPerBlock
    let strides = array.layout.strides(for: array.shape)
    try forEachBlock(of: reader) { box, bytes in
      let first = zip(box.start, strides).reduce(array.layout.offset()) { $0 + $1.0 * $1.1 }
      let order = StrideOrder(
        shape: box.extent, strides: strides, offset: first,
        other: Shape(box.extent).contiguousStrides(.row))
      let isRun = order.axes.last.map { $0.stride == 1 } ?? true
      let sorted = Self.inOrder(bytes, order, size)
      try sorted.withUnsafeBytes { sorted in
        if isRun {
          try Self.putRuns(sorted, order, size, target)
        } else {
          try Self.putApart(sorted, order, size, target)
        }
      }
      follow(bytes.count)
    }
  }

  /// Elements as the storage orders them.
  private static func inOrder(_ bytes: [UInt8], _ order: StrideOrder, _ size: Int) -> [UInt8] {
    guard let last = order.axes.last else { return bytes }
    let isSorted = order.axes.map(\.other) == Shape(order.axes.map(\.size)).contiguousStrides(.row)
    if isSorted { return bytes }
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { result, count in
      count = bytes.count
      bytes.withUnsafeBytes { source in
        guard let source = source.baseAddress, let result = result.baseAddress else { return }
        let target = UnsafeMutableRawPointer(result)
        var at = 0
        order.forEachRun(of: order.axes.dropLast()) { _, other in
          StridedItems.copy(
            last.size, of: size, from: source + other * size, step: last.other,
            to: target + at, step: 1)
          at += last.size * size
        }
      }
    }
  }

  /// Axes that lie without a gap are one run.
  private static func putRuns(
    _ bytes: UnsafeRawBufferPointer, _ order: StrideOrder, _ size: Int, _ target: some StorageTarget
  ) throws {
    var run = 1
    var outer = order.axes[...]
    while let axis = outer.last, axis.stride == run {
      run *= axis.size
      outer.removeLast()
    }
    var at = 0
    try order.forEachRun(of: outer) { first, _ in
      try target.put(
        UnsafeRawBufferPointer(rebasing: bytes[at..<at + run * size]), at: first * size)
      at += run * size
    }
  }

  /// Bytes of storage that are read, changed and written back together.
  private static let spanLimit = 1 << 20
  /// Farther apart than this, elements are written one by one.
  private static let gapLimit = 1 << 12

  /// Elements that other elements lie between.
  private static func putApart(
    _ bytes: UnsafeRawBufferPointer, _ order: StrideOrder, _ size: Int, _ target: some StorageTarget
  ) throws {
    guard let last = order.axes.last, let source = bytes.baseAddress else { return }
    let step = last.stride * size
    let most = step > gapLimit ? 1 : max(1, spanLimit / max(1, step))
    var at = 0
    try order.forEachRun(of: order.axes.dropLast()) { first, _ in
      var done = 0
      while done < last.size {
        let count = min(most, last.size - done)
        let place = (first + done * last.stride) * size
        var span = count == 1 ? [] : try target.read(place..<place + (count - 1) * step + size)
        if count == 1 {
          try target.put(UnsafeRawBufferPointer(rebasing: bytes[at..<at + size]), at: place)
        } else {
          try span.withUnsafeMutableBytes { span in
            guard let to = span.baseAddress else { return }
            StridedItems.copy(
              count, of: size, from: source + at, step: 1, to: to, step: last.stride)
            try target.put(UnsafeRawBufferPointer(span), at: place)
          }
        }
        at += count * size
        done += count
      }
    }
  }
}

/// The storage as a part of a file being saved.
private struct OpenFile: StorageTarget {
  let range: AtomicFile.ScatteredRange
  let start: Int

  func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try range.put(bytes, at: start + offset)
  }

  func read(_ part: Range<Int>) throws -> [UInt8] {
    try range.file.read(start + part.lowerBound..<start + part.upperBound)
  }
}

/// A storage in memory.
final class MemoryStorage: StorageTarget {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func put(_ new: UnsafeRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, offset <= bytes.count - new.count else { return }
    bytes.withUnsafeMutableBytes {
      UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + new.count]).copyMemory(from: new)
    }
  }

  func read(_ range: Range<Int>) throws -> [UInt8] { Array(bytes[range]) }
}
