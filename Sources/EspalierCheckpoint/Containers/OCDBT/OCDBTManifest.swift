import EspalierTree

/// The file that a database begins with: how it is written, and where its newest version is.
struct OCDBTManifest {
  /// The newest version's tree; nil where it holds nothing.
  private(set) var root: OCDBTReference?
  private(set) var height = 0

  init(_ region: ByteRegion) throws(CheckpointError) {
    var body = try OCDBTRecord.body(of: region, magic: OCDBTRecord.manifest, "manifest")
    try body.skip(16, field: "identifier")
    let kind = try body.unsignedVarint(field: "manifest kind")
    guard kind == 0 else {
      throw region.origin.error(
        .unsupported, at: 0, field: "manifest kind", found: "numbered manifests",
        expected: "a single manifest", advice: "write the checkpoint again with the defaults")
    }
    _ = try body.unsignedVarint(field: "largest inline value")
    _ = try body.unsignedVarint(field: "largest node")
    try body.skip(1, field: "version tree")
    if try body.unsignedVarint(field: "compression") == 1 {
      try body.skip(4, field: "compression level")
    }
    try readVersions(&body)
  }

  private mutating func readVersions(_ body: inout ByteCursor) throws(CheckpointError) {
    let files = try OCDBTFileTable(&body, base: [])
    let count = try body.countVarint("versions")
    guard count > 0 else { return }
    _ = try body.column(count, "generation")
    let heights = try body.read(count, field: "height")
    let numbers = try body.column(count, "data file")
    // A version without a tree has the largest number as its place.
    var places: [(offset: UInt64, length: UInt64)] = []
    for _ in 0..<count { places.append((try body.unsignedVarint(field: "offset"), 0)) }
    for index in 0..<count { places[index].length = try body.unsignedVarint(field: "length") }
    // Older versions come first.
    guard let number = numbers.last, let place = places.last, let height = heights.last,
      place.offset != .max || place.length != .max
    else { return }
    guard let offset = Int(exactly: place.offset), let length = Int(exactly: place.length) else {
      throw body.origin.error(
        .badValue, at: body.position, field: "root", found: "a huge place",
        expected: "one in a data file")
    }
    root = OCDBTReference(file: try files.entry(number, body), offset: offset, length: length)
    self.height = Int(height)
  }
}
