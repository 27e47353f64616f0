import EspalierTree

/// The values of one dataset that is an array of numbers.
struct HDF5Values: Sendable {
  let dataset: HDF5Dataset
  let element: HDF5ElementType
  let file: HDF5File
  /// Elements as HDF5 orders them, dimensions inside an element last.
  let shape: [Int]
  /// Where all values lie side by side in the file, in bytes from the start of its region; nil where
  /// they do not.
  let run: Range<Int>?
  /// Why there are none to read; nil where there are.
  let obstacle: String?

  /// - Parameter given: what elements are, where the caller knows better.
  /// - Returns: nil where elements are not numbers or there is no shape.
  /// - Throws: where values are claimed to be where the file has none.
  init?(
    _ dataset: HDF5Dataset, _ file: HDF5File, as given: HDF5ElementType? = nil
  ) throws(CheckpointError) {
    guard let element = given ?? dataset.type.elementType, !dataset.space.isNull else { return nil }
    self.dataset = dataset
    self.element = element
    self.file = file
    shape = dataset.space.dimensions + element.inner
    guard let bytes = dataset.byteCount else {
      throw Self.error(
        dataset, file, .badValue, found: "the shape \(dataset.space.dimensions)",
        expected: "one whose size in bytes fits 64 bits")
    }
    var run: Range<Int>?
    var obstacle: String?
    switch dataset.layout {
    case _ where dataset.isExternal: obstacle = "they lie in other files, which are not opened"
    case .compact(let at, let count):
      guard count >= bytes else {
        throw Self.error(
          dataset, file, .truncated, found: "\(count) bytes of values", expected: "\(bytes)")
      }
      run = at..<(at + bytes)
    case .contiguous(let at?, let count):
      guard (count ?? bytes) >= bytes, let end = sum(at, bytes), end <= file.region.count else {
        throw Self.error(
          dataset, file, .truncated,
          found: "values of \(bytes) bytes from byte \(at) in a file of \(file.region.count)",
          expected: "values inside the file")
      }
      run = at..<end
    case .contiguous(nil, _):
      if bytes > Self.emptyLimit { obstacle = "none of its \(bytes) bytes were ever written" }
    case .chunked(let chunking):
      // Ranks and sizes are compared when values are read.
      if let name = dataset.filters.unsupported, !chunking.dimensions.isEmpty {
        obstacle = "they are packed with \(name), which is not supported"
      }
    case .virtual: obstacle = "they are put together from other files, which are not opened"
    }
    self.run = obstacle == nil ? run : nil
    self.obstacle = obstacle
  }

  /// Values that were never written are read as zeros up to this size.
  static let emptyLimit = 1 << 30

  private static func error(
    _ dataset: HDF5Dataset, _ file: HDF5File, _ code: CheckpointError.Code, found: String,
    expected: String
  ) -> CheckpointError {
    file.region.origin.error(
      code, at: dataset.address, field: "dataset", found: found, expected: expected,
      advice: "the file is damaged: download or copy it again")
  }

  /// Reads in C order of `shape`.
  func reader() throws(CheckpointError) -> any TensorReader {
    if let run {
      let region = try file.region.slice(at: run.lowerBound, count: run.count)
      return element.swapped > 1
        ? SwappingReader(FileRangeReader(region), itemSize: element.swapped)
        : FileRangeReader(region)
    }
    if case .chunked(let chunking) = dataset.layout, !dataset.space.dimensions.isEmpty {
      let store = try HDF5ChunkStore(dataset, chunking, file)
      if store.list.chunks.isEmpty { return fillReader }
      let reader = HDF5ChunkReader(store, elementSize: dataset.type.size)
      return element.swapped > 1 ? SwappingReader(reader, itemSize: element.swapped) : reader
    }
    return fillReader
  }

  private var fillReader: any TensorReader {
    let fill = FillReader(element: dataset.fill, byteCount: dataset.byteCount ?? 0)
    return element.swapped > 1 ? SwappingReader(fill, itemSize: element.swapped) : fill
  }

  /// Reads any range of the values, in bytes of their C order.
  func fetch() throws(CheckpointError) -> StridedReader.Fetch {
    let unit = element.swapped
    if let run {
      let region = try file.region.slice(at: run.lowerBound, count: run.count)
      return { offset, buffer in
        try region.read(at: offset, into: buffer)
        reverseBytes(buffer, unit: unit)
      }
    }
    if case .chunked(let chunking) = dataset.layout, !dataset.space.dimensions.isEmpty {
      let store = try HDF5ChunkStore(dataset, chunking, file)
      return { offset, buffer in
        try store.fetch(offset, buffer)
        reverseBytes(buffer, unit: unit)
      }
    }
    let fill = dataset.fill
    return { _, buffer in
      fillBuffer(buffer, with: fill)
      reverseBytes(buffer, unit: unit)
    }
  }
}

/// Reads a chunked dataset in C order, in blocks of whole chunks as far as memory allows.
struct HDF5ChunkReader: TensorReader {
  private let store: HDF5ChunkStore
  private let elementSize: Int
  private let count: Int
  private let plan: ArrayBoxPlan
  private var position = 0
  private var block: [UInt8] = []
  private var blockStart = 0

  private static let blockLimit = 32 << 20

  init(_ store: HDF5ChunkStore, elementSize: Int) {
    self.store = store
    self.elementSize = elementSize
    let grid = store.list.grid
    count = product(grid.shape) ?? 0
    plan = ArrayBoxPlan(
      shape: grid.shape, limit: Self.blockLimit / elementSize, unit: grid.chunk)
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      let within = position * elementSize - blockStart * elementSize
      if block.isEmpty || within >= block.count {
        guard position < count else { break }
        try nextBlock()
        continue
      }
      // Buffers may end inside an element that is an array.
      let take = min(buffer.count - done, block.count - within - partial)
      block.withUnsafeBytes { all in
        UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + take)]).copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: all[(within + partial)..<(within + partial + take)]))
      }
      done += take
      let bytes = partial + take
      position += bytes / elementSize
      partial = bytes % elementSize
    }
    return done
  }

  /// Bytes of the current element that were handed out already.
  private var partial = 0

  private mutating func nextBlock() throws(CheckpointError) {
    let box = plan.box(at: position)
    let size = (product(box.extent) ?? 0) * elementSize
    if block.count != size { block = [UInt8](repeating: 0, count: size) }
    var failure: CheckpointError?
    block.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) {
        try store.read(start: box.start, extent: box.extent, into: buffer)
      } catch { failure = error }
    }
    if let failure { throw failure }
    blockStart = position
  }
}

/// Reads an element over and over.
struct FillReader: TensorReader {
  private let element: [UInt8]?
  private var left: Int
  private var at = 0

  init(element: [UInt8]?, byteCount: Int) {
    self.element = element
    left = byteCount
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, left)
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    if let element, !element.isEmpty {
      for index in target.indices { target[index] = element[(at + index) % element.count] }
      at = (at + count) % element.count
    } else {
      fillBuffer(target, with: nil)
    }
    left -= count
    return count
  }
}

/// Reverses the bytes of each number of `unit` bytes.
func reverseBytes(_ buffer: UnsafeMutableRawBufferPointer, unit: Int) {
  func each<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) {
    for at in stride(from: 0, to: buffer.count - unit + 1, by: unit) {
      let value = buffer.loadUnaligned(fromByteOffset: at, as: T.self)
      buffer.storeBytes(of: value.byteSwapped, toByteOffset: at, as: T.self)
    }
  }
  switch unit {
  case 2: each(UInt16.self)
  case 4: each(UInt32.self)
  case 8: each(UInt64.self)
  default: break
  }
}
