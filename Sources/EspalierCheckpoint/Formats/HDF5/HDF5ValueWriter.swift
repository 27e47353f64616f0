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
    guard let place else { return }
    let blocks = StoredBlocks(array: array, path: path, file: values.file.region.file.path)
    try blocks.forEach(of: reader) { box, stored in
      var bytes = stored
      bytes.withUnsafeMutableBytes { reverseBytes($0, unit: values.element.swapped) }
      switch place {
      case .run(let start, let isHeader):
        try write(
          bytes, box, in: ArrayBox(wholeOf: values.shape), at: start, isHeader, output, &headers)
      case .chunks(let list):
        try list.grid.forEachPlace(touching: box) { chunkPlace throws(CheckpointError) in
          guard let number = list.grid.number(chunkPlace), let chunk = list.chunk(number) else {
            return
          }
          let container = ArrayBox(
            start: zip(chunkPlace, list.grid.chunk).map { $0 * $1 }, extent: list.grid.chunk)
          try write(bytes, box, in: container, at: chunk.address, false, output, &headers)
        }
      }
    }
  }

  private func write(
    _ bytes: [UInt8], _ box: ArrayBox, in container: ArrayBox, at start: Int, _ isHeader: Bool,
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
}
