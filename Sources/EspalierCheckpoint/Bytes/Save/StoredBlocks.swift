import EspalierTree

/// An array's values on the way into a file: taken in C order of its shape, handed on block by block
/// in the order in which the file has them.
struct StoredBlocks {
  let array: ArrayDescription
  /// Of the array, for errors.
  let path: TreePath
  /// That the values are written to.
  let file: FilePath

  /// Bytes held at a time, as far as one row allows.
  var blockLimit = 16 << 20

  /// Whether the file has the first axis running fastest.
  private var isReversed: Bool {
    array.layout == .contiguous(.column) && array.shape.rank > 1
  }

  /// - Parameter body: gets a block as the file orders its axes, and its elements in C order of it.
  func forEach(
    of reader: any TensorReader, _ body: (_ block: ArrayBox, _ bytes: [UInt8]) throws -> Void
  ) throws {
    try forEachBlock(of: reader) { box, bytes in
      if isReversed {
        let reversed = ArrayBox(start: box.start.reversed(), extent: box.extent.reversed())
        try body(reversed, try Self.transposed(bytes, box.extent, array.dtype))
      } else {
        try body(box, bytes)
      }
    }
  }

  /// - Parameter body: gets a block, and its elements, both in C order of the array's shape.
  func forEachBlock(
    of reader: any TensorReader, _ body: (_ block: ArrayBox, _ bytes: [UInt8]) throws -> Void
  ) throws {
    guard let count = array.elementCount else { return }
    var reader = reader
    let size = array.dtype.bytesPerBlock
    let plan = ArrayBoxPlan(shape: array.shape.dimensions, limit: max(1, blockLimit / size))
    var element = 0
    while element < count {
      let box = plan.box(at: element)
      let here = product(box.extent) ?? 0
      var bytes = [UInt8](repeating: 0, count: here * size)
      try fill(&bytes, from: &reader)
      try body(box, bytes)
      element += here
    }
  }

  private func fill(_ bytes: inout [UInt8], from reader: inout any TensorReader) throws {
    let done = try bytes.withUnsafeMutableBytes { try reader.fill($0) }
    guard done == bytes.count else {
      throw CheckpointError(
        .saveFailed, file: file, place: path.flatName.bytes,
        found: "\(bytes.count - done) bytes fewer than its shape has", expected: "all values")
    }
  }

  /// Elements in C order of `shape`, reordered so that the first axis runs fastest.
  private static func transposed(
    _ bytes: [UInt8], _ shape: [Int], _ dtype: DType
  ) throws -> [UInt8] {
    let reversed = ArrayDescription(
      dtype, Shape(shape.reversed()),
      layout: .strided(
        offset: 0, strides: Shape(shape).contiguousStrides(.row).reversed()))
    let reader = StridedReader(reversed) { offset, buffer in
      bytes.withUnsafeBytes {
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + buffer.count)]))
      }
    }
    guard var reader else { return bytes }
    var result = [UInt8](repeating: 0, count: bytes.count)
    _ = try result.withUnsafeMutableBytes { try reader.read(into: $0) }
    return result
  }
}
