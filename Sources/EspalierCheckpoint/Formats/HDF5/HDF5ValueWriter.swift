import EspalierTree

/// Writes the values of one array over those in a copy of its file.
struct HDF5ValueWriter {
  private enum Place {
    /// One run, from this byte of the file's region.
    case run(Int, isHeader: Bool)
    /// Chunks as they are in memory.
    case plainChunks(HDF5ChunkList)
    /// Chunks that are compressed, or not all in the file.
    case chunks
  }

  private let values: HDF5Values
  private let array: ArrayDescription
  private let path: TreePath
  /// Nil where the array was never written to the file.
  private let place: Place?

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
    } else if case .chunked(let chunking) = values.dataset.layout, !values.shape.isEmpty {
      guard values.dataset.filters.filters.isEmpty, values.element.inner.isEmpty else {
        place = .chunks
        return
      }
      let list = try HDF5ChunkStore(values.dataset, chunking, values.file).list
      let isWhole =
        list.chunks.count == product(list.grid.counts)
        && list.chunks.allSatisfy { $0.size >= chunking.byteCount }
      place = isWhole ? .plainChunks(list) : .chunks
    } else {
      place = nil
    }
  }

  /// False where there is no place for values.
  ///
  /// - Parameter reader: of the values in C order of the array's shape.
  func write(
    _ reader: () throws -> any TensorReader, _ output: AtomicFile, _ patches: inout HDF5Patches,
    _ end: inout HDF5FileEnd
  ) throws -> Bool {
    guard array.elementCount != 0 else { return true }
    guard let place else { return false }
    let blocks = StoredBlocks(array: array, path: path, file: values.file.region.file.path)
    if case .chunks = place {
      var writer = try HDF5ChunkWriter(values, blocks)
      try writer?.write(reader, output, &patches, &end)
      return writer != nil
    }
    try blocks.forEach(of: reader()) { box, stored in
      var bytes = stored
      bytes.withUnsafeMutableBytes { reverseBytes($0, unit: values.element.swapped) }
      switch place {
      case .run(let start, let isHeader):
        try write(
          bytes, box, in: ArrayBox(wholeOf: values.shape), at: start, isHeader, output, &patches)
      case .plainChunks(let list):
        try list.grid.forEachPlace(touching: box) { chunkPlace throws(CheckpointError) in
          guard let number = list.grid.number(chunkPlace), let chunk = list.chunk(number) else {
            return
          }
          let container = ArrayBox(
            start: zip(chunkPlace, list.grid.chunk).map { $0 * $1 }, extent: list.grid.chunk)
          try write(bytes, box, in: container, at: chunk.address, false, output, &patches)
        }
      case .chunks: break
      }
    }
    return true
  }

  private func write(
    _ bytes: [UInt8], _ box: ArrayBox, in container: ArrayBox, at start: Int, _ isHeader: Bool,
    _ output: AtomicFile, _ patches: inout HDF5Patches
  ) throws(CheckpointError) {
    let size = array.dtype.bytesPerBlock
    let base = values.file.region.range.lowerBound
    try box.forEachRun(in: container) { outer, inner, count throws(CheckpointError) in
      let run = Array(bytes[(inner * size)..<((inner + count) * size)])
      if isHeader {
        try patches.patch(run, at: start + outer * size, of: values.dataset.address)
      } else {
        try output.write(run, at: base + start + outer * size)
      }
    }
  }
}
