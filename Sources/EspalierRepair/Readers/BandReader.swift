import EspalierLoad
import EspalierTree

/// Reads a view with any strides, in C order of its shape, from a stream that is read forward.
///
/// The view is put together in bands of its first axis that fit in memory; for each band the stream
/// is passed over once, in its own order. Where one row of the first axis does not fit, each row is
/// a view of its own.
struct BandReader: TensorReader {
  private let storage: ForwardStorage
  private let shape: [Int]
  private let strides: [Int]
  private let offset: Int
  private let itemSize: Int
  private let limit: Int
  private let perRow: Int
  private var nextRow = 0
  private var band: Band?
  private var at = 0
  /// The rows one by one, where they are too large.
  private var inner: [BandReader] = []

  init(
    _ storage: ForwardStorage, shape: [Int], strides: [Int], offset: Int, itemSize: Int, limit: Int
  ) {
    self.storage = storage
    self.shape = shape.isEmpty ? [1] : shape
    self.strides = shape.isEmpty ? [1] : strides
    self.offset = offset
    self.itemSize = itemSize
    self.limit = limit
    perRow = self.shape.dropFirst().reduce(1, *)
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = perRow * itemSize > limit ? try readLarge(rest) : try readBand(rest)
      if count == 0 { break }
      done += count
    }
    return done
  }

  private mutating func readLarge(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      if inner.isEmpty {
        guard nextRow < shape[0] else { return 0 }
        inner = [
          BandReader(
            storage, shape: Array(shape.dropFirst()), strides: Array(strides.dropFirst()),
            offset: offset + nextRow * strides[0], itemSize: itemSize, limit: limit)
        ]
        nextRow += 1
      }
      let count = try inner[0].read(into: buffer)
      if count > 0 { return count }
      inner = []
    }
  }

  private mutating func readBand(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if band == nil || at == band?.bytes.bytes.count {
      guard nextRow < shape[0], perRow > 0 else { return 0 }
      let rows = min(shape[0] - nextRow, max(1, limit / max(1, perRow * itemSize)))
      band = nil
      let next = Band(
        shape: [rows] + shape.dropFirst(), strides: strides, itemSize: itemSize,
        offset: offset + nextRow * strides[0])
      try next.fill(storage)
      band = next
      nextRow += rows
      at = 0
    }
    guard let bytes = band?.bytes.bytes, let base = bytes.baseAddress,
      let target = buffer.baseAddress
    else { return 0 }
    let count = min(buffer.count, bytes.count - at)
    target.copyMemory(from: base + at, byteCount: count)
    at += count
    return count
  }
}

/// Some rows of a view, gathered in memory in the order in which the stream has them.
private struct Band {
  let bytes: Scratch
  private let itemSize: Int
  /// Axes by how far apart the stream has them, and how far apart the band does.
  private let order: StrideOrder

  init(shape: [Int], strides: [Int], itemSize: Int, offset: Int) {
    self.itemSize = itemSize
    let count = shape.reduce(1, *)
    bytes = Scratch(byteCount: count * itemSize)
    order = StrideOrder(
      shape: shape, strides: strides, offset: offset, other: Shape(shape).contiguousStrides(.row))
  }

  func fill(_ storage: ForwardStorage) throws {
    guard let target = bytes.bytes.baseAddress else { return }
    // Where elements lie apart in the stream, each is a run of its own.
    let isRun = order.axes.last?.stride == 1
    let run = isRun ? order.axes.last : nil
    try order.forEachRun(of: isRun ? order.axes.dropLast() : order.axes[...]) { from, to in
      var out = to
      let step = run?.other ?? 1
      try storage.with(from * itemSize, (run?.size ?? 1) * itemSize) { piece in
        let count = piece.count / itemSize
        if let source = piece.baseAddress {
          StridedItems.copy(
            count, of: itemSize, from: source, step: 1, to: target + out * itemSize, step: step)
        }
        out += count * step
      }
    }
  }
}
