/// The bytes of a pickle, of which the end is not known: read from the file as far as they are asked for.
struct PickleInput {
  private(set) var bytes: [UInt8] = []
  private(set) var position = 0
  let origin: ByteOrigin
  private let region: ByteRegion?
  private let available: Int
  private let limit: Int

  init(_ region: ByteRegion, limit: Int) {
    self.region = region
    self.limit = limit
    origin = region.origin
    available = region.count
  }

  init(_ bytes: [UInt8], origin: ByteOrigin, limit: Int) {
    self.bytes = bytes
    self.origin = origin
    self.limit = limit
    region = nil
    available = bytes.count
  }

  var remaining: Int { available - position }

  mutating func byte(_ field: String) throws(CheckpointError) -> UInt8 {
    bytes[try take(1, field).lowerBound]
  }

  mutating func integer<I: FixedWidthInteger>(
    _ type: I.Type, _ field: String
  ) throws(CheckpointError) -> I {
    let start = try take(MemoryLayout<I>.size, field).lowerBound
    return I(
      littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: I.self) })
  }

  /// Where the next bytes lie; a claimed count is believed only where as many bytes are present.
  mutating func take(_ count: Int, _ field: String) throws(CheckpointError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw origin.error(
        .truncated, at: position, field: field, found: "\(byteCount(remaining)) to the end",
        expected: "\(byteCount(count))")
    }
    try load(count)
    defer { position += count }
    return position..<(position + count)
  }

  /// Where the next line lies, without its newline.
  mutating func line(_ field: String) throws(CheckpointError) -> Range<Int> {
    let start = position
    var searched = start
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        position = end + 1
        return start..<end
      }
      searched = bytes.count
      guard searched < available else {
        throw origin.error(
          .truncated, at: start, field: field, found: "no end of the line", expected: "a newline")
      }
      try load(searched - start + 1)
    }
  }

  func text(_ range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

  /// The bytes read by the pickle.
  consuming func consumed() -> [UInt8] {
    if bytes.count > position { bytes.removeLast(bytes.count - position) }
    return bytes
  }

  private mutating func load(_ count: Int) throws(CheckpointError) {
    let needed = position + count
    guard needed <= limit else {
      throw origin.error(
        .limitExceeded, at: position, field: "pickle", found: "more bytes",
        expected: "at most \(limit)")
    }
    guard needed > bytes.count, let region else { return }
    // Twice as much each time, so that a long pickle is read in few pieces and a short one is short.
    let wanted = max(needed, min(max(1 << 16, 2 * bytes.count), bytes.count + 8 << 20))
    let end = min(wanted, available)
    bytes += try region.read(at: bytes.count, count: end - bytes.count)
  }
}
