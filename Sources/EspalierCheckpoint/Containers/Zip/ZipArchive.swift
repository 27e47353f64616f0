/// A zip archive: `.pt`, `.npz`, `.keras`, or one inside another. Members that are stored are regions
/// of the file, read in place.
package struct ZipArchive: Sendable {
  package let region: ByteRegion
  /// In the order of the central directory.
  package let entries: [ZipEntry]
  /// Where the directory lies, in the region.
  let directory: Range<Int>
  /// Bytes before the archive proper, which offsets in it do not count.
  let start: Int
  /// Where the archive's own comment lies, in the region.
  private let commentRange: Range<Int>
  private let places: [[UInt8]: Int]
  /// Names that several members have: which of them is meant, readers disagree about.
  package let duplicateNames: Set<[UInt8]>

  /// Whether the bytes begin as a zip archive does. Content in front of an archive is allowed, so a
  /// `false` is not final.
  package static func sniff(_ prefix: [UInt8]) -> Bool {
    prefix.starts(with: [0x50, 0x4b, 3, 4]) || prefix.starts(with: [0x50, 0x4b, 5, 6])
  }

  package init(_ region: ByteRegion) throws(CheckpointError) {
    self.region = region
    let directory = try ZipDirectory(region)
    entries = directory.entries
    self.directory = directory.range
    start = directory.start
    commentRange = directory.comment
    var places: [[UInt8]: Int] = [:]
    var duplicates: Set<[UInt8]> = []
    for (index, entry) in entries.enumerated() {
      if places.updateValue(index, forKey: entry.name) != nil { duplicates.insert(entry.name) }
    }
    self.places = places
    duplicateNames = duplicates
  }

  /// The text about the archive at its end, at most 65,535 bytes.
  func comment() throws(CheckpointError) -> [UInt8] {
    try region.read(at: commentRange.lowerBound, count: commentRange.count)
  }

  /// The member of that name; nil where there is none. Throws `duplicateName` where there are several.
  package func entry(_ name: [UInt8]) throws(CheckpointError) -> ZipEntry? {
    guard let index = places[name] else { return nil }
    guard !duplicateNames.contains(name) else {
      throw error(.duplicateName, entries[index], found: "several members of this name", "one")
    }
    return entries[index]
  }

  package func entry(_ name: String) throws(CheckpointError) -> ZipEntry? {
    try entry(Array(name.utf8))
  }

  /// Where the member's bytes lie as they are in the file, compressed or not, after comparing the local
  /// header with the directory.
  package func data(of entry: ZipEntry) throws(CheckpointError) -> ByteRegion {
    try checkReadable(entry)
    let header = try region.slice(at: entry.headerOffset, count: 30)
    var cursor = ByteCursor(try header.read(at: 0, count: 30), origin: header.origin)
    let signature: UInt32 = try cursor.integer(field: "signature")
    try cursor.skip(2, field: "version")
    let flags: UInt16 = try cursor.integer(field: "flags")
    let method: UInt16 = try cursor.integer(field: "compression method")
    try cursor.skip(4, field: "time")
    let crc: UInt32 = try cursor.integer(field: "CRC-32")
    let compressed: UInt32 = try cursor.integer(field: "compressed size")
    let size: UInt32 = try cursor.integer(field: "size")
    let nameCount: UInt16 = try cursor.integer(field: "length of the name")
    let extraCount: UInt16 = try cursor.integer(field: "length of the extra field")
    let name = try region.read(at: entry.headerOffset + 30, count: Int(nameCount))
    // With a descriptor after the data, or in zip64, the header itself does not know these.
    let knowsSizes = flags & 8 == 0 && compressed != .max && size != .max
    let agrees =
      signature == 0x0403_4b50 && method == entry.methodNumber && name == entry.name
      && flags & 1 == 0
      && (!knowsSizes
        || crc == entry.crc32 && Int(compressed) == entry.compressedSize && Int(size) == entry.size)
    guard agrees else {
      throw error(
        .badHeader, entry, found: "a local header that differs from the directory", "the same")
    }
    let start = entry.headerOffset + 30 + Int(nameCount) + Int(extraCount)
    return try region.slice(at: start, count: entry.compressedSize)
  }

  /// The region of a stored member, to be read in place; nil where the member is compressed.
  package func stored(_ entry: ZipEntry) throws(CheckpointError) -> ByteRegion? {
    try checkReadable(entry)
    guard entry.method == .stored else { return nil }
    guard entry.compressedSize == entry.size else {
      throw error(
        .badHeader, entry, found: "\(entry.compressedSize) bytes stored for \(entry.size)",
        "the same number")
    }
    return try data(of: entry)
  }

  /// The whole content. Throws `limitExceeded` beyond `limit` bytes, `badChecksum` where the CRC differs.
  package func read(_ entry: ZipEntry, limit: Int) throws(CheckpointError) -> [UInt8] {
    guard entry.size <= limit else {
      throw error(
        .limitExceeded, entry, found: "\(entry.size) bytes", "at most \(limit) bytes")
    }
    var content: [UInt8] = []
    try forEachPiece(of: entry) { (piece) throws(CheckpointError) in content += piece }
    return content
  }

  /// A compressed member as a file in memory. Throws as `read` does.
  func inflated(_ entry: ZipEntry, limit: Int) throws(CheckpointError) -> InputFile {
    guard entry.size <= limit else {
      throw error(
        .limitExceeded, entry, found: "\(entry.size) bytes", "at most \(limit) bytes",
        advice: "unpack the archive first")
    }
    return try InputFile(inMemoryFor: region.file.path) { (append) throws(CheckpointError) in
      try forEachPiece(of: entry, append)
    }
  }

  /// Reads a member to its end for its checksum alone.
  package func verify(_ entry: ZipEntry) throws(CheckpointError) {
    try forEachPiece(of: entry) { (_) throws(CheckpointError) in }
  }

  /// Hands over the content in pieces of some hundred kilobytes; throws after the last where the
  /// checksum differs.
  package func forEachPiece(
    of entry: ZipEntry, _ body: ([UInt8]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var crc = CRC32()
    if let data = try stored(entry) {
      var offset = 0
      while offset < data.count {
        let piece = try data.read(at: offset, count: min(Self.pieceSize, data.count - offset))
        crc.update(piece)
        offset += piece.count
        try body(piece)
      }
    } else if entry.method == .deflated {
      let data = try data(of: entry)
      try inflate(data, of: entry) { (piece) throws(CheckpointError) in
        crc.update(piece)
        try body(piece)
      }
    } else {
      throw error(
        .unsupported, entry, found: "compression method \(entry.methodNumber)",
        "a stored or deflated member")
    }
    guard crc.value == entry.crc32 else {
      throw error(
        .badChecksum, entry, found: "CRC-32 \(crc.value)", "\(entry.crc32), as the archive says")
    }
  }

  private func checkReadable(_ entry: ZipEntry) throws(CheckpointError) {
    guard !entry.isEncrypted else {
      throw error(.encrypted, entry, found: "an encrypted member", "a member in the clear")
    }
  }

  static let pieceSize = 256 << 10

  private func inflate(
    _ data: ByteRegion, of entry: ZipEntry, _ body: ([UInt8]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var inflater = Inflater(format: .raw)
    var offset = 0
    var produced = 0
    while !inflater.isFinished {
      let count = min(Self.pieceSize, data.count - offset)
      if count > 0 {
        inflater.feed(try data.read(at: offset, count: count))
        offset += count
      }
      var piece: [UInt8] = []
      repeat {
        guard inflater.next(into: &piece, limit: Self.pieceSize) else {
          throw error(.malformed, entry, found: "broken compressed data", "a deflate stream")
        }
        produced += piece.count
        guard produced <= entry.size else {
          throw error(.limitExceeded, entry, found: "more bytes", "\(entry.size), as declared")
        }
        if !piece.isEmpty { try body(piece) }
      } while !piece.isEmpty && !inflater.isFinished
      if count == 0, !inflater.isFinished {
        throw error(
          .truncated, entry, found: "the end of the data", "the end of the deflate stream")
      }
    }
    guard produced == entry.size else {
      throw error(.truncated, entry, found: "\(produced) bytes", "\(entry.size), as declared")
    }
  }

  private func error(
    _ code: CheckpointError.Code, _ entry: ZipEntry, found: String, _ expected: String,
    advice: String? = nil
  ) -> CheckpointError {
    var error = region.origin.error(
      code, at: entry.headerOffset, found: found, expected: expected, advice: advice)
    error.place = entry.name
    return error
  }
}

extension ZipEntry {
  var methodNumber: UInt16 {
    switch method {
    case .stored: 0
    case .deflated: 8
    case .other(let number): number
    }
  }
}
