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
  /// Axes by falling stride: size, distance in the stream, distance in the band.
  private let axes: [(size: Int, from: Int, to: Int)]
  private let first: (from: Int, to: Int)

  init(shape: [Int], strides: [Int], itemSize: Int, offset: Int) {
    self.itemSize = itemSize
    let count = shape.reduce(1, *)
    bytes = Scratch(byteCount: count * itemSize)
    var first = (from: offset, to: 0)
    var axes: [(size: Int, from: Int, to: Int)] = []
    for (axis, step) in Shape(shape).contiguousStrides(.row).enumerated() where shape[axis] > 1 {
      if strides[axis] < 0 {
        // Begin at the axis' other end, where the stream comes first.
        first.from += (shape[axis] - 1) * strides[axis]
        first.to += (shape[axis] - 1) * step
        axes.append((shape[axis], -strides[axis], -step))
      } else {
        axes.append((shape[axis], strides[axis], step))
      }
    }
    axes.sort { $0.from > $1.from }
    if axes.last?.from != 1 { axes.append((1, 1, 1)) }
    self.axes = axes
    self.first = first
  }

  func fill(_ storage: ForwardStorage) throws {
    guard let run = axes.last, let target = bytes.bytes.baseAddress else { return }
    let outer = axes.dropLast()
    var index = [Int](repeating: 0, count: outer.count)
    var (from, to) = first
    while true {
      var out = to
      try storage.with(from * itemSize, run.size * itemSize) { piece in
        let count = piece.count / itemSize
        scatter(piece, to: target + out * itemSize, step: run.to, count: count)
        out += count * run.to
      }
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        from += outer[axis].from
        to += outer[axis].to
        if index[axis] < outer[axis].size { break }
        from -= index[axis] * outer[axis].from
        to -= index[axis] * outer[axis].to
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// Puts items that lie side by side `step` items apart.
  private func scatter(
    _ piece: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, step: Int, count: Int
  ) {
    guard let source = piece.baseAddress else { return }
    func each<T: BitwiseCopyable>(_ type: T.Type) {
      let size = MemoryLayout<T>.size
      for k in 0..<count {
        target.storeBytes(
          of: source.loadUnaligned(fromByteOffset: k * size, as: T.self),
          toByteOffset: k * step * size, as: T.self)
      }
    }
    if step == 1 { return target.copyMemory(from: source, byteCount: count * itemSize) }
    switch itemSize {
    case 1: each(UInt8.self)
    case 2: each(UInt16.self)
    case 4: each(UInt32.self)
    case 8: each(UInt64.self)
    default:
      for k in 0..<count {
        (target + k * step * itemSize).copyMemory(
          from: source + k * itemSize, byteCount: itemSize)
      }
    }
  }
}
