/// Reads the structures of one HDF5 file, through a small cache and within a budget.
///
/// Not shared between tasks: whoever reads makes one of its own.
final class HDF5Metadata {
  let file: HDF5File
  private var pages: [Int: [UInt8]] = [:]
  private var budget: Int
  private var heaps: [Int: HDF5GlobalHeap] = [:]
  private var heapBytes = 0
  var fractalHeaps: [Int: HDF5FractalHeap] = [:]
  var sharedMessages: HDF5SharedMessages?
  /// Blocks of fractal heaps whose checksums were compared.
  var checkedBlocks: Set<Int> = []

  private static let pageSize = 1 << 16
  private static let pageLimit = 64
  private static let heapLimit = 32 << 20

  init(_ file: HDF5File) {
    self.file = file
    // Honest files are read about once; one whose structures overlap makes work out of nothing.
    let (many, overflow) = file.region.count.multipliedReportingOverflow(by: 4)
    budget = overflow ? Int.max : (16 << 20) &+ min(many, Int.max - (16 << 20))
  }

  var sizes: HDF5Sizes { file.sizes }

  func error(
    _ code: CheckpointError.Code, at address: Int, _ field: String, found: String? = nil,
    expected: String? = nil, advice: String? = nil
  ) -> CheckpointError {
    file.region.origin.error(
      code, at: address, field: field, found: found, expected: expected, advice: advice)
  }

  /// `count` bytes from an address as a structure.
  func cursor(at address: Int, _ count: Int, _ field: String) throws(CheckpointError) -> HDF5Cursor
  {
    HDF5Cursor(
      try bytes(at: address, count, field), at: address, origin: file.region.origin, sizes: sizes)
  }

  /// Bytes in memory that belong to the object at an address.
  func cursor(over bytes: [UInt8], of address: Int) -> HDF5Cursor {
    HDF5Cursor(bytes, at: address, origin: file.region.origin, sizes: sizes)
  }

  /// At most `count` bytes: a structure whose size stands inside it.
  func cursor(at address: Int, upTo count: Int, _ field: String)
    throws(CheckpointError) -> HDF5Cursor
  {
    guard address >= 0, address < file.region.count else {
      throw outside(address, count: 1, field)
    }
    return try cursor(at: address, min(count, file.region.count - address), field)
  }

  func bytes(at address: Int, _ count: Int, _ field: String) throws(CheckpointError) -> [UInt8] {
    guard address >= 0, count >= 0, address <= file.region.count,
      count <= file.region.count - address
    else { throw outside(address, count: count, field) }
    try spend(count + 16, at: address, field)
    if count > Self.pageSize { return try file.region.read(at: address, count: count) }
    if count == 0 { return [] }
    let first = address / Self.pageSize
    let within = address - first * Self.pageSize
    let page = try page(first)
    if within + count <= page.count { return Array(page[within..<(within + count)]) }
    let next = try self.page(first + 1)
    return Array(page[within...]) + next[..<(within + count - page.count)]
  }

  /// Takes from the budget for work whose amount the file decides.
  func spend(_ amount: Int, at address: Int, _ field: String) throws(CheckpointError) {
    guard amount < budget else {
      budget = 0
      throw error(
        .limitExceeded, at: address, field,
        found: "structures that share their bytes over and over",
        expected: "a file that is read about once", advice: "the file is damaged or hostile")
    }
    budget -= amount
  }

  func globalHeap(at address: Int) throws(CheckpointError) -> HDF5GlobalHeap {
    if let known = heaps[address] { return known }
    let heap = try HDF5GlobalHeap(self, at: address)
    if heapBytes + heap.size > Self.heapLimit {
      heaps.removeAll()
      heapBytes = 0
    }
    heaps[address] = heap
    heapBytes += heap.size
    return heap
  }

  private func outside(_ address: Int, count: Int, _ field: String) -> CheckpointError {
    CheckpointError(
      .truncated, file: file.region.file.path,
      offset: file.region.range.lowerBound.addingReportingOverflow(address).partialValue,
      place: Array(field.utf8), found: "an address beyond the end of the file",
      expected: "\(count) bytes inside its \(file.region.count)",
      advice: "the file is damaged: download or copy it again")
  }

  private func page(_ number: Int) throws(CheckpointError) -> [UInt8] {
    if let known = pages[number] { return known }
    if pages.count >= Self.pageLimit { pages.removeAll(keepingCapacity: true) }
    let start = number * Self.pageSize
    let page = try file.region.read(
      at: start, count: min(Self.pageSize, file.region.count - start))
    pages[number] = page
    return page
  }
}
