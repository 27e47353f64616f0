/// One stored chunk.
struct HDF5Chunk: Sendable {
  /// Which one, counted in C order over the dataset's chunks.
  var number: Int
  var address: Int
  /// Bytes as stored.
  var size: Int
  /// Filters that were left out, by bit.
  var mask: Int
  /// Where its address and size are written; nil where they follow from others.
  var entry: Entry?

  /// What an index says of one chunk.
  struct Entry: Sendable {
    var addressAt: Int
    var sizeAt: Int
    /// Bytes that hold the size.
    var sizeWidth: Int
    /// The part of the index that a checksum at its end covers; nil where there is none.
    var piece: Range<Int>?
    /// Whether it stands in the dataset's object header.
    var isInHeader = false
  }
}

/// The grid that chunks divide a dataset into.
struct HDF5ChunkGrid: Sendable {
  /// Elements along each axis of the dataset and of a chunk.
  let shape: [Int]
  let chunk: [Int]
  /// Chunks along each axis.
  let counts: [Int]

  /// Nil where the number of chunks overflows.
  init?(shape: [Int], chunk: [Int]) {
    guard shape.count == chunk.count, chunk.allSatisfy({ $0 > 0 }) else { return nil }
    self.shape = shape
    self.chunk = chunk
    counts = zip(shape, chunk).map { $0 == 0 ? 0 : ($0 - 1) / $1 + 1 }
    guard product(counts) != nil else { return nil }
  }

  /// The number of a chunk by its place; nil outside the grid.
  func number(_ place: [Int]) -> Int? {
    var number = 0
    for (axis, at) in place.enumerated() {
      guard at >= 0, at < counts[axis] else { return nil }
      number = number * counts[axis] + at
    }
    return number
  }

  func place(_ number: Int) -> [Int] {
    var place = [Int](repeating: 0, count: counts.count)
    var rest = number
    for axis in counts.indices.reversed() {
      place[axis] = rest % counts[axis]
      rest /= counts[axis]
    }
    return place
  }
}

/// The stored chunks of a dataset, found in whichever index it has.
struct HDF5ChunkList {
  let grid: HDF5ChunkGrid
  /// In order of their numbers.
  private(set) var chunks: [HDF5Chunk] = []
  private let chunking: HDF5Chunking
  private let isFiltered: Bool
  private let metadata: HDF5Metadata

  init(
    _ metadata: HDF5Metadata, _ chunking: HDF5Chunking, _ space: HDF5Dataspace,
    _ grid: HDF5ChunkGrid, isFiltered: Bool
  ) throws(CheckpointError) {
    self.grid = grid
    self.chunking = chunking
    self.isFiltered = isFiltered
    self.metadata = metadata
    switch chunking.index {
    case .tree(nil), .single(nil, _), .implicit(nil), .fixedArray(nil), .extensibleArray(nil),
      .tree2(nil):
      break
    case .tree(let root?): try readTree(root)
    case .single(let address?, let filtered):
      chunks.append(
        HDF5Chunk(
          number: 0, address: address, size: filtered?.size ?? chunking.byteCount,
          mask: filtered?.mask ?? 0, entry: filtered?.entry))
    case .implicit(let address?): try readImplicit(address, space)
    case .fixedArray(let address?):
      let numbers = ArrayNumbers(grid, space, growing: nil)
      try readFixedArray(address) { numbers.number($0) }
    case .extensibleArray(let address?):
      let growing = space.maximum.firstIndex { $0 == nil } ?? 0
      let numbers = ArrayNumbers(grid, space, growing: growing)
      try readExtensibleArray(address) { numbers.number($0) }
    case .tree2(let root?): try readTree2(root)
    }
    chunks.sort { $0.number < $1.number }
    for (a, b) in zip(chunks, chunks.dropFirst()) where a.number == b.number {
      throw metadata.error(
        .malformed, at: a.address, "chunk index", found: "a chunk that is listed twice",
        expected: "each chunk once")
    }
  }

  /// The chunk of a number; nil where it was never written.
  func chunk(_ number: Int) -> HDF5Chunk? {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = low + (high - low) / 2
      if chunks[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low < chunks.count && chunks[low].number == number ? chunks[low] : nil
  }

  private mutating func add(
    number: Int?, address: Int?, size: Int, mask: Int, entry: HDF5Chunk.Entry? = nil
  ) {
    // Chunks outside the shape are left over from before the dataset shrank.
    guard let number, let address else { return }
    chunks.append(
      HDF5Chunk(number: number, address: address, size: size, mask: mask, entry: entry))
  }

  private mutating func readTree(_ root: Int) throws(CheckpointError) {
    let rank = grid.shape.count
    let (grid, dimensions) = (self.grid, chunking.dimensions)
    var found: [HDF5Chunk] = []
    try metadata.walkBTree1(root, kind: 1, keySize: 8 + 8 * (rank + 1)) {
      key, address throws(CheckpointError) in
      let size = try key.u32("chunk size")
      let mask = try key.u32("chunk filters")
      var place: [Int] = []
      for axis in 0..<rank {
        let offset = try key.count(8, "chunk offset")
        guard offset % dimensions[axis] == 0 else {
          throw key.error(
            .badValue, "chunk offset", found: "\(offset)",
            expected: "a multiple of \(dimensions[axis])")
        }
        place.append(offset / dimensions[axis])
      }
      if let number = grid.number(place) {
        let entry = HDF5Chunk.Entry(
          addressAt: key.range.upperBound, sizeAt: key.start, sizeWidth: 4)
        found.append(
          HDF5Chunk(number: number, address: address, size: size, mask: mask, entry: entry))
      }
    }
    chunks = found
  }

  private mutating func readTree2(_ root: Int) throws(CheckpointError) {
    let (grid, chunking, width) = (self.grid, self.chunking, sizeWidth)
    let tree = try HDF5BTree2(metadata, at: root)
    let isFiltered = tree.kind == 11
    var found: [HDF5Chunk] = []
    try tree.forEachRecordInNode(metadata) { record, node throws(CheckpointError) in
      let entry = recordEntry(at: record.start, in: node)
      let address = try record.address("chunk")
      let size = isFiltered ? try record.count(width, "chunk size") : chunking.byteCount
      let mask = isFiltered ? try record.u32("chunk filters") : 0
      var place: [Int] = []
      for _ in grid.shape { place.append(try record.count(8, "chunk place")) }
      if let number = grid.number(place), let address {
        found.append(
          HDF5Chunk(
            number: number, address: address, size: size, mask: mask,
            entry: isFiltered ? entry : nil))
      }
    }
    chunks = found
  }

  private mutating func readImplicit(
    _ address: Int, _ space: HDF5Dataspace
  ) throws(CheckpointError) {
    let numbers = ArrayNumbers(grid, space, growing: nil)
    let size = chunking.byteCount
    guard let count = product(numbers.counts), let bytes = product([count, size]),
      let end = sum(address, bytes), end <= metadata.file.region.count
    else {
      throw metadata.error(
        .truncated, at: address, "chunks", found: "\(metadata.file.region.count) bytes in the file",
        expected: "chunks of \(size) bytes each")
    }
    for index in 0..<count {
      add(number: numbers.number(index), address: address + index * size, size: size, mask: 0)
    }
  }

  /// Bytes that hold the size of a filtered chunk.
  private var sizeWidth: Int {
    if chunking.hasWideSizes { return metadata.sizes.length }
    let bits = Int.bitWidth - 1 - chunking.byteCount.leadingZeroBitCount
    return min(8, 1 + (bits + 8) / 8)
  }

  var elementWidth: Int { metadata.sizes.offset + (isFiltered ? sizeWidth + 4 : 0) }

  /// Takes one entry of an index that is an array.
  mutating func addEntry(
    _ cursor: inout HDF5Cursor, number: Int?
  ) throws(CheckpointError) {
    let entry = isFiltered ? recordEntry(at: cursor.address, in: cursor.range) : nil
    let address = try cursor.address("chunk")
    let size = isFiltered ? try cursor.count(sizeWidth, "chunk size") : chunking.byteCount
    let mask = isFiltered ? try cursor.u32("chunk filters") : 0
    add(number: number, address: address, size: size, mask: mask, entry: entry)
  }

  /// An entry that has its address first and then its size.
  private func recordEntry(at start: Int, in piece: Range<Int>) -> HDF5Chunk.Entry {
    HDF5Chunk.Entry(
      addressAt: start, sizeAt: start + metadata.sizes.offset, sizeWidth: sizeWidth, piece: piece)
  }
}

/// How array indexes number chunks: over the largest shape that the dataset may grow to, with the axis
/// that grows without limit first.
private struct ArrayNumbers {
  let counts: [Int]
  private let growing: Int?
  private let grid: HDF5ChunkGrid

  init(_ grid: HDF5ChunkGrid, _ space: HDF5Dataspace, growing: Int?) {
    self.grid = grid
    self.growing = growing
    var counts = grid.shape.indices.map { axis -> Int in
      let limit = space.maximum[axis] ?? grid.shape[axis]
      return limit == 0 ? 0 : (limit - 1) / grid.chunk[axis] + 1
    }
    if let growing { counts.insert(counts.remove(at: growing), at: 0) }
    self.counts = counts
  }

  /// The number in the grid of the chunk at an index; nil outside the present shape.
  func number(_ index: Int) -> Int? {
    var place = [Int](repeating: 0, count: counts.count)
    var rest = index
    for axis in counts.indices.reversed() {
      if axis == 0 {
        place[0] = rest
      } else {
        guard counts[axis] > 0 else { return nil }
        place[axis] = rest % counts[axis]
        rest /= counts[axis]
      }
    }
    if let growing { place.insert(place.remove(at: 0), at: growing) }
    return grid.number(place)
  }
}

extension HDF5ChunkList {
  var reader: HDF5Metadata { metadata }
}
