import EspalierTree

/// Writes the values of one chunked array into a copy of its file, chunk by chunk.
///
/// A chunk whose values are the old ones stays as it is stored. One that changed is compressed anew; where
/// it no longer fits into its place it goes behind the end of the file, and the index says so.
struct HDF5ChunkWriter {
  private struct OpenChunk {
    var bytes: [UInt8]
    /// Elements that are still to come.
    var left: Int
    var isChanged = false
  }

  private let values: HDF5Values
  private let blocks: StoredBlocks
  private let store: HDF5ChunkStore
  /// With the dimensions inside an element, if there are any.
  private let grid: HDF5ChunkGrid
  private let size: Int
  private var open: [Int: OpenChunk] = [:]
  private var finished: Set<Int> = []
  /// Chunks that another pass over the values is for.
  private var skipped: Set<Int> = []

  /// Bytes of chunks held at a time, as far as one chunk allows.
  var openLimit = 128 << 20

  /// Nil where the values are not in chunks.
  init?(_ values: HDF5Values, _ blocks: StoredBlocks) throws(CheckpointError) {
    guard case .chunked(let chunking) = values.dataset.layout,
      let grid = HDF5ChunkGrid(
        shape: values.shape, chunk: chunking.dimensions + values.element.inner)
    else { return nil }
    self.values = values
    self.blocks = blocks
    self.grid = grid
    store = try HDF5ChunkStore(values.dataset, chunking, values.file)
    size = blocks.array.dtype.bytesPerBlock
  }

  /// - Parameter reader: of the values in C order of the array's shape; asked for once for each pass.
  mutating func write(
    _ reader: () throws -> any TensorReader, _ output: AtomicFile, _ patches: inout HDF5Patches,
    _ end: inout HDF5FileEnd
  ) throws {
    repeat {
      skipped = []
      try blocks.forEach(of: reader()) { box, stored in
        var bytes = stored
        bytes.withUnsafeMutableBytes { reverseBytes($0, unit: values.element.swapped) }
        try grid.forEachPlace(touching: box) { place throws(CheckpointError) in
          guard let number = grid.number(place), try take(bytes, box, number, place) else { return }
          try finish(number, place, output, &patches, &end)
        }
      }
    } while !skipped.isEmpty
  }

  /// Copies what a block and a chunk have in common; says whether the chunk is whole with it.
  private mutating func take(
    _ bytes: [UInt8], _ box: ArrayBox, _ number: Int, _ place: [Int]
  ) throws(CheckpointError) -> Bool {
    if finished.contains(number) || skipped.contains(number) { return false }
    let container = ArrayBox(
      start: zip(place, grid.chunk).map { $0 * $1 }, extent: grid.chunk)
    let known = open.removeValue(forKey: number)
    guard var chunk = known != nil ? known : try begin(number, place) else { return false }
    try box.forEachRun(in: container) { outer, inner, count throws(CheckpointError) in
      let new = bytes[(inner * size)..<((inner + count) * size)]
      let range = (outer * size)..<((outer + count) * size)
      if chunk.bytes[range] != new {
        chunk.bytes.replaceSubrange(range, with: new)
        chunk.isChanged = true
      }
      chunk.left -= count
    }
    open[number] = chunk
    return chunk.left == 0
  }

  /// A chunk with the values that it has; nil where too many are held already.
  private mutating func begin(
    _ number: Int, _ place: [Int]
  ) throws(CheckpointError) -> OpenChunk? {
    guard let bytes = product(grid.chunk + [size]), bytes <= HDF5ChunkStore.chunkLimit else {
      throw refused(
        "chunks of \(grid.chunk), not all of them in the file",
        expected: "at most \(HDF5ChunkStore.chunkLimit) bytes each")
    }
    guard open.isEmpty || (open.count + 1) * bytes <= openLimit else {
      skipped.insert(number)
      return nil
    }
    let inside = place.indices.map {
      min(grid.chunk[$0], grid.shape[$0] - place[$0] * grid.chunk[$0])
    }
    let outer = Array(place.prefix(store.list.grid.shape.count))
    return OpenChunk(
      bytes: try store.content(of: store.list.chunk(number), outer), left: product(inside) ?? 0)
  }

  private mutating func finish(
    _ number: Int, _ place: [Int], _ output: AtomicFile, _ patches: inout HDF5Patches,
    _ end: inout HDF5FileEnd
  ) throws(CheckpointError) {
    finished.insert(number)
    guard let chunk = open.removeValue(forKey: number), chunk.isChanged else { return }
    guard let old = store.list.chunk(number) else {
      throw refused(
        "new values for a chunk that was never written", expected: "chunks that are in the file")
    }
    let outer = Array(place.prefix(store.list.grid.shape.count))
    guard let stored = store.stored(chunk.bytes, as: old, outer) else {
      throw refused("a chunk that cannot be compressed anew", expected: "deflate")
    }
    if stored.count <= old.size {
      return try put(stored, at: old.address, as: old, output, &patches)
    }
    if let address = end.take(stored.count) {
      return try put(stored, at: address, as: old, output, &patches)
    }
    // As dense as it can be, it may still fit.
    guard let dense = store.stored(chunk.bytes, as: old, outer, level: 9), dense.count <= old.size
    else {
      throw refused(
        "new values that take \(stored.count) bytes compressed, more than the \(old.size) of the old",
        expected: "no more, as \(end.obstacle ?? "addresses in the file end here")")
    }
    try put(dense, at: old.address, as: old, output, &patches)
  }

  private func put(
    _ stored: [UInt8], at address: Int, as old: HDF5Chunk, _ output: AtomicFile,
    _ patches: inout HDF5Patches
  ) throws(CheckpointError) {
    try output.write(stored, at: values.file.region.range.lowerBound + address)
    if stored.count == old.size, address == old.address { return }
    guard let entry = old.entry,
      entry.sizeWidth >= 8 || stored.count < 1 << (8 * entry.sizeWidth)
    else {
      throw refused("a chunk whose size cannot be changed in its index", expected: "the old size")
    }
    for (at, value, width) in [
      (entry.addressAt, address, values.file.sizes.offset),
      (entry.sizeAt, stored.count, entry.sizeWidth),
    ] {
      let bytes = HDF5File.littleEndian(value, width: width)
      if entry.isInHeader {
        try patches.patch(bytes, at: at, of: values.dataset.address)
      } else {
        try patches.patch(bytes, at: at, in: entry.piece)
      }
    }
  }

  private func refused(_ found: String, expected: String) -> CheckpointError {
    CheckpointError(
      .unsupported, file: values.file.region.file.path, place: blocks.path.flatName.bytes,
      found: found, expected: expected, advice: "save as safetensors")
  }
}
