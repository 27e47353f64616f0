import EspalierTree

/// The chunks of an array, decompressed one at a time. The last ones are kept, within a limit.
final class ZarrChunks {
  let array: ZarrArray
  private let itemSize: Int
  private let store: ZarrStore
  private var shards: ZarrShardIndexes
  /// By the number of the chunk in the grid.
  private var cache: [Int: [UInt8]] = [:]

  /// A chunk has to be in memory as a whole.
  private static let chunkLimit = 1 << 30
  private static let cacheLimit = 64 << 20

  init(_ array: ZarrArray, _ dtype: DType, _ store: ZarrStore) {
    self.array = array
    itemSize = dtype.bytesPerBlock
    self.store = store
    shards = ZarrShardIndexes(array)
  }

  /// The elements of a box, in C order.
  func read(_ box: ArrayBox, elements: Int) throws(CheckpointError) -> [UInt8] {
    guard let grid = HDF5ChunkGrid(shape: array.shape, chunk: array.chunk) else { return [] }
    var result = [UInt8](repeating: 0, count: elements * itemSize)
    let size = itemSize
    try grid.forEachPlace(touching: box) { place throws(CheckpointError) in
      let origin = zip(place, array.chunk).map { $0 * $1 }
      let chunk = try self.chunk(place, of: grid)
      let whole = ArrayBox(start: origin, extent: array.chunk)
      try box.forEachRun(in: whole) { from, to, count throws(CheckpointError) in
        let target = to * size..<(to + count) * size
        if let chunk {
          result.replaceSubrange(target, with: chunk[from * size..<(from + count) * size])
        } else if let fill = array.fill {
          result.withUnsafeMutableBytes {
            fillBuffer(UnsafeMutableRawBufferPointer(rebasing: $0[target]), with: fill)
          }
        }
      }
    }
    return result
  }

  /// Nil for a chunk that is not stored.
  private func chunk(
    _ place: [Int], of grid: HDF5ChunkGrid
  ) throws(CheckpointError) -> [UInt8]? {
    let number = grid.number(place) ?? 0
    if let known = cache[number] { return known }
    let key = array.key(place)
    guard let size = product(array.chunk + [itemSize]), size <= Self.chunkLimit else {
      throw error(
        key, .limitExceeded, "chunks of \(array.chunk)", "at most \(Self.chunkLimit) bytes")
    }
    guard let stored = try stored(place) else {
      guard array.fill != nil else {
        throw error(key, .unsupported, "no chunk, and a fill value of another kind", "a number")
      }
      return nil
    }
    guard let bytes = array.codecs.undo(stored, size: size) else {
      throw error(
        key, .malformed, "\(byteCount(stored.count)) that are no chunk",
        "\(byteCount(size)) after decompression")
    }
    keep(number, bytes)
    return bytes
  }

  /// A chunk as it is stored; nil where it is not.
  private func stored(_ place: [Int]) throws(CheckpointError) -> [UInt8]? {
    guard array.shards == nil else {
      return try shards.stored(place, limit: Self.chunkLimit, in: store)
    }
    return try store.value(array.key(place))?.read(limit: Self.chunkLimit, field: "chunk")
  }

  private func keep(_ number: Int, _ bytes: [UInt8]) {
    if (cache.count + 1) * bytes.count > Self.cacheLimit { cache.removeAll() }
    cache[number] = bytes
  }

  private func error(
    _ key: [UInt8], _ code: CheckpointError.Code, _ found: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(code, file: store.path, place: key, found: found, expected: expected)
  }
}
