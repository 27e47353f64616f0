import EspalierTree

/// A file that `torch.save` wrote before it wrote zip archives.
struct LegacyArchive: PickleContainer {
  let region: ByteRegion
  let document: PickleDocument
  let isBigEndian: Bool
  private var storages: [[UInt8]: ByteRegion] = [:]

  var file: FilePath { region.file.path }

  /// LONG1 of ten bytes: the number itself.
  static let magic: [UInt8] = [
    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]
  private static let protocolVersion = 1001

  init(_ region: ByteRegion) throws {
    self.region = region
    var offset = 0
    func next() throws(CheckpointError) -> PickleDocument {
      let pickle = try PickleDocument(
        try region.slice(at: offset, count: region.count - offset))
      offset += pickle.end
      return pickle
    }
    func refuse(_ field: String, _ found: String, _ expected: String) -> CheckpointError {
      region.origin.error(.badHeader, at: offset, field: field, found: found, expected: expected)
    }
    let magic = try next()
    guard magic.bytes(magic.root) == Array(Self.magic.dropFirst(2)) else {
      throw refuse("magic number", "another value", "0x1950a86a20f9469cfc6c")
    }
    let version = try next()
    guard version.integer(version.root) == Self.protocolVersion else {
      let found = version.integer(version.root).map { "\($0)" } ?? "no number"
      throw refuse("protocol version", found, "\(Self.protocolVersion)")
    }
    let system = try next()
    isBigEndian =
      system.value(system.root, key: "little_endian").flatMap { system.bool($0) } == false
    document = try next()
    let keys = try next()
    guard keys.kind(keys.root) == .list else {
      throw refuse("storage keys", "another object", "a list")
    }
    let itemSizes = Self.itemSizes(document)
    for key in keys.elements(keys.root) {
      guard let key = keys.text(key), storages[key] == nil, let itemSize = itemSizes[key] else {
        throw refuse("storage keys", "a key that no tensor names, or that occurs twice", "others")
      }
      storages[key] = try Self.storage(region, at: &offset, key, itemSize)
    }
    guard offset == region.count else {
      throw region.origin.error(
        .trailingBytes, at: offset, found: byteCount(region.count - offset),
        expected: "the end of the file after the last storage")
    }
  }

  func bytes(ofStorage key: [UInt8]) throws -> PickledPlace.Bytes? {
    storages[key].map { .region($0) }
  }

  func region(_ range: Range<Int>) throws -> ByteRegion {
    try ByteRegion(region.file).slice(at: range.lowerBound, count: range.count)
  }

  /// The number of elements, then as many.
  private static func storage(
    _ region: ByteRegion, at offset: inout Int, _ key: [UInt8], _ itemSize: Int
  ) throws(CheckpointError) -> ByteRegion {
    let place = "storage “\(visibleText(key))”"
    var cursor = ByteCursor(
      try region.read(at: offset, count: min(8, region.count - offset)),
      origin: ByteOrigin(file: region.file.path, offset: region.range.lowerBound + offset))
    let count = try cursor.count(UInt64.self, field: place)
    offset += 8
    let (size, overflow) = count.multipliedReportingOverflow(by: itemSize)
    guard !overflow, size <= region.count - offset else {
      throw region.origin.error(
        .truncated, at: offset, field: place, found: byteCount(region.count - offset),
        expected: "\(count) elements of \(byteCount(itemSize))")
    }
    defer { offset += size }
    return try region.slice(at: offset, count: size)
  }

  /// How large the elements of each storage are, which only the pickle says.
  private static func itemSizes(_ document: PickleDocument) -> [[UInt8]: Int] {
    var sizes: [[UInt8]: Int] = [:]
    for index in document.nodes.indices {
      let id = PickleID(index: Int32(truncatingIfNeeded: index))
      guard document.kind(id) == .persistentID, let storage = document.storage(id) else { continue }
      // Untyped storages count bytes.
      sizes[storage.key] = storage.dtype?.bytesPerBlock ?? 1
    }
    return sizes
  }
}
