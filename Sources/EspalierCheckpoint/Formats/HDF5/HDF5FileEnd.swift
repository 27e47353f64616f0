/// The end of a copy, behind which goes what no longer fits where it was.
struct HDF5FileEnd {
  private let file: HDF5File
  /// Of the file's region, in bytes.
  private var end: Int
  /// Why the file cannot grow; nil where it can.
  let obstacle: String?

  init(_ file: HDF5File) throws(CheckpointError) {
    self.file = file
    end = file.region.count
    if file.region.range.upperBound != file.region.file.size {
      obstacle = "the file lies inside an archive"
    } else if try Self.managesFreeSpace(file) {
      obstacle = "the file keeps its own account of free space"
    } else {
      obstacle = nil
    }
  }

  /// The address of `count` bytes at the end, which the file now has; nil where addresses in it cannot
  /// be that large.
  mutating func take(_ count: Int) -> Int? {
    guard obstacle == nil, let next = sum(end, count), let last = sum(next, file.endField.base),
      file.sizes.offset == 8 || last < 1 << (8 * file.sizes.offset) - 1
    else { return nil }
    defer { end = next }
    return end
  }

  /// Says the new length in the superblock.
  func update(_ patches: inout HDF5Patches) throws(CheckpointError) {
    guard end > file.region.count else { return }
    let field = file.endField
    try patches.patch(
      HDF5File.littleEndian(field.base + end, width: file.sizes.offset), at: field.at,
      in: field.piece)
  }

  /// Whether a list of free space, or pages of one purpose each, would become untrue: whoever writes
  /// to the file later could put other things over what stands behind its old end.
  private static func managesFreeSpace(_ file: HDF5File) throws(CheckpointError) -> Bool {
    guard let address = file.superblockExtension else { return false }
    let header = try HDF5ObjectHeader(HDF5Metadata(file), at: address)
    guard var body = header.first(HDF5Message.Kind.fileSpace)?.body else { return false }
    guard try body.u8("file space") == 1 else { return true }
    let strategy = try body.u8("file space")
    let isKept = try body.u8("file space") != 0
    return isKept || strategy == pages
  }

  private static let pages: UInt8 = 1
}
