/// The distinct segments of a tree's names, each stored once.
///
/// A model of a million leaves has few distinct segments (`layers`, `0`, `weight`); nodes hold an
/// index into this table, so that comparing names inside a tree compares integers.
struct SegmentTable: Sendable {
  private(set) var bytes = ContiguousArray<UInt8>()
  private(set) var ends = ContiguousArray<UInt32>()

  var count: Int { ends.count }

  @inline(__always)
  func range(_ id: Int32) -> Range<Int> {
    let index = Int(id)
    return (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
  }

  func name(_ id: Int32) -> Name { Name(bytes[range(id)]) }

  @inline(__always)
  func withBytes<R>(_ id: Int32, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range(id)])) }
  }

  @inline(__always)
  func equals(_ id: Int32, _ segment: UnsafeRawBufferPointer) -> Bool {
    let range = range(id)
    guard range.count == segment.count else { return false }
    return bytes.withUnsafeBytes { areEqual(UnsafeRawBufferPointer(rebasing: $0[range]), segment) }
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
  @inline(__always)
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

  @inline(__always)
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
  private struct Slot {
    var id: Int32 = -1
    var tag: UInt32 = 0
  }
  private var slots = ContiguousArray<Slot>(repeating: Slot(), count: 16)
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
    while true {
      let slot = slots[probe.at]
      if slot.id < 0 { return nil }
      probe.at = (probe.at + 1) & mask
      if slot.tag == probe.tag { return slot.id }
    }
  }

  mutating func insert(_ id: Int32, hash: UInt64) {
    if count * 3 >= slots.count * 2 { grow() }
    place(id, tag: UInt32(truncatingIfNeeded: hash))
    count += 1
  }

  private mutating func place(_ id: Int32, tag: UInt32) {
    let mask = slots.count - 1
    var at = Int(tag) & mask
    while slots[at].id >= 0 { at = (at + 1) & mask }
    slots[at] = Slot(id: id, tag: tag)
  }

  private mutating func grow() {
    let old = slots
    slots = ContiguousArray(repeating: Slot(), count: old.count * 2)
    for slot in old where slot.id >= 0 { place(slot.id, tag: slot.tag) }
  }
}
