import EspalierTree

/// Reads an array from its chunks, box by box in C order.
struct ZarrReader: TensorReader {
  private let chunks: ZarrChunks
  private let plan: ArrayBoxPlan
  private let elements: Int
  private var element = 0
  private var box: [UInt8] = []
  private var used = 0

  private static let boxLimit = 1 << 20

  init(_ chunks: ZarrChunks) {
    self.chunks = chunks
    let shape = chunks.array.shape
    plan = ArrayBoxPlan(
      shape: shape, limit: Self.boxLimit, unit: shape.isEmpty ? nil : chunks.array.chunk)
    elements = Shape(shape).elementCount ?? 0
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      if used == box.count {
        guard element < elements else { break }
        try readBox()
      }
      let count = min(buffer.count - done, box.count - used)
      box.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[used..<used + count]))
      }
      done += count
      used += count
    }
    return done
  }

  private mutating func readBox() throws(CheckpointError) {
    let next = plan.box(at: element)
    let count = product(next.extent) ?? 0
    box = try chunks.read(next, elements: count)
    used = 0
    element += count
  }
}

/// The chunks of an array, decompressed one at a time. The last ones are kept, within a limit.
final class ZarrChunks {
  let array: ZarrArray
  private let itemSize: Int
  private let manifest: FilePath
  private let values: [[UInt8]: OCDBTDatabase.Value]
  private var cache: [(key: [UInt8], bytes: [UInt8])] = []

  /// A chunk has to be in memory as a whole.
  private static let chunkLimit = 1 << 30
  private static let cacheLimit = 64 << 20

  init(
    _ array: ZarrArray, _ dtype: DType, _ manifest: FilePath,
    _ values: [[UInt8]: OCDBTDatabase.Value]
  ) {
    self.array = array
    itemSize = dtype.bytesPerBlock
    self.manifest = manifest
    self.values = values
  }

  /// The elements of a box, in C order.
  func read(_ box: ArrayBox, elements: Int) throws(CheckpointError) -> [UInt8] {
    guard let grid = HDF5ChunkGrid(shape: array.shape, chunk: array.chunk) else { return [] }
    var result = [UInt8](repeating: 0, count: elements * itemSize)
    let size = itemSize
    try grid.forEachPlace(touching: box) { place throws(CheckpointError) in
      let origin = zip(place, array.chunk).map { $0 * $1 }
      let chunk = try self.chunk(place)
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
  private func chunk(_ place: [Int]) throws(CheckpointError) -> [UInt8]? {
    let key = array.key(place)
    if let known = cache.first(where: { $0.key == key }) { return known.bytes }
    guard let size = product(array.chunk + [itemSize]), size <= Self.chunkLimit else {
      throw error(
        key, .limitExceeded, "chunks of \(array.chunk)", "at most \(Self.chunkLimit) bytes")
    }
    guard let value = values[key] else {
      guard array.fill != nil else {
        throw error(key, .unsupported, "no chunk, and a fill value of another kind", "a number")
      }
      return nil
    }
    let stored = try value.read(limit: Self.chunkLimit, field: "chunk")
    guard let bytes = decode(stored, size), bytes.count == size else {
      throw error(
        key, .malformed, "\(byteCount(stored.count)) that are no chunk",
        "\(byteCount(size)) after decompression")
    }
    keep(key, bytes)
    return bytes
  }

  private func keep(_ key: [UInt8], _ bytes: [UInt8]) {
    while !cache.isEmpty, (cache.count + 1) * bytes.count > Self.cacheLimit { cache.removeFirst() }
    cache.append((key, bytes))
  }

  private func decode(_ stored: [UInt8], _ size: Int) -> [UInt8]? {
    switch array.compressor {
    case .none: stored
    case .zstd: Zstandard.decompress(stored, limit: size)
    case .zlib: Inflater.decompress(stored, format: .zlib, limit: size)
    case .gzip: Inflater.decompress(stored, format: .gzip, limit: size)
    case .blosc: Blosc.decompress(stored, size: size)
    case .other: nil
    }
  }

  private func error(
    _ key: [UInt8], _ code: CheckpointError.Code, _ found: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(code, file: manifest, place: key, found: found, expected: expected)
  }
}
