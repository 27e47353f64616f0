import EspalierTree

/// Writes the values of one array over those in a copy of its file.
struct HDF5ValueWriter {
  private enum Place {
    /// One run, from this byte of the file's region.
    case run(Int, isHeader: Bool)
    case chunks(HDF5ChunkList)
  }

  private let values: HDF5Values
  private let array: ArrayDescription
  private let path: TreePath
  /// Nil where the array does not lie in the file as plain values.
  private let place: Place?

  private static let blockLimit = 16 << 20

  init(
    _ values: HDF5Values, _ array: ArrayDescription, path: TreePath
  ) throws(CheckpointError) {
    self.values = values
    self.array = array
    self.path = path
    if let run = values.run {
      var isHeader = false
      if case .compact = values.dataset.layout { isHeader = true }
      place = .run(run.lowerBound, isHeader: isHeader)
    } else if case .chunked(let chunking) = values.dataset.layout,
      values.dataset.filters.filters.isEmpty, values.element.inner.isEmpty,
      !values.shape.isEmpty
    {
      let list = try HDF5ChunkStore(values.dataset, chunking, values.file).list
      // Chunks that were never written have no place in the file.
      let isWhole =
        list.chunks.count == product(list.grid.counts)
        && list.chunks.allSatisfy { $0.size >= chunking.byteCount }
      place = isWhole ? .chunks(list) : nil
    } else {
      place = nil
    }
  }

  var isWritable: Bool { place != nil || array.elementCount == 0 }

  /// Takes the values in C order of the array's shape.
  func write(
    _ reader: any TensorReader, _ output: AtomicFile, _ headers: inout HDF5HeaderPatches
  ) throws {
    guard let place, let count = array.elementCount else { return }
    var reader = reader
    let size = array.dtype.bytesPerBlock
    let shape = array.shape.dimensions
    let plan = HDF5BoxPlan(shape: shape, limit: Self.blockLimit / size)
    var element = 0
    while element < count {
      let box = plan.box(at: element)
      let here = product(box.extent) ?? 0
      var bytes = [UInt8](repeating: 0, count: here * size)
      try fill(&bytes, from: &reader)
      if case .contiguous(.column) = array.layout, shape.count > 1 {
        bytes = try Self.transposed(bytes, box.extent, array.dtype)
      }
      bytes.withUnsafeMutableBytes { reverseBytes($0, unit: values.element.swapped) }
      let stored = stored(box)
      switch place {
      case .run(let start, let isHeader):
        try write(
          bytes, stored, in: HDF5Box(wholeOf: values.shape), at: start, isHeader, output, &headers)
      case .chunks(let list):
        try list.grid.forEachPlace(touching: stored) { chunkPlace throws(CheckpointError) in
          guard let number = list.grid.number(chunkPlace), let chunk = list.chunk(number) else {
            return
          }
          let container = HDF5Box(
            start: zip(chunkPlace, list.grid.chunk).map { $0 * $1 }, extent: list.grid.chunk)
          try write(bytes, stored, in: container, at: chunk.address, false, output, &headers)
        }
      }
      element += here
    }
  }

  /// The box as the file orders its axes.
  private func stored(_ box: HDF5Box) -> HDF5Box {
    if case .contiguous(.column) = array.layout {
      return HDF5Box(start: box.start.reversed(), extent: box.extent.reversed())
    }
    return box
  }

  private func write(
    _ bytes: [UInt8], _ box: HDF5Box, in container: HDF5Box, at start: Int, _ isHeader: Bool,
    _ output: AtomicFile, _ headers: inout HDF5HeaderPatches
  ) throws(CheckpointError) {
    let size = array.dtype.bytesPerBlock
    let base = values.file.region.range.lowerBound
    try box.forEachRun(in: container) { outer, inner, count throws(CheckpointError) in
      let run = Array(bytes[(inner * size)..<((inner + count) * size)])
      if isHeader {
        try headers.patch(run, at: start + outer * size, of: values.dataset.address)
      } else {
        try output.write(run, at: base + start + outer * size)
      }
    }
  }

  private func fill(_ bytes: inout [UInt8], from reader: inout any TensorReader) throws {
    var done = 0
    let total = bytes.count
    while done < total {
      let count = try bytes.withUnsafeMutableBytes {
        try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[done...]))
      }
      guard count > 0 else {
        throw CheckpointError(
          .saveFailed, file: values.file.region.file.path, place: path.flatName.bytes,
          found: "\(total - done) bytes fewer than its shape has", expected: "all values")
      }
      done += count
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

extension HDF5Box {
  init(wholeOf shape: [Int]) {
    self.init(start: [Int](repeating: 0, count: shape.count), extent: shape)
  }
}
