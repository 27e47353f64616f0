/// Chunk indexes that are arrays: one entry for each chunk, in order.
extension HDF5ChunkList {
  mutating func readFixedArray(
    _ address: Int, _ number: (Int) -> Int?
  ) throws(CheckpointError) {
    let sizes = reader.sizes
    var head = try reader.cursor(
      at: address, 12 + sizes.length + sizes.offset, "chunk array")
    try head.expect("FAHD", "chunk array")
    _ = try head.expectVersion(0...0, "chunk array")
    try head.skip(1, "chunk array")
    let width = Int(try head.u8("chunk array"))
    let pageBits = Int(try head.u8("chunk array"))
    let count = try head.length("chunk array")
    let block = try head.address("chunk array")
    try head.checksum("chunk array")
    guard width == elementWidth, pageBits < 31 else {
      throw head.error(
        .badValue, "chunk array", found: "entries of \(width) bytes",
        expected: "\(elementWidth) bytes")
    }
    guard let block, count > 0 else { return }
    let pageSize = 1 << pageBits
    let isPaged = count > pageSize
    let pages = isPaged ? (count - 1) / pageSize + 1 : 0
    let bitmapSize = (pages + 7) / 8
    let prefix = 6 + sizes.offset + bitmapSize
    guard let bytes = product([count, width]), bytes <= reader.file.region.count else {
      throw head.error(
        .truncated, "chunk array", found: "\(count) entries",
        expected: "at most what the file holds")
    }
    var cursor = try reader.cursor(at: block, prefix + (isPaged ? 0 : bytes) + 4, "chunk array")
    try cursor.expect("FADB", "chunk array")
    try cursor.skip(2 + sizes.offset, "chunk array")
    let bitmap = try cursor.read(bitmapSize, "chunk array")
    if !isPaged {
      for index in 0..<count { try addEntry(&cursor, number: number(index)) }
    }
    try cursor.checksum("chunk array")
    guard isPaged else { return }
    var at = block + prefix + 4
    for page in 0..<pages {
      let first = page * pageSize
      let here = min(pageSize, count - first)
      if bitmap[page / 8] & (0x80 >> UInt8(page % 8)) != 0 {
        var cursor = try reader.cursor(at: at, here * width + 4, "chunk array")
        for index in 0..<here { try addEntry(&cursor, number: number(first + index)) }
        try cursor.checksum("chunk array")
      }
      at += here * width + 4
    }
  }

  mutating func readExtensibleArray(
    _ address: Int, _ number: (Int) -> Int?
  ) throws(CheckpointError) {
    let shape = try ExtensibleArrayShape(reader, at: address, elementWidth: elementWidth)
    guard let block = shape.indexBlock else { return }
    let offset = reader.sizes.offset
    let width = elementWidth
    let addresses = shape.directBlocks + shape.superblocksListed
    guard let size = sum(product([shape.indexElements, width]), addresses * offset) else { return }
    var cursor = try reader.cursor(at: block, 6 + offset + size + 4, "chunk array")
    try cursor.expect("EAIB", "chunk array")
    try cursor.skip(2 + offset, "chunk array")
    for index in 0..<shape.indexElements { try addEntry(&cursor, number: number(index)) }
    var direct: [Int?] = []
    for _ in 0..<shape.directBlocks { direct.append(try cursor.address("chunk array")) }
    var supers: [Int?] = []
    for _ in 0..<shape.superblocksListed { supers.append(try cursor.address("chunk array")) }
    try cursor.checksum("chunk array")

    var next = 0
    for (level, superblock) in shape.superblocks.enumerated() {
      let first = shape.indexElements + superblock.start
      if first >= shape.count { break }
      var blocks: [(address: Int?, pages: ArraySlice<UInt8>)] = []
      if level < shape.superblocks.count - shape.superblocksListed {
        for _ in 0..<superblock.blocks {
          guard next < direct.count else { break }
          blocks.append((direct[next], []))
          next += 1
        }
      } else {
        let listed = level - (shape.superblocks.count - shape.superblocksListed)
        guard listed < supers.count, let at = supers[listed] else { continue }
        blocks = try readSuperblock(at, superblock, shape)
      }
      for (index, block) in blocks.enumerated() {
        guard let at = block.address else { continue }
        try readDataBlock(
          at, first + index * superblock.elements, superblock, shape, block.pages, number)
      }
    }
  }

  private func readSuperblock(
    _ address: Int, _ superblock: ExtensibleArrayShape.Superblock, _ shape: ExtensibleArrayShape
  ) throws(CheckpointError) -> [(address: Int?, pages: ArraySlice<UInt8>)] {
    let offset = reader.sizes.offset
    let bitmap = superblock.pages > 1 ? (superblock.pages + 7) / 8 : 0
    guard let size = product([superblock.blocks, bitmap + offset]),
      size <= reader.file.region.count
    else { return [] }
    var cursor = try reader.cursor(
      at: address, 6 + offset + shape.offsetWidth + size + 4, "chunk array")
    try cursor.expect("EASB", "chunk array")
    try cursor.skip(2 + offset + shape.offsetWidth, "chunk array")
    let bits = try cursor.read(superblock.blocks * bitmap, "chunk array")
    var blocks: [(address: Int?, pages: ArraySlice<UInt8>)] = []
    for index in 0..<superblock.blocks {
      blocks.append(
        (try cursor.address("chunk array"), bits[(index * bitmap)..<((index + 1) * bitmap)]))
    }
    try cursor.checksum("chunk array")
    return blocks
  }

  private mutating func readDataBlock(
    _ address: Int, _ first: Int, _ superblock: ExtensibleArrayShape.Superblock,
    _ shape: ExtensibleArrayShape, _ initialized: ArraySlice<UInt8>, _ number: (Int) -> Int?
  ) throws(CheckpointError) {
    let prefix = 6 + reader.sizes.offset + shape.offsetWidth
    let width = elementWidth
    let isPaged = superblock.pages > 1
    var cursor = try reader.cursor(
      at: address, prefix + (isPaged ? 0 : superblock.elements * width) + 4, "chunk array")
    try cursor.expect("EADB", "chunk array")
    try cursor.skip(prefix - 4, "chunk array")
    if !isPaged {
      for index in 0..<superblock.elements {
        try addEntry(&cursor, number: first + index < shape.count ? number(first + index) : nil)
      }
    }
    try cursor.checksum("chunk array")
    guard isPaged else { return }
    var at = address + prefix + 4
    for page in 0..<superblock.pages {
      let bit = initialized.startIndex + page / 8
      if bit < initialized.endIndex, initialized[bit] & (0x80 >> UInt8(page % 8)) != 0 {
        var cursor = try reader.cursor(at: at, shape.pageElements * width + 4, "chunk array")
        let start = first + page * shape.pageElements
        for index in 0..<shape.pageElements {
          try addEntry(&cursor, number: start + index < shape.count ? number(start + index) : nil)
        }
        try cursor.checksum("chunk array")
      }
      at += shape.pageElements * width + 4
    }
  }
}

/// How an extensible array is divided: some entries in its index block, then superblocks of data blocks
/// that double in number and in size by turns.
private struct ExtensibleArrayShape {
  struct Superblock {
    var blocks: Int
    /// Entries of each data block.
    var elements: Int
    /// Pages of each data block; one where it is not divided.
    var pages: Int
    /// Entries before it, those in the index block not counted.
    var start: Int
  }

  let indexBlock: Int?
  let indexElements: Int
  /// Data blocks whose addresses stand in the index block itself.
  let directBlocks: Int
  /// Superblocks whose addresses stand in the index block.
  let superblocksListed: Int
  let superblocks: [Superblock]
  let pageElements: Int
  let offsetWidth: Int
  /// Entries that are in use.
  let count: Int

  init(
    _ metadata: HDF5Metadata, at address: Int, elementWidth: Int
  ) throws(CheckpointError) {
    let sizes = metadata.sizes
    var head = try metadata.cursor(
      at: address, 16 + 6 * sizes.length + sizes.offset, "chunk array")
    try head.expect("EAHD", "chunk array")
    _ = try head.expectVersion(0...0, "chunk array")
    try head.skip(1, "chunk array")
    let width = Int(try head.u8("chunk array"))
    let bits = Int(try head.u8("chunk array"))
    indexElements = Int(try head.u8("chunk array"))
    let leastElements = Int(try head.u8("chunk array"))
    let leastPointers = Int(try head.u8("chunk array"))
    let pageBits = Int(try head.u8("chunk array"))
    try head.skip(4 * sizes.length, "chunk array")
    count = try head.length("chunk array")
    try head.skip(sizes.length, "chunk array")
    indexBlock = try head.address("chunk array")
    try head.checksum("chunk array")
    guard width == elementWidth, (1...64).contains(bits), isPowerOfTwo(leastElements),
      isPowerOfTwo(leastPointers), leastPointers > 1, pageBits < 31, bits >= log2(leastElements)
    else {
      throw head.error(
        .badHeader, "chunk array", found: "entries of \(width) bytes, \(bits) bits",
        expected: "entries of \(elementWidth) bytes")
    }
    pageElements = 1 << pageBits
    offsetWidth = (bits + 7) / 8
    directBlocks = 2 * (leastPointers - 1)
    let total = 1 + bits - log2(leastElements)
    superblocksListed = max(0, total - 2 * log2(leastPointers))
    var superblocks: [Superblock] = []
    var start = 0
    for level in 0..<total {
      // Blocks beyond what the file could hold are never looked at.
      let blocks = 1 << (level / 2)
      guard let elements = product([1 << ((level + 1) / 2), leastElements]),
        elements <= metadata.file.region.count, let entries = product([blocks, elements]),
        let next = sum(start, entries)
      else { break }
      superblocks.append(
        Superblock(
          blocks: blocks, elements: elements,
          pages: elements > pageElements ? elements / pageElements : 1, start: start))
      start = next
    }
    while superblocks.count < total {
      superblocks.append(Superblock(blocks: 0, elements: 0, pages: 1, start: Int.max / 2))
    }
    self.superblocks = superblocks
  }
}
