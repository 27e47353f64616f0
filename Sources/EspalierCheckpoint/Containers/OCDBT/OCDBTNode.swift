import EspalierTree

/// A node of the tree of keys: in order, keys with values, or with nodes that hold the keys below.
struct OCDBTNode {
  enum Value {
    case inline([UInt8])
    case stored(OCDBTReference)
  }

  struct Child {
    /// With which all keys below begin.
    var prefix: [UInt8]
    var place: OCDBTReference
  }

  /// A tree may name one node many times, and a compressed node may be larger than it looks.
  struct Budget {
    var nodes = 1 << 20
    var bytes = 1 << 30
    /// Keys in full: in a node they lack what they share with the key before.
    var keyBytes = 1 << 28
  }

  private(set) var values: [(key: [UInt8], value: Value)] = []
  private(set) var children: [Child] = []

  /// - Parameters:
  ///   - file: the one that the node lies in.
  ///   - prefix: with which all keys below begin.
  ///   - budget: what the nodes of a tree may still take together; reduced by what this one takes.
  init(
    _ region: ByteRegion, in file: OCDBTFileTable.Entry, height: Int, prefix: [UInt8],
    budget: inout Budget
  ) throws(CheckpointError) {
    var body = try OCDBTRecord.body(of: region, magic: OCDBTRecord.node, "node")
    budget.nodes -= 1
    budget.bytes -= body.bytes.count
    guard budget.nodes >= 0, budget.bytes >= 0 else {
      throw region.origin.error(
        .limitExceeded, at: 0, field: "node", found: "a larger tree of keys",
        expected: "at most \(Budget().nodes) nodes with \(Budget().bytes) bytes")
    }
    let found = try body.integer(UInt8.self, field: "height")
    guard Int(found) == height else {
      throw body.origin.error(
        .badValue, at: 0, field: "height", found: "\(found)", expected: "\(height)")
    }
    let files = try OCDBTFileTable(&body, base: file.base)
    let count = try body.countVarint("entries")
    guard count > 0 else {
      throw body.origin.error(
        .badValue, at: body.position, field: "entries", found: "an empty node", expected: "entries")
    }
    let prefixes = [0] + (try body.column(count - 1, "key prefix"))
    let suffixes = try body.column(count, "key suffix")
    let common = height > 0 ? try body.column(count, "common prefix") : []
    let keys = try Self.keys(prefixes, suffixes, &body, &budget.keyBytes, prefix)
    if height == 0 {
      try readValues(keys.map { prefix + $0 }, files, &body)
    } else {
      try readChildren(keys, common, prefix, files, &body)
    }
    guard body.isAtEnd else {
      throw body.origin.error(
        .trailingBytes, at: body.position, field: "node", found: byteCount(body.remaining),
        expected: "the end")
    }
  }

  /// Keys relative to the prefix.
  private static func keys(
    _ prefixes: [Int], _ suffixes: [Int], _ body: inout ByteCursor, _ keyBytes: inout Int,
    _ prefix: [UInt8]
  ) throws(CheckpointError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    keys.reserveCapacity(prefixes.count)
    var previous: [UInt8] = []
    for (shared, own) in zip(prefixes, suffixes) {
      let start = body.position
      guard shared <= previous.count else {
        throw body.origin.error(
          .badValue, at: start, field: "key prefix", found: "\(shared)",
          expected: "at most \(previous.count), the length of the key before")
      }
      previous = previous[..<shared] + (try body.read(own, field: "key suffix"))
      keyBytes -= previous.count + prefix.count
      guard keyBytes >= 0 else {
        throw body.origin.error(
          .limitExceeded, at: start, field: "keys", found: "longer keys", expected: "fewer bytes")
      }
      keys.append(previous)
    }
    return keys
  }

  private mutating func readValues(
    _ keys: [[UInt8]], _ files: OCDBTFileTable, _ body: inout ByteCursor
  ) throws(CheckpointError) {
    let lengths = try body.column(keys.count, "value length")
    let kinds = try body.column(keys.count, "value kind")
    let stored = kinds.count { $0 != 0 }
    guard kinds.allSatisfy({ $0 < 2 }) else {
      throw body.origin.error(
        .badValue, at: body.position, field: "value kind", found: "another kind",
        expected: "in the node (0) or in a data file (1)")
    }
    var numbers = try body.column(stored, "data file").makeIterator()
    var offsets = try body.column(stored, "offset").makeIterator()
    for index in keys.indices {
      if kinds[index] == 0 {
        values.append((keys[index], .inline(try body.read(lengths[index], field: "value"))))
      } else if let number = numbers.next(), let offset = offsets.next() {
        let place = OCDBTReference(
          file: try files.entry(number, body), offset: offset, length: lengths[index])
        values.append((keys[index], .stored(place)))
      }
    }
  }

  private mutating func readChildren(
    _ keys: [[UInt8]], _ common: [Int], _ prefix: [UInt8], _ files: OCDBTFileTable,
    _ body: inout ByteCursor
  ) throws(CheckpointError) {
    let numbers = try body.column(keys.count, "data file")
    let offsets = try body.column(keys.count, "offset")
    let lengths = try body.column(keys.count, "length")
    for statistic in ["keys", "tree bytes", "value bytes"] {
      _ = try body.column(keys.count, statistic)
    }
    for index in keys.indices {
      guard common[index] <= keys[index].count else {
        throw body.origin.error(
          .badValue, at: body.position, field: "common prefix", found: "\(common[index])",
          expected: "at most \(keys[index].count), the length of the key")
      }
      let place = OCDBTReference(
        file: try files.entry(numbers[index], body), offset: offsets[index],
        length: lengths[index])
      children.append(Child(prefix: prefix + keys[index][..<common[index]], place: place))
    }
  }
}
