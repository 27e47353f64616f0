/// An HDF5 file: where its tree of objects begins, and how wide its numbers are.
///
/// HDF5 is read by this library itself and not through libhdf5. Checkpoints come from strangers, and
/// libhdf5 answers damaged files with crashes and endless loops (27 of 3,000 random mutations of one
/// small file; dozens of published vulnerabilities). A crash inside a library takes the program that
/// imports it down, and a process of its own for every file would be a strange thing for a library to
/// start. This reader believes no count, no address and no size: every read is bounded by the file,
/// every walk by a budget, every checksum is compared.
struct HDF5File: Sendable {
  /// From the superblock's base address on: addresses count from its start.
  let region: ByteRegion
  let version: UInt8
  let sizes: HDF5Sizes
  /// The object header of the root group.
  let root: Int
  /// The object header that holds what is true of the whole file; nil where there is none.
  let superblockExtension: Int?
  /// Where the superblock says how long the file is.
  let endField: EndField

  struct EndField: Sendable {
    /// Of the address, in the file's region.
    var at: Int
    /// What the address counts from.
    var base: Int
    /// The superblock with its checksum, which only newer files have.
    var piece: Range<Int>?
  }

  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Where a superblock may stand.
  static func superblockOffsets(below limit: Int) -> [Int] {
    var offsets = [0]
    var next = 512
    while next < limit, next < 1 << 60 {
      offsets.append(next)
      next *= 2
    }
    return offsets
  }

  /// The offset of the signature; nil where there is none.
  static func signatureOffset(in region: ByteRegion, limit: Int = .max) -> Int? {
    superblockOffsets(below: min(limit, region.count)).first { offset in
      (try? region.read(at: offset, count: signature.count)) == signature
    }
  }

  /// Bytes before the superblock: a producer's own text, or nothing.
  let userBlock: Int

  init(_ whole: ByteRegion) throws(CheckpointError) {
    guard let start = Self.signatureOffset(in: whole) else {
      throw whole.origin.error(
        .notACheckpoint, at: 0, field: "superblock", found: "no HDF5 signature",
        expected: "one at byte 0, 512, 1024, …")
    }
    userBlock = start
    region = try whole.slice(at: start, count: whole.count - start)
    let bytes = try region.prefix(128)
    var cursor = HDF5Cursor(bytes, at: 0, origin: region.origin, sizes: HDF5Sizes())
    try cursor.skip(8, "superblock")
    version = try cursor.u8("superblock version")
    switch version {
    case 0, 1: try cursor.skip(4, "superblock")
    case 2, 3: break
    default:
      throw cursor.error(
        .unsupported, "superblock version", found: "\(version)", expected: "0 to 3")
    }
    sizes = try HDF5Sizes(&cursor)
    cursor.sizes = sizes
    let claimedEnd: Int
    let base: Int
    if version < 2 {
      try cursor.skip(version == 0 ? 9 : 13, "superblock")
      base = try cursor.address("base address") ?? 0
      _ = try cursor.address("free space address")
      endField = EndField(at: cursor.address, base: base)
      claimedEnd = try cursor.address("end of file address") ?? 0
      _ = try cursor.address("driver information address")
      _ = try cursor.unsigned(sizes.offset, "root group's name")
      root = try cursor.someAddress("root group's header")
      superblockExtension = nil
    } else {
      try cursor.skip(1, "superblock flags")
      base = try cursor.address("base address") ?? 0
      superblockExtension = try cursor.address("superblock extension address")
      let end = cursor.address
      claimedEnd = try cursor.address("end of file address") ?? 0
      root = try cursor.someAddress("root group's header")
      try cursor.checksum("superblock")
      endField = EndField(at: end, base: base, piece: 0..<cursor.position)
    }
    try checkEnd(claimedEnd, base: base)
  }

  /// The end is counted from the start of the file that `base` belongs to; a file that was put behind
  /// something else keeps its old numbers.
  private func checkEnd(_ end: Int, base: Int) throws(CheckpointError) {
    let (inside, overflow) = end.subtractingReportingOverflow(base)
    guard !overflow, inside <= region.count else {
      throw region.origin.error(
        .truncated, at: region.count, field: "end of file address",
        found: "a file of \(region.count) bytes",
        expected: "\(inside) bytes, as its superblock says")
    }
  }
}

/// How many bytes an address and a length take.
struct HDF5Sizes: Sendable, Hashable {
  var offset = 8
  var length = 8

  init() {}

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) {
    offset = Int(try cursor.u8("size of addresses"))
    length = Int(try cursor.u8("size of lengths"))
    guard [2, 4, 8].contains(offset), [2, 4, 8].contains(length) else {
      throw cursor.error(
        .badHeader, "size of addresses and lengths", found: "\(offset) and \(length)",
        expected: "2, 4 or 8")
    }
  }
}
