import EspalierTree

/// Reads the header of a GGUF file from front to back, in windows: vocabularies make it tens of
/// megabytes long, and nothing says beforehand where it ends.
struct GGUFScanner {
  let region: ByteRegion
  private(set) var version: UInt32 = 0
  private(set) var byteOrder = ByteCursor.ByteOrder.little
  /// How many metadata entries and tensors the header announces.
  private(set) var entryCount = 0
  private(set) var tensorCount = 0

  private var window: [UInt8] = []
  private var windowStart = 0
  /// In bytes from the start of the region.
  private(set) var position = 0

  private static let windowSize = 1 << 20

  init(_ region: ByteRegion) throws(CheckpointError) {
    self.region = region
    try skip(4, field: "magic")
    let raw = try integer(UInt32.self, field: "version")
    switch (raw, raw.byteSwapped) {
    case (1...3, _): version = raw
    case (_, 1...3):
      byteOrder = .big
      version = raw.byteSwapped
    default:
      throw region.origin.error(
        .unsupported, at: 4, field: "version", found: "\(raw)", expected: "1, 2 or 3",
        advice: "update this program, or convert the file with gguf-py")
    }
    tensorCount = try bounded(try length(field: "number of tensors"), each: 12, "tensors")
    entryCount = try bounded(try length(field: "number of metadata entries"), each: 8, "entries")
  }

  var remaining: Int { region.count - position }

  // MARK: Fields

  mutating func integer<I: FixedWidthInteger>(
    _ type: I.Type, field: String
  ) throws(CheckpointError) -> I {
    let start = try take(MemoryLayout<I>.size, field)
    let value = window.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: I.self) }
    return byteOrder == .little ? I(littleEndian: value) : I(bigEndian: value)
  }

  /// A count or a length: 64 bits, 32 in version 1.
  mutating func length(field: String) throws(CheckpointError) -> Int {
    let start = position
    let value =
      version == 1
      ? UInt64(try integer(UInt32.self, field: field)) : try integer(UInt64.self, field: field)
    guard let count = Int(exactly: value) else {
      throw error(.limitExceeded, at: start, field, found: "\(value)", "at most \(Int.max)")
    }
    return count
  }

  mutating func text(field: String) throws(CheckpointError) -> [UInt8] {
    let start = position
    let count = try length(field: field)
    guard count <= remaining else {
      throw error(
        .truncated, at: start, field, found: "a length of \(count)",
        "at most the \(remaining) bytes that follow")
    }
    let from = try take(count, field)
    return Array(window[from..<from + count])
  }

  mutating func skip(_ count: Int, field: String) throws(CheckpointError) {
    guard count >= 0, count <= remaining else {
      throw error(.truncated, at: position, field, found: "\(remaining) bytes", "\(count) bytes")
    }
    position += count
  }

  func error(
    _ code: CheckpointError.Code, at offset: Int, _ field: String, found: String, _ expected: String
  ) -> CheckpointError {
    region.origin.error(code, at: offset, field: field, found: found, expected: expected)
  }

  /// A count of things that each take at least so many bytes cannot exceed what follows.
  func bounded(_ count: Int, each size: Int, _ field: String) throws(CheckpointError) -> Int {
    guard count <= remaining / size else {
      throw error(
        .truncated, at: position, field, found: "\(count) of them",
        "at most \(remaining / size) in the \(remaining) bytes that follow")
    }
    return count
  }

  /// Makes the next bytes available; returns where they begin in the window.
  private mutating func take(_ count: Int, _ field: String) throws(CheckpointError) -> Int {
    guard count <= remaining else {
      throw error(.truncated, at: position, field, found: "\(remaining) bytes", "\(count) bytes")
    }
    if position < windowStart || position + count > windowStart + window.count {
      window = try region.read(at: position, count: min(remaining, max(count, Self.windowSize)))
      windowStart = position
    }
    defer { position += count }
    return position - windowStart
  }
}
