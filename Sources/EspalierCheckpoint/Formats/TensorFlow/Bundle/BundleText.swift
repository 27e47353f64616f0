import EspalierTree

/// Arrays of texts in a data file: the length of each, a checksum of the lengths, then the texts.
enum BundleText {
  /// Texts that are shown have at most so many bytes.
  private static let shownLimit = 1 << 16

  /// The one text of a scalar, where it can be shown.
  static func scalar(_ entry: BundleEntry, _ region: ByteRegion) -> [UInt8]? {
    guard entry.key != ObjectGraph.name, let range = try? scalarRange(entry, region),
      range.count <= shownLimit, let bytes = try? range.read(at: 0, count: range.count),
      String(validating: bytes, as: UTF8.self) != nil
    else { return nil }
    return bytes
  }

  /// Where the one text of a scalar lies; nil for arrays, and for parts of arrays.
  static func scalarRange(
    _ entry: BundleEntry, _ region: ByteRegion
  ) throws(CheckpointError) -> ByteRegion? {
    guard entry.type == .string, entry.shape.isEmpty, entry.slices.isEmpty else { return nil }
    var head = ByteCursor(try region.prefix(14), origin: region.origin)
    let length = try head.unsignedVarint(field: "length of a text")
    try head.skip(4, field: "checksum of lengths")
    guard length == region.count - head.position else {
      throw entry.error(
        .badValue, found: "a text of \(length) bytes",
        expected: byteCount(region.count - head.position))
    }
    return try region.slice(at: head.position, count: region.count - head.position)
  }
}
