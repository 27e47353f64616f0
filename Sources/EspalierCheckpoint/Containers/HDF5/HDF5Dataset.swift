import EspalierTree

/// A dataset: its type, shape, and where its values are.
struct HDF5Dataset: Sendable {
  /// Of its object header.
  let address: Int
  let type: HDF5Datatype
  let space: HDF5Dataspace
  let layout: HDF5Layout
  let filters: HDF5Filters
  /// The element that stands where nothing was written; nil for zeros.
  let fill: [UInt8]?
  /// Whether values lie in other files.
  let isExternal: Bool

  init(_ header: HDF5ObjectHeader, _ metadata: HDF5Metadata) throws(CheckpointError) {
    address = header.address
    guard let type = header.first(HDF5Message.Kind.datatype),
      let space = header.first(HDF5Message.Kind.dataspace),
      let layout = header.first(HDF5Message.Kind.layout)
    else {
      throw metadata.error(
        .malformed, at: header.address, "dataset", found: "no datatype or no dataspace",
        expected: "both")
    }
    self.type = try metadata.datatype(type)
    var spaceBody = try metadata.content(of: space).body
    self.space = try HDF5Dataspace(&spaceBody)
    var layoutBody = try metadata.content(of: layout).body
    self.layout = try HDF5Layout(&layoutBody)
    if let message = header.first(HDF5Message.Kind.filters) {
      var body = try metadata.content(of: message).body
      filters = try HDF5Filters(&body)
    } else {
      filters = HDF5Filters()
    }
    fill = try Self.fill(header, metadata, size: self.type.size)
    isExternal = header.first(HDF5Message.Kind.externalFiles) != nil
  }

  private static func fill(
    _ header: HDF5ObjectHeader, _ metadata: HDF5Metadata, size: Int
  ) throws(CheckpointError) -> [UInt8]? {
    var body: HDF5Cursor
    if let message = header.first(HDF5Message.Kind.fillValue) {
      body = try metadata.content(of: message).body
      let version = try body.expectVersion(1...3, "fill value")
      if version < 3 {
        try body.skip(2, "fill value")
        let isDefined = try body.u8("fill value") != 0
        if version == 2, !isDefined { return nil }
      } else if try body.u8("fill value") & 0x20 == 0 {
        return nil
      }
    } else if let message = header.first(HDF5Message.Kind.oldFillValue) {
      body = try metadata.content(of: message).body
    } else {
      return nil
    }
    guard body.remaining >= 4 else { return nil }
    let count = try body.u32("fill value")
    let value = try body.read(count, "fill value")
    return value.count == size && value.contains { $0 != 0 } ? value : nil
  }

  /// Where all elements lie side by side, uncompressed; nil where they do not, or not in the file.
  func plainRange(_ file: HDF5File) -> Range<Int>? {
    guard !isExternal, let count = byteCount else { return nil }
    switch layout {
    case .compact(let at, let stored): return stored >= count ? at..<(at + count) : nil
    case .contiguous(let at?, let stored):
      guard (stored ?? count) >= count, let end = sum(at, count), end <= file.region.count else {
        return nil
      }
      return at..<end
    default: return nil
    }
  }

  /// Bytes of all elements; nil where that overflows.
  var byteCount: Int? { space.elementCount.flatMap { product([$0, type.size]) } }
}
