/// Reads values of a chunked dataset: boxes of elements, gathered from chunks that are decompressed one
/// at a time. The last ones are kept, within a limit.
final class HDF5ChunkStore {
  let list: HDF5ChunkList
  private let region: ByteRegion
  private let filters: HDF5Filters
  private let elementSize: Int
  private let chunkSize: Int
  private let fill: [UInt8]?
  private let leavesPartialChunks: Bool
  private var cache: [Int: [UInt8]] = [:]
  private var cacheOrder: [Int] = []

  private static let cacheLimit = 32 << 20
  /// A chunk has to be in memory as a whole to be decompressed.
  static let chunkLimit = 1 << 30
  /// Chunks without filters are read in parts when they are larger than this.
  private static let wholeLimit = 16 << 20

  init(_ dataset: HDF5Dataset, _ chunking: HDF5Chunking, _ file: HDF5File) throws(CheckpointError) {
    let metadata = HDF5Metadata(file)
    guard chunking.elementSize == dataset.type.size,
      let grid = HDF5ChunkGrid(shape: dataset.space.dimensions, chunk: chunking.dimensions)
    else {
      throw metadata.error(
        .badValue, at: dataset.address, "layout",
        found: "chunks of \(chunking.dimensions) with \(chunking.elementSize) bytes an element",
        expected: "chunks that divide \(dataset.space.dimensions)")
    }
    region = file.region
    filters = dataset.filters
    elementSize = dataset.type.size
    chunkSize = chunking.byteCount
    fill = dataset.fill
    leavesPartialChunks = chunking.leavesPartialChunks
    list = try HDF5ChunkList(
      metadata, chunking, dataset.space, grid, isFiltered: !dataset.filters.filters.isEmpty)
    try checkAmount(dataset, metadata)
  }

  /// What the chunks decompress to must be possible for the bytes that are there.
  private func checkAmount(
    _ dataset: HDF5Dataset, _ metadata: HDF5Metadata
  ) throws(CheckpointError) {
    var stored = 0
    for chunk in list.chunks {
      guard let end = sum(chunk.address, chunk.size), end <= region.count, chunk.size >= 0,
        let next = sum(stored, chunk.size), next <= region.count
      else {
        throw metadata.error(
          .overlap, at: chunk.address, "chunk", found: "\(chunk.size) bytes here",
          expected: "chunks that do not overlap, inside the file's \(region.count) bytes")
      }
      stored = next
    }
    let wanted = dataset.byteCount ?? Int.max
    let unwritten = list.chunks.isEmpty ? HDF5Values.emptyLimit : 16 << 20
    let possible = sum(product([stored, filters.largestRatio]), unwritten) ?? Int.max
    guard wanted <= possible else {
      throw metadata.error(
        .limitExceeded, at: dataset.address, "dataset", found: "\(wanted) bytes of values",
        expected: "at most \(possible), as \(stored) bytes are stored")
    }
    guard filters.filters.isEmpty || chunkSize <= Self.chunkLimit else {
      throw metadata.error(
        .limitExceeded, at: dataset.address, "chunk", found: "\(chunkSize) bytes in one chunk",
        expected: "at most \(Self.chunkLimit)", advice: "rewrite the file with smaller chunks")
    }
  }

  // MARK: Boxes

  /// Fills `buffer` with the elements of a box, in C order.
  func read(
    start: [Int], extent: [Int], into buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    let box = ArrayBox(start: start, extent: extent)
    try list.grid.forEachPlace(touching: box) { place throws(CheckpointError) in
      try copy(place, start, extent, buffer)
    }
  }

  /// Copies what a chunk and a box have in common.
  private func copy(
    _ place: [Int], _ start: [Int], _ extent: [Int], _ buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    guard let number = list.grid.number(place) else { return }
    let chunk = list.chunk(number)
    let source = try source(chunk, place)
    let dimensions = list.grid.chunk
    let origin = zip(place, dimensions).map { $0 * $1 }
    let box = ArrayBox(start: start, extent: extent)
    try box.forEachRun(in: ArrayBox(start: origin, extent: dimensions)) {
      from, to, count throws(CheckpointError) in
      let target = UnsafeMutableRawBufferPointer(
        rebasing: buffer[(to * elementSize)..<((to + count) * elementSize)])
      try copyRun(source, from * elementSize, target)
    }
  }

  // MARK: Chunks

  private enum Source {
    case memory([UInt8])
    case file(at: Int)
    case fill
  }

  private func copyRun(
    _ source: Source, _ from: Int, _ target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    switch source {
    case .memory(let bytes):
      bytes.withUnsafeBytes { all in
        target.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: all[from..<(from + target.count)]))
      }
    case .file(let at): try region.read(at: at + from, into: target)
    case .fill: fillBuffer(target, with: fill)
    }
  }

  /// What a chunk holds, decompressed; the fill value where it was never written.
  func content(of chunk: HDF5Chunk?, _ place: [Int]) throws(CheckpointError) -> [UInt8] {
    let source = try source(chunk, place)
    if case .memory(let bytes) = source { return bytes }
    var bytes = [UInt8](repeating: 0, count: chunkSize)
    var failure: CheckpointError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) { try copyRun(source, 0, buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// What is to be stored for the content of a chunk; nil where it cannot be made.
  func stored(_ content: [UInt8], as chunk: HDF5Chunk, _ place: [Int], level: Int? = nil)
    -> [UInt8]?
  {
    if isPlain(place) { return content }
    return filters.apply(content, mask: chunk.mask, elementSize: elementSize, level: level)
  }

  private func isPlain(_ place: [Int]) -> Bool {
    filters.filters.isEmpty || leavesPartialChunks && !isWhole(place)
  }

  private func source(_ chunk: HDF5Chunk?, _ place: [Int]) throws(CheckpointError) -> Source {
    guard let chunk else { return .fill }
    if let known = cache[chunk.number] { return .memory(known) }
    let isPlain = isPlain(place)
    if isPlain {
      guard chunk.size >= chunkSize else { throw broken(chunk, "\(chunk.size) bytes") }
      if chunkSize > Self.wholeLimit { return .file(at: chunk.address) }
    }
    let stored = try region.read(at: chunk.address, count: isPlain ? chunkSize : chunk.size)
    guard
      let bytes = isPlain
        ? stored
        : filters.undo(stored, mask: chunk.mask, size: chunkSize, elementSize: elementSize)
    else { throw broken(chunk, "data that does not decompress to \(chunkSize) bytes") }
    keep(bytes, chunk.number)
    return .memory(bytes)
  }

  private func isWhole(_ place: [Int]) -> Bool {
    place.indices.allSatisfy { axis in
      (place[axis] + 1) * list.grid.chunk[axis] <= list.grid.shape[axis]
    }
  }

  private func broken(_ chunk: HDF5Chunk, _ found: String) -> CheckpointError {
    region.origin.error(
      .badValue, at: chunk.address, field: "chunk", found: found,
      expected: "a chunk of \(chunkSize) bytes", advice: "download or copy the file again")
  }

  private func keep(_ bytes: [UInt8], _ number: Int) {
    while !cacheOrder.isEmpty, (cacheOrder.count + 1) * bytes.count > Self.cacheLimit {
      cache[cacheOrder.removeFirst()] = nil
    }
    cache[number] = bytes
    cacheOrder.append(number)
  }

  // MARK: Ranges

  /// Fills `buffer` from a byte offset into the values as they would lie in C order.
  func fetch(_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    let shape = list.grid.shape
    var element = offset / elementSize
    var done = 0
    while done < buffer.count {
      var start = [Int](repeating: 0, count: shape.count)
      var rest = element
      for axis in shape.indices.reversed() {
        start[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      // The largest box that begins here: whole in its inner axes, a part of one axis.
      let wanted = (buffer.count - done) / elementSize
      var axis = shape.count - 1
      var inner = 1
      while axis > 0, start[axis] == 0, inner * shape[axis] <= wanted {
        inner *= shape[axis]
        axis -= 1
      }
      let rows = min(shape[axis] - start[axis], wanted / inner)
      var extent = [Int](repeating: 1, count: shape.count)
      extent[axis] = rows
      for after in shape.indices where after > axis { extent[after] = shape[after] }
      let count = rows * inner
      guard count > 0 else { return }
      try read(
        start: start, extent: extent,
        into: UnsafeMutableRawBufferPointer(
          rebasing: buffer[done..<(done + count * elementSize)]))
      element += count
      done += count * elementSize
    }
  }
}

/// Repeats an element; nil is zeros.
func fillBuffer(_ buffer: UnsafeMutableRawBufferPointer, with element: [UInt8]?) {
  guard let element, !element.isEmpty else {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    return
  }
  var at = 0
  for index in buffer.indices {
    buffer[index] = element[at]
    at = at + 1 == element.count ? 0 : at + 1
  }
}
