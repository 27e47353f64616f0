import EspalierTree

/// Where the chunks are in the shards of an array. The last indexes are kept, within a limit.
struct ZarrShardIndexes {
  private struct Shard {
    var place: [Int]
    var value: ZarrStore.Value
    /// Offset and size of each chunk, in C order.
    var index: [UInt8]
  }

  private let array: ZarrArray
  private var known: [Shard] = []

  private static let entrySize = 16
  private static let limit = 8

  init(_ array: ZarrArray) { self.array = array }

  /// A chunk as it is stored; nil where it is not.
  ///
  /// - Parameter place: in the grid of chunks, not of shards.
  mutating func stored(
    _ place: [Int], limit: Int, in store: ZarrStore
  ) throws(CheckpointError) -> [UInt8]? {
    guard let shards = array.shards else { return nil }
    let outer = zip(place, shards.counts).map { $0 / $1 }
    guard let shard = try shard(outer, shards, store) else { return nil }
    let number = zip(place, shards.counts).reduce(0) { $0 * $1.1 + $1.0 % $1.1 }
    let at = number * Self.entrySize
    let (offset, count) = (
      Self.number(shard.index, at: at, shards), Self.number(shard.index, at: at + 8, shards)
    )
    // All bits set: the chunk holds nothing but the fill value.
    if offset == .max, count == .max { return nil }
    guard let offset = Int(exactly: offset), let count = Int(exactly: count), count <= limit,
      let bytes = try shard.value.part(at: offset, count: count)
    else {
      throw error(outer, store, found: "a chunk of \(count) bytes at \(offset)")
    }
    return bytes
  }

  private mutating func shard(
    _ place: [Int], _ shards: ZarrShards, _ store: ZarrStore
  ) throws(CheckpointError) -> Shard? {
    if let found = known.first(where: { $0.place == place }) { return found }
    guard let value = try store.value(array.key(place)) else { return nil }
    guard let chunks = product(shards.counts), let size = product([chunks, Self.entrySize]),
      let added = shards.index.addedBytes, size <= Int.max - added,
      let stored = try value.part(
        at: shards.isIndexFirst ? 0 : value.count - size - added, count: size + added),
      let index = shards.index.undo(stored, size: size)
    else {
      throw error(place, store, found: "\(byteCount(value.count)) without a good index")
    }
    let shard = Shard(place: place, value: value, index: index)
    if known.count == Self.limit { known.removeFirst() }
    known.append(shard)
    return shard
  }

  private static func number(_ bytes: [UInt8], at start: Int, _ shards: ZarrShards) -> UInt64 {
    let part = bytes[start..<(start + 8)]
    let ordered = shards.index.isBigEndian ? Array(part) : part.reversed()
    return ordered.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func error(_ place: [Int], _ store: ZarrStore, found: String) -> CheckpointError {
    CheckpointError(
      .malformed, file: store.path, place: array.key(place), found: found,
      expected: "an index of chunks that lie inside their shard",
      advice: "download or copy the checkpoint again")
  }
}
