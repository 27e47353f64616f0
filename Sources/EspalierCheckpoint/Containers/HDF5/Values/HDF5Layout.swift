/// Where the values of a dataset lie.
enum HDF5Layout: Sendable {
  /// In the object header itself.
  case compact(at: Int, count: Int)
  /// One run of bytes; nil where nothing was written yet. `count` is nil where the file does not say.
  case contiguous(at: Int?, count: Int?)
  case chunked(HDF5Chunking)
  /// Put together from other datasets or files.
  case virtual

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) {
    let version = try cursor.expectVersion(1...5, "layout")
    self = version < 3 ? try Self.old(&cursor) : try Self.new(&cursor, version)
  }

  private static func old(_ cursor: inout HDF5Cursor) throws(CheckpointError) -> Self {
    let rank = Int(try cursor.u8("layout"))
    let kind = try cursor.u8("layout")
    try cursor.skip(5, "layout")
    let address = kind == 0 ? nil : try cursor.address("address of the values")
    var dimensions: [Int] = []
    for _ in 0..<rank { dimensions.append(try cursor.u32("layout")) }
    switch kind {
    case 0:
      let count = try cursor.u32("layout")
      let at = cursor.address
      try cursor.skip(count, "values in the header")
      return .compact(at: at, count: count)
    case 1: return .contiguous(at: address, count: nil)
    case 2: return .chunked(try HDF5Chunking(dimensions, .tree(address), cursor))
    default: throw unknown(kind, cursor)
    }
  }

  private static func new(
    _ cursor: inout HDF5Cursor, _ version: UInt8
  ) throws(CheckpointError) -> Self {
    let kind = try cursor.u8("layout")
    switch kind {
    case 0:
      let count = try cursor.u16("layout")
      let at = cursor.address
      try cursor.skip(count, "values in the header")
      return .compact(at: at, count: count)
    case 1:
      let address = try cursor.address("address of the values")
      return .contiguous(at: address, count: try cursor.length("size of the values"))
    case 2 where version == 3:
      let rank = Int(try cursor.u8("layout"))
      let address = try cursor.address("chunk index")
      var dimensions: [Int] = []
      for _ in 0..<rank { dimensions.append(try cursor.u32("layout")) }
      return .chunked(try HDF5Chunking(dimensions, .tree(address), cursor))
    case 2: return .chunked(try HDF5Chunking(&cursor, hasWideSizes: version >= 5))
    case 3: return .virtual
    default: throw unknown(kind, cursor)
    }
  }

  private static func unknown(_ kind: UInt8, _ cursor: HDF5Cursor) -> CheckpointError {
    cursor.error(.unsupported, "layout", found: "class \(kind)", expected: "class 0 to 3")
  }
}

/// How a dataset is cut into chunks and where they are listed.
struct HDF5Chunking: Sendable {
  enum Index: Sendable {
    case tree(Int?)
    case single(Int?, Filtered?)
    case implicit(Int?)
    case fixedArray(Int?)
    case extensibleArray(Int?)
    case tree2(Int?)
  }

  /// What the header says of a single chunk that filters were applied to.
  struct Filtered: Sendable {
    var size: Int
    var mask: Int
    var entry: HDF5Chunk.Entry
  }

  /// Elements along each axis.
  let dimensions: [Int]
  let elementSize: Int
  let index: Index
  /// Whether chunks at the edge that are not whole are left unfiltered.
  var leavesPartialChunks = false
  /// Whether sizes of filtered chunks take eight bytes (layout version 5) and not as many as needed.
  var hasWideSizes = false

  /// - Parameter dimensions: those of a chunk, then the size of an element.
  init(
    _ dimensions: [Int], _ index: Index, _ cursor: HDF5Cursor
  ) throws(CheckpointError) {
    guard let size = dimensions.last, dimensions.allSatisfy({ $0 > 0 }), dimensions.count > 1,
      dimensions.count <= HDF5Dataspace.rankLimit + 1, product(dimensions) != nil
    else {
      throw cursor.error(
        .badValue, "layout", found: "chunks of \(dimensions)", expected: "positive dimensions")
    }
    self.dimensions = Array(dimensions.dropLast())
    self.index = index
    elementSize = size
  }

  init(_ cursor: inout HDF5Cursor, hasWideSizes: Bool) throws(CheckpointError) {
    let flags = try cursor.u8("layout")
    let rank = Int(try cursor.u8("layout"))
    let width = Int(try cursor.u8("layout"))
    guard (1...8).contains(width) else {
      throw cursor.error(
        .badValue, "layout", found: "numbers of \(width) bytes", expected: "1 to 8")
    }
    var dimensions: [Int] = []
    for _ in 0..<rank { dimensions.append(try cursor.count(width, "chunk dimension")) }
    let kind = try cursor.u8("chunk index")
    let index: Index
    switch kind {
    case 1:
      let filtered = flags & 2 != 0 ? try Self.filtered(&cursor) : nil
      index = .single(try cursor.address("chunk"), filtered)
    case 2: index = .implicit(try cursor.address("chunks"))
    case 3:
      try cursor.skip(1, "chunk index")
      index = .fixedArray(try cursor.address("chunk index"))
    case 4:
      try cursor.skip(5, "chunk index")
      index = .extensibleArray(try cursor.address("chunk index"))
    case 5:
      try cursor.skip(6, "chunk index")
      index = .tree2(try cursor.address("chunk index"))
    default:
      throw cursor.error(
        .unsupported, "chunk index", found: "kind \(kind)", expected: "kind 1 to 5")
    }
    try self.init(dimensions, index, cursor)
    leavesPartialChunks = flags & 1 != 0
    self.hasWideSizes = hasWideSizes
  }

  private static func filtered(_ cursor: inout HDF5Cursor) throws(CheckpointError) -> Filtered {
    let start = cursor.address
    let size = try cursor.length("chunk size")
    let mask = try cursor.u32("chunk filters")
    return Filtered(
      size: size, mask: mask,
      entry: HDF5Chunk.Entry(
        addressAt: cursor.address, sizeAt: start, sizeWidth: cursor.sizes.length, isInHeader: true))
  }

  /// Bytes of a chunk before compression.
  var byteCount: Int { product(dimensions + [elementSize]) ?? Int.max }
}
