/// The distinct segments of a tree's names, each stored once.
///
/// A model of a million leaves has few distinct segments (`layers`, `0`, `weight`); nodes hold an
/// index into this table, so that comparing names inside a tree compares integers.
struct SegmentTable: Sendable {
  private(set) var bytes = ContiguousArray<UInt8>()
  private(set) var ends = ContiguousArray<UInt32>()

  var count: Int { ends.count }

  func range(_ id: Int32) -> Range<Int> {
    let index = Int(id)
    return (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
  }

  func name(_ id: Int32) -> Name { Name(bytes[range(id)]) }

  func withBytes<R>(_ id: Int32, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range(id)])) }
  }

  @inline(__always)
  func equals(_ id: Int32, _ segment: UnsafeRawBufferPointer) -> Bool {
    let range = range(id)
    guard range.count == segment.count else { return false }
    for k in 0..<segment.count where bytes[range.lowerBound + k] != segment[k] { return false }
    return true
  }

  /// Compares two segments in natural order.
  func naturalOrder(_ a: Int32, _ b: Int32) -> Int {
    let (x, y) = (range(a), range(b))
    return bytes.withUnsafeBytes { all in
      naturalCompare(
        UnsafeRawBufferPointer(rebasing: all[x]), UnsafeRawBufferPointer(rebasing: all[y]))
    }
  }

  fileprivate mutating func append(_ segment: UnsafeRawBufferPointer) -> Int32? {
    guard bytes.count + segment.count <= Int(UInt32.max), ends.count < Int(Int32.max) else {
      return nil
    }
    bytes.append(contentsOf: segment)
    ends.append(UInt32(bytes.count))
    return Int32(ends.count - 1)
  }
}

/// Finds the id of a segment by its bytes.
struct SegmentInterner {
  private(set) var table = SegmentTable()
  private var index = ProbeTable()
  private let seed = UInt64.random(in: .min ... .max)

  init() {}

  /// An interner that knows the segments of a finished table.
  init(_ table: SegmentTable) {
    self.table = table
    index.reserve(table.count)
    for id in 0..<Int32(table.count) {
      let hash = table.withBytes(id) { mixHash($0, seed: seed) }
      index.insert(id, hash: hash)
    }
  }

  /// The id of `segment`, new when it has not been seen; nil when the table is full.
  mutating func intern(_ segment: UnsafeRawBufferPointer) -> Int32? {
    let hash = mixHash(segment, seed: seed)
    if let found = find(segment, hash: hash) { return found }
    guard let id = table.append(segment) else { return nil }
    index.insert(id, hash: hash)
    return id
  }

  func find(_ segment: UnsafeRawBufferPointer) -> Int32? {
    find(segment, hash: mixHash(segment, seed: seed))
  }

  private func find(_ segment: UnsafeRawBufferPointer, hash: UInt64) -> Int32? {
    var probe = index.probe(hash)
    while let id = index.next(&probe) {
      if table.equals(id, segment) { return id }
    }
    return nil
  }
}

/// An open-addressing index from 64-bit hashes to 32-bit ids.
struct ProbeTable {
  private var slots = ContiguousArray<Int32>(repeating: -1, count: 16)
  private var tags = ContiguousArray<UInt32>(repeating: 0, count: 16)
  private(set) var count = 0

  mutating func reserve(_ capacity: Int) {
    while slots.count < capacity * 2 { grow() }
  }

  /// Where to look for ids with a hash. Callers step through the candidates themselves: a closure
  /// that compares would have to capture, and so copy, the table's owner.
  struct Probe {
    fileprivate var at: Int
    fileprivate let tag: UInt32
  }

  @inline(__always)
  func probe(_ hash: UInt64) -> Probe {
    let tag = UInt32(truncatingIfNeeded: hash)
    return Probe(at: Int(tag) & (slots.count - 1), tag: tag)
  }

  /// The next id that may be the wanted one; nil when there are no more.
  @inline(__always)
  func next(_ probe: inout Probe) -> Int32? {
    let mask = slots.count - 1
    while slots[probe.at] >= 0 {
      let at = probe.at
      probe.at = (at + 1) & mask
      if tags[at] == probe.tag { return slots[at] }
    }
    return nil
  }

  mutating func insert(_ id: Int32, hash: UInt64) {
    if count * 3 >= slots.count * 2 { grow() }
    place(id, tag: UInt32(truncatingIfNeeded: hash))
    count += 1
  }

  private mutating func place(_ id: Int32, tag: UInt32) {
    let mask = slots.count - 1
    var at = Int(tag) & mask
    while slots[at] >= 0 { at = (at + 1) & mask }
    slots[at] = id
    tags[at] = tag
  }

  private mutating func grow() {
    let oldSlots = slots
    let oldTags = tags
    slots = ContiguousArray(repeating: -1, count: oldSlots.count * 2)
    tags = ContiguousArray(repeating: 0, count: oldSlots.count * 2)
    for (id, tag) in zip(oldSlots, oldTags) where id >= 0 { place(id, tag: tag) }
  }
}

/// A fast seeded hash; the seed keeps a hostile file from choosing collisions.
@inline(__always)
func mixHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
  var offset = 0
  while offset + 8 <= bytes.count {
    hash = mixHash(hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    offset += 8
  }
  var rest: UInt64 = 0
  while offset < bytes.count {
    rest = rest << 8 | UInt64(bytes[offset])
    offset += 1
  }
  return mixHash(hash, rest)
}

@inline(__always)
func mixHash(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = (a ^ b ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}
