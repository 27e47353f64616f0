/// A heap in blocks that double in size row by row: names and attributes of dense groups.
struct HDF5FractalHeap {
  private let address: Int
  private let idLength: Int
  private let isFiltered: Bool
  private let blocksAreChecked: Bool
  private let hugeIndex: Int?
  private let tableWidth: Int
  private let startingSize: Int
  private let maximumDirectSize: Int
  private let offsetSize: Int
  private let lengthSize: Int
  private let root: Int?
  private let rootRows: Int

  init(_ metadata: HDF5Metadata, at address: Int) throws(CheckpointError) {
    self.address = address
    let sizes = metadata.sizes
    var cursor = try metadata.cursor(
      at: address, upTo: 26 + 3 * sizes.offset + 12 * sizes.length + 4 + sizes.length + 512,
      "fractal heap")
    try cursor.expect("FRHP", "fractal heap")
    _ = try cursor.expectVersion(0...0, "fractal heap")
    idLength = try cursor.u16("fractal heap")
    let filterSize = try cursor.u16("fractal heap")
    isFiltered = filterSize > 0
    blocksAreChecked = try cursor.u8("fractal heap") & 2 != 0
    let maximumObject = try cursor.u32("fractal heap")
    _ = try cursor.length("fractal heap")
    hugeIndex = try cursor.address("fractal heap")
    _ = try cursor.length("fractal heap")
    _ = try cursor.address("fractal heap")
    try cursor.skip(8 * sizes.length, "fractal heap")
    tableWidth = try cursor.u16("fractal heap width")
    startingSize = try cursor.length("fractal heap block size")
    maximumDirectSize = try cursor.length("fractal heap block size")
    let bits = try cursor.u16("fractal heap")
    offsetSize = (bits + 7) / 8
    try cursor.skip(2, "fractal heap")
    root = try cursor.address("fractal heap root")
    rootRows = try cursor.u16("fractal heap rows")
    if isFiltered { try cursor.skip(sizes.length + 4 + filterSize, "fractal heap") }
    try cursor.checksum("fractal heap")
    lengthSize = min(bytesNeeded(maximumDirectSize), bytesNeeded(maximumObject))
    guard (1...64).contains(bits), isPowerOfTwo(startingSize), isPowerOfTwo(maximumDirectSize),
      isPowerOfTwo(tableWidth), startingSize <= maximumDirectSize, idLength > 0,
      product([maximumDirectSize, tableWidth]) != nil
    else {
      throw cursor.error(
        .badHeader, "fractal heap",
        found: "blocks of \(startingSize) to \(maximumDirectSize) bytes, \(tableWidth) a row",
        expected: "powers of two")
    }
  }

  /// The bytes that an id stands for.
  func object(_ id: [UInt8], _ metadata: HDF5Metadata) throws(CheckpointError) -> HDF5Cursor {
    var cursor = HDF5Cursor(
      id, at: address, origin: metadata.file.region.origin, sizes: metadata.sizes)
    let head = try cursor.u8("heap id")
    switch head >> 4 & 3 {
    case 0:
      let offset = try cursor.count(offsetSize, "heap id")
      let length = try cursor.count(lengthSize, "heap id")
      return try managed(offset, length, metadata)
    case 1: return try huge(&cursor, metadata)
    case 2:
      // Ids longer than 17 bytes use a second byte for the length.
      let isLong = idLength > 17
      let low = isLong ? Int(try cursor.u8("heap id")) : 0
      let length = (isLong ? Int(head & 15) << 8 | low : Int(head & 15)) + 1
      return try cursor.part(length, "heap id")
    default:
      throw cursor.error(
        .badValue, "heap id", found: "kind \(head >> 4 & 3)", expected: "kind 0, 1 or 2")
    }
  }

  private func huge(
    _ cursor: inout HDF5Cursor, _ metadata: HDF5Metadata
  ) throws(CheckpointError) -> HDF5Cursor {
    try refuseFilters(metadata)
    if idLength > metadata.sizes.offset + metadata.sizes.length {
      let at = try cursor.someAddress("heap id")
      let length = try cursor.length("heap id")
      return try metadata.cursor(at: at, length, "heap object")
    }
    let wanted = try cursor.unsigned(min(8, idLength - 1), "heap id")
    guard let hugeIndex else {
      throw cursor.error(
        .malformed, "heap id", found: "a large object", expected: "an index of large objects")
    }
    var place: (at: Int, length: Int)?
    try HDF5BTree2(metadata, at: hugeIndex).forEachRecord(metadata) {
      record throws(CheckpointError) in
      let at = try record.someAddress("heap object")
      let length = try record.length("heap object")
      if try record.unsigned(record.sizes.length, "heap object") == wanted { place = (at, length) }
    }
    guard let place else {
      throw cursor.error(
        .malformed, "heap id", found: "the large object \(wanted)", expected: "one in the index")
    }
    return try metadata.cursor(at: place.at, place.length, "heap object")
  }

  private func refuseFilters(_ metadata: HDF5Metadata) throws(CheckpointError) {
    guard !isFiltered else {
      throw metadata.error(
        .unsupported, at: address, "fractal heap", found: "compressed names",
        expected: "names that are not compressed", advice: "rewrite the file with h5repack")
    }
  }

  // MARK: Objects in blocks

  private func managed(
    _ offset: Int, _ length: Int, _ metadata: HDF5Metadata
  ) throws(CheckpointError) -> HDF5Cursor {
    try refuseFilters(metadata)
    guard var block = root else { throw missing(offset, metadata) }
    var rows = rootRows
    var within = offset
    // A root without rows is one block.
    var size = startingSize
    while rows > 0 {
      let (row, column, rowSize, rest) = try place(within, rows: rows, metadata)
      let directRows = log2(maximumDirectSize) - log2(startingSize) + 2
      let index =
        row < directRows
        ? row * tableWidth + column
        : directRows * tableWidth + (row - directRows) * tableWidth + column
      let head = 5 + metadata.sizes.offset + offsetSize
      guard let at = product([index, metadata.sizes.offset]),
        let start = sum(sum(block, head), at)
      else { throw missing(offset, metadata) }
      try checkIndirect(block, rows: rows, directRows, metadata)
      var entry = try metadata.cursor(at: start, metadata.sizes.offset, "fractal heap block")
      block = try entry.someAddress("fractal heap block")
      within = rest
      size = rowSize
      rows = row < directRows ? 0 : log2(rowSize) - log2(startingSize * tableWidth) + 1
      if row >= directRows, rows <= 0 { throw missing(offset, metadata) }
    }
    guard within <= size, length <= size - within, let start = sum(block, within) else {
      throw missing(offset, metadata)
    }
    try checkDirect(block, size: size, metadata)
    return try metadata.cursor(at: start, length, "heap object")
  }

  private func checkIndirect(
    _ address: Int, rows: Int, _ directRows: Int, _ metadata: HDF5Metadata
  ) throws(CheckpointError) {
    guard metadata.checkedBlocks.insert(address).inserted else { return }
    let head = 5 + metadata.sizes.offset + offsetSize
    let body = rows * tableWidth * metadata.sizes.offset
    var block = try metadata.cursor(at: address, head + body + 4, "fractal heap block")
    try block.expect("FHIB", "fractal heap block")
    try block.skip(head - 4 + body, "fractal heap block")
    try block.checksum("fractal heap block")
  }

  private func checkDirect(
    _ address: Int, size: Int, _ metadata: HDF5Metadata
  ) throws(CheckpointError) {
    guard metadata.checkedBlocks.insert(address).inserted else { return }
    var block = try metadata.cursor(
      at: address, blocksAreChecked ? size : 4, "fractal heap block")
    try block.expect("FHDB", "fractal heap block")
    guard blocksAreChecked else { return }
    // The checksum is over the whole block, with zeros in its own place.
    try block.skip(1 + metadata.sizes.offset + offsetSize, "fractal heap block")
    let at = block.position
    let stored = try block.unsigned(4, "fractal heap block")
    var bytes = block.bytes
    for index in at..<(at + 4) { bytes[index] = 0 }
    guard UInt64(bytes.withUnsafeBytes { lookup3($0) }) == stored else {
      throw block.error(
        .badChecksum, "fractal heap block", found: "a checksum that does not match",
        expected: "the stored one")
    }
  }

  /// The row and column of the block that holds a heap offset, and the offset inside it.
  private func place(
    _ offset: Int, rows: Int, _ metadata: HDF5Metadata
  ) throws(CheckpointError) -> (row: Int, column: Int, size: Int, rest: Int) {
    var start = 0
    var size = startingSize
    for row in 0..<min(rows, 64) {
      if row > 1 {
        let (double, overflow) = size.multipliedReportingOverflow(by: 2)
        if overflow { break }
        size = double
      }
      guard let whole = product([size, tableWidth]) else { break }
      if offset - start < whole {
        let inRow = offset - start
        return (row, inRow / size, size, inRow % size)
      }
      guard let next = sum(start, whole) else { break }
      start = next
    }
    throw missing(offset, metadata)
  }

  private func missing(_ offset: Int, _ metadata: HDF5Metadata) -> CheckpointError {
    metadata.error(
      .malformed, at: address, "fractal heap", found: "an object at \(offset)",
      expected: "one inside the heap")
  }
}

extension HDF5Metadata {
  func fractalHeap(at address: Int) throws(CheckpointError) -> HDF5FractalHeap {
    if let known = fractalHeaps[address] { return known }
    let heap = try HDF5FractalHeap(self, at: address)
    fractalHeaps[address] = heap
    return heap
  }
}

func isPowerOfTwo(_ value: Int) -> Bool { value > 0 && value & (value - 1) == 0 }

/// Of a power of two.
func log2(_ value: Int) -> Int { value > 0 ? value.trailingZeroBitCount : 0 }

/// Nil where it overflows.
func sum(_ a: Int?, _ b: Int) -> Int? {
  guard let a else { return nil }
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? nil : sum
}
