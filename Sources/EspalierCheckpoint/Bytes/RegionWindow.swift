/// Reads a region from front to back through a small buffer, and passes over what is not wanted.
struct RegionWindow {
  let region: ByteRegion
  /// Of the next byte, from the start of the region.
  private(set) var position = 0

  private var buffer: [UInt8] = []
  private var start = 0

  private static let size = 1 << 16

  init(_ region: ByteRegion) { self.region = region }

  var remaining: Int { region.count - position }

  mutating func integer<I: FixedWidthInteger>(
    _ type: I.Type, field: String
  ) throws(CheckpointError) -> I {
    let from = try take(MemoryLayout<I>.size, field)
    return I(
      littleEndian: buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: from, as: I.self) })
  }

  mutating func bytes(_ count: Int, field: String) throws(CheckpointError) -> [UInt8] {
    let from = try take(count, field)
    return Array(buffer[from..<from + count])
  }

  mutating func skip(_ count: Int, field: String) throws(CheckpointError) {
    guard count >= 0, count <= remaining else { throw tooShort(count, field) }
    position += count
  }

  /// The bytes before the next zero, which is skipped and must stand before `end`.
  mutating func text(until end: Int, field: String) throws(CheckpointError) -> [UInt8] {
    let begin = position
    var found: [UInt8] = []
    while position < min(end, region.count) {
      if position < start || position >= start + buffer.count { try load(1) }
      let from = position - start
      let limit = min(buffer.count, from + min(end, region.count) - position)
      if let zero = buffer[from..<limit].firstIndex(of: 0) {
        found += buffer[from..<zero]
        position += zero - from + 1
        return found
      }
      found += buffer[from..<limit]
      position += limit - from
    }
    throw region.origin.error(
      .malformed, at: begin, field: field, found: "a text without an end", expected: "byte 0")
  }

  private mutating func take(_ count: Int, _ field: String) throws(CheckpointError) -> Int {
    guard count >= 0, count <= remaining else { throw tooShort(count, field) }
    if position < start || position + count > start + buffer.count { try load(count) }
    defer { position += count }
    return position - start
  }

  private mutating func load(_ count: Int) throws(CheckpointError) {
    buffer = try region.read(at: position, count: min(remaining, max(count, Self.size)))
    start = position
  }

  private func tooShort(_ count: Int, _ field: String) -> CheckpointError {
    region.origin.error(
      .truncated, at: position, field: field, found: "\(byteCount(remaining)) to the end",
      expected: byteCount(count))
  }
}
