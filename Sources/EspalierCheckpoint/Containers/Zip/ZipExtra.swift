/// The extra field of a member: parts with a tag each, of which the one for numbers beyond 32 bits may
/// change in a copy.
struct ZipExtra {
  private static let largeTag: UInt16 = 1

  private var before: [UInt8] = []
  /// The content of the part for large numbers; nil where there is none.
  var large: [UInt8]?
  private var after: [UInt8] = []

  /// Whatever is no part is kept as it is.
  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while rest.count >= 4 {
      let tag = UInt16(rest[rest.startIndex]) | UInt16(rest[rest.startIndex + 1]) << 8
      let count = Int(rest[rest.startIndex + 2]) | Int(rest[rest.startIndex + 3]) << 8
      guard count <= rest.count - 4 else { break }
      if tag == Self.largeTag {
        large = Array(rest.dropFirst(4).prefix(count))
        after = Array(rest.dropFirst(4 + count))
        return
      }
      before += rest.prefix(4 + count)
      rest = rest.dropFirst(4 + count)
    }
    before += rest
  }

  var bytes: [UInt8] {
    guard let large else { return before + after }
    return before + littleEndianBytes(Self.largeTag)
      + littleEndianBytes(UInt16(clamping: large.count)) + large + after
  }

  /// Where the content for large numbers begins in `bytes`.
  var largeOffset: Int { before.count + 4 }
}
