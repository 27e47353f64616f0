import EspalierTree

/// Text out of a pickle. Text that is long and used often is held once, and what it can cost is
/// bounded.
struct PickleTexts {
  private var kept: [PickleID: [UInt8]] = [:]
  private var left = 0
  private static let short = 256

  /// To be called before the objects of another pickle.
  mutating func open(_ document: PickleDocument) {
    kept = [:]
    left = 64 << 20 + 4 * document.source.count
  }

  mutating func text(_ id: PickleID, _ document: PickleDocument) -> [UInt8]? {
    guard document.contentCount(id) > Self.short else { return document.text(id) }
    if let known = kept[id] { return known }
    kept[id] = document.text(id)
    return kept[id]
  }

  mutating func key(_ id: PickleID, _ document: PickleDocument) throws(CheckpointError) -> [UInt8] {
    try spend(PickleKeys.text(id, document), document.origin)
  }

  mutating func spend(
    _ name: [UInt8], _ container: any PickleContainer
  ) throws(CheckpointError) -> [UInt8] {
    try spend(name, container.document.origin)
  }

  private mutating func spend(
    _ name: [UInt8], _ origin: ByteOrigin
  ) throws(CheckpointError) -> [UInt8] {
    if name.count > Self.short { left -= name.count }
    guard left > 0 else {
      throw origin.error(
        .limitExceeded, at: 0, field: "pickle", found: "long names used over and over",
        expected: "names of less than \(Self.short) bytes")
    }
    return name
  }
}
