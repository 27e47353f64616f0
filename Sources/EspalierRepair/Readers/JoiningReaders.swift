import EspalierLoad
import EspalierTree

/// Positions along an axis in any order. Whole blocks of the axis are held in memory where they fit;
/// otherwise each position is read by itself.
struct GatherReader: TensorReader {
  private let storage: ForwardStorage
  private let order: [Int]
  private let outer: Int
  /// Bytes of one position, and of one block of all positions.
  private let position: Int
  private let block: Int
  private var held: [UInt8] = []
  private var heldBlock = -1
  private var at = 0

  private let limit: Int

  init(
    _ storage: ForwardStorage, shape: [Int], axis: Int, order: [Int], itemSize: Int, limit: Int
  ) {
    self.limit = limit
    self.storage = storage
    self.order = order
    outer = shape[..<axis].reduce(1, *)
    position = shape[(axis + 1)...].reduce(itemSize, *)
    block = position * shape[axis]
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let perBlock = position * order.count
    let total = outer * perBlock
    var done = 0
    while done < buffer.count, at < total {
      let number = at / perBlock
      let within = at % perBlock
      let start = order[within / position] * position + within % position
      let count = min(buffer.count - done, position - within % position)
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
      if block <= limit {
        try hold(number)
        held.withUnsafeBytes {
          piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
      } else {
        try storage.read(number * block + start, into: piece)
      }
      done += count
      at += count
    }
    return done
  }

  private mutating func hold(_ number: Int) throws {
    if number == heldBlock { return }
    if held.isEmpty { held = [UInt8](repeating: 0, count: block) }
    try held.withUnsafeMutableBytes { try storage.read(number * block, into: $0) }
    heldBlock = number
  }
}

/// Several arrays joined along an axis. Each is read forward; those joined along the first axis are
/// opened one after another.
struct ConcatReader: TensorReader {
  private let nodes: [ValueNode]
  private let context: ReadContext
  private let runs: [Int]
  private let rounds: Int
  private var readers: [(any TensorReader)?]
  private var round = 0
  private var current = 0
  private var left: Int

  init(_ nodes: [ValueNode], axis: Int, context: ReadContext) {
    self.nodes = nodes
    self.context = context
    runs = nodes.map { $0.shape[axis...].reduce($0.dtype.bytesPerBlock, *) }
    rounds = nodes.first.map { $0.shape[..<axis].reduce(1, *) } ?? 0
    readers = Array(repeating: nil, count: nodes.count)
    left = runs.first ?? 0
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count, round < rounds {
      if left == 0 {
        advance()
        continue
      }
      var reader = try readers[current] ?? context.open(nodes[current])
      readers[current] = nil
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[done..<done + min(left, buffer.count - done)])
      let count = try reader.read(into: piece)
      guard count > 0 else { throw SequentialStorage.EndOfValues() }
      readers[current] = reader
      left -= count
      done += count
    }
    return done
  }

  private mutating func advance() {
    if rounds == 1 { readers[current] = nil }
    current += 1
    if current == nodes.count {
      current = 0
      round += 1
    }
    left = runs[current]
  }
}

/// The destination's own array with another at its start: both are read forward.
struct PadReader: TensorReader {
  private var source: any TensorReader
  private var destination: any TensorReader
  private let outer: [Int]
  private let inner: [Int]
  private let rowBytes: Int
  private let innerRowBytes: Int
  private var index: [Int]
  private var at = 0
  private var isDone: Bool
  private let skipped = Scratch(byteCount: 1 << 16)

  init(_ node: ValueNode, _ inner: ValueNode, _ leaf: LeafID, context: ReadContext) throws {
    source = try Self.converted(
      context.open(inner), from: inner.dtype, to: node.dtype, inner.elementCount)
    destination = try Self.converted(
      context.own(leaf), from: context.destination.tree.dtype(of: leaf), to: node.dtype,
      node.elementCount)
    // Axes behind the last one that grows are one run.
    let last = node.shape.indices.last { node.shape[$0] != inner.shape[$0] } ?? 0
    outer = Array(node.shape[..<last])
    self.inner = Array(inner.shape[..<last])
    let size = node.dtype.bytesPerBlock
    rowBytes = node.shape[last...].reduce(size, *)
    innerRowBytes = inner.shape[last...].reduce(size, *)
    index = [Int](repeating: 0, count: outer.count)
    isDone = rowBytes == 0 || outer.contains(0)
  }

  private static func converted(
    _ reader: any TensorReader, from: DType, to: DType, _ elements: Int
  ) -> any TensorReader {
    from == to ? reader : ConvertingReader(reader, from: from, to: to, elements: elements)
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count, !isDone {
      let isInside = zip(index, inner).allSatisfy { $0 < $1 }
      let fromSource = isInside ? innerRowBytes : 0
      let end = at < fromSource ? fromSource : rowBytes
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[done..<done + min(end - at, buffer.count - done)])
      if at < fromSource {
        try Self.fill(&source, piece)
        try skip(piece.count)
      } else {
        try Self.fill(&destination, piece)
      }
      at += piece.count
      done += piece.count
      if at == rowBytes { nextRow() }
    }
    return done
  }

  private mutating func nextRow() {
    at = 0
    var axis = outer.count - 1
    while axis >= 0 {
      index[axis] += 1
      if index[axis] < outer[axis] { return }
      index[axis] = 0
      axis -= 1
    }
    isDone = true
  }

  private mutating func skip(_ count: Int) throws {
    var left = count
    while left > 0 {
      let size = min(left, skipped.bytes.count)
      try Self.fill(
        &destination, UnsafeMutableRawBufferPointer(rebasing: skipped.bytes[..<size]))
      left -= size
    }
  }

  private static func fill(
    _ reader: inout any TensorReader, _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    var done = 0
    while done < buffer.count {
      let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      guard count > 0 else { throw SequentialStorage.EndOfValues() }
      done += count
    }
  }
}
