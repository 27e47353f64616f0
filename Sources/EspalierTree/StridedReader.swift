/// Reads an array with any strides out of its storage, in C order of its shape.
///
/// The storage is fetched in blocks that fit a fixed amount of memory, and gathered from there:
/// - inner axes whose footprint fits are fetched as one range;
/// - a large array whose first axis runs fastest (Julia, Fortran) is cut into bands of that axis,
///   so that it is read once and in long runs.
public struct StridedReader: TensorReader {
  /// Fills the buffer with storage bytes from a byte offset.
  public typealias Fetch = (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void

  private let shape: [Int]
  private let strides: [Int]
  private let base: Int
  private let itemSize: Int
  private let count: Int
  private let plan: BlockPlan
  private let fetch: Fetch
  private var position = 0
  private var block: Block?

  /// Bytes of storage held at a time.
  static let defaultBlockLimit = 64 << 20

  /// - Parameter fetch: reads the storage; never asked for anything outside the footprint.
  /// - Returns: nil when elements have no bytes of their own (block-quantised types) or when the
  ///   layout does not fit the shape.
  public init?(_ array: ArrayDescription, fetch: @escaping Fetch) {
    self.init(array, blockLimit: Self.defaultBlockLimit, fetch: fetch)
  }

  /// - Parameter blockLimit: bytes of storage held at a time.
  package init?(_ array: ArrayDescription, blockLimit: Int, fetch: @escaping Fetch) {
    guard array.dtype.isWholeBytes, let count = array.elementCount,
      let footprint = array.layout.footprint(of: array.shape),
      !footprint.upperBound.multipliedReportingOverflow(by: array.dtype.bytesPerBlock).overflow
    else { return nil }
    shape = array.shape.dimensions
    strides = array.layout.strides(for: array.shape)
    base = array.layout.offset()
    itemSize = array.dtype.bytesPerBlock
    self.count = count
    self.fetch = fetch
    plan = BlockPlan(
      shape: shape, strides: strides, limit: max(1, blockLimit / array.dtype.bytesPerBlock))
  }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count / itemSize, count - position)
    var done = 0
    while done < wanted {
      let block = try currentBlock()
      let within = position - block.first
      let take = min(wanted - done, block.count - within)
      block.gather(from: within, count: take, itemSize: itemSize, into: buffer, at: done)
      position += take
      done += take
    }
    return done * itemSize
  }

  private mutating func currentBlock() throws -> Block {
    if let block, position < block.first + block.count { return block }
    let next =
      switch plan {
      case .inner(let axis): try innerBlock(from: axis)
      case .bands(let rows): try bandBlock(rows: rows)
      }
    block = next
    return next
  }

  /// Everything that the axes from `axis` on touch, as one range of storage.
  private func innerBlock(from axis: Int) throws -> Block {
    let innerShape = Array(shape[axis...])
    let innerStrides = Array(strides[axis...])
    let innerCount = innerShape.reduce(1, *)
    var start = base
    var rest = position / innerCount
    for outer in (0..<axis).reversed() {
      start += rest % shape[outer] * strides[outer]
      rest /= shape[outer]
    }
    var low = start
    var high = start
    for (dimension, stride) in zip(innerShape, innerStrides) {
      let reach = (dimension - 1) * stride
      if reach < 0 { low += reach } else { high += reach }
    }
    var bytes = [UInt8](repeating: 0, count: (high - low + 1) * itemSize)
    try bytes.withUnsafeMutableBytes { try fetch(low * itemSize, $0) }
    return Block(
      bytes: bytes, first: position / innerCount * innerCount, shape: innerShape,
      strides: innerStrides, origin: start - low)
  }

  /// Some rows of the first axis, whose elements lie side by side, for all indices of the others.
  private func bandBlock(rows: Int) throws -> Block {
    let perRow = shape[1...].reduce(1, *)
    let firstRow = position / perRow
    let band = min(rows, shape[0] - firstRow)
    var bytes = [UInt8](repeating: 0, count: band * perRow * itemSize)
    try bytes.withUnsafeMutableBytes { target in
      var index = [Int](repeating: 0, count: shape.count)
      for run in 0..<perRow {
        var at = base + firstRow
        for axis in 1..<shape.count { at += index[axis] * strides[axis] }
        let from = run * band * itemSize
        try fetch(
          at * itemSize,
          UnsafeMutableRawBufferPointer(rebasing: target[from..<from + band * itemSize]))
        var axis = 1
        while axis < shape.count {
          index[axis] += 1
          if index[axis] < shape[axis] { break }
          index[axis] = 0
          axis += 1
        }
      }
    }
    let blockShape = [band] + shape[1...]
    return Block(
      bytes: bytes, first: firstRow * perRow, shape: blockShape,
      strides: Shape(blockShape).contiguousStrides(.column), origin: 0)
  }
}

/// How an array is cut into blocks that fit in memory.
private enum BlockPlan {
  /// One block for each index of the axes before this one.
  case inner(axis: Int)
  /// Bands of this many rows of the first axis.
  case bands(rows: Int)

  /// - Parameter limit: elements that a block may hold.
  init(shape: [Int], strides: [Int], limit: Int) {
    var axis = shape.count
    var reach = 1
    while axis > 0 {
      let more = (max(1, shape[axis - 1]) - 1).multipliedReportingOverflow(
        by: strides[axis - 1].magnitude > UInt(Int.max) ? Int.max : abs(strides[axis - 1]))
      guard !more.overflow, more.partialValue < limit, reach + more.partialValue <= limit else {
        break
      }
      reach += more.partialValue
      axis -= 1
    }
    let perRow = shape.dropFirst().reduce(1, *)
    if axis > 0, shape.count > 1, strides[0] == 1, perRow <= limit, perRow > 0 {
      self = .bands(rows: max(1, limit / perRow))
    } else {
      self = .inner(axis: axis)
    }
  }
}

/// A piece of storage in memory, and how the array's elements lie in it.
private struct Block {
  let bytes: [UInt8]
  /// The first element of the array that it holds, in C order.
  let first: Int
  let shape: [Int]
  let strides: [Int]
  /// Where the element with all indices zero lies.
  let origin: Int
  var count: Int { shape.reduce(1, *) }

  /// Copies elements in C order; `first` counts from the block's own beginning.
  func gather(
    from first: Int, count: Int, itemSize: Int, into target: UnsafeMutableRawBufferPointer,
    at done: Int
  ) {
    var index = [Int](repeating: 0, count: shape.count)
    var rest = first
    var at = origin
    for axis in shape.indices.reversed() {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
      at += index[axis] * strides[axis]
    }
    let last = shape.count - 1
    bytes.withUnsafeBytes { source in
      var left = count
      var out = done
      while left > 0 {
        // A run along the last axis, then a carry into the axes before it.
        let run = last < 0 ? 1 : min(left, shape[last] - index[last])
        if let from = source.baseAddress, let to = target.baseAddress {
          StridedItems.copy(
            run, of: itemSize, from: from + at * itemSize, step: last < 0 ? 1 : strides[last],
            to: to + out * itemSize, step: 1)
        }
        left -= run
        out += run
        guard left > 0, last >= 0 else { return }
        at += run * strides[last]
        index[last] += run
        var axis = last
        while axis > 0, index[axis] == shape[axis] {
          at += strides[axis - 1] - index[axis] * strides[axis]
          index[axis] = 0
          index[axis - 1] += 1
          axis -= 1
        }
      }
    }
  }
}
