import EspalierTree

/// One entry of a block: its whole key, and where its value lies in the unpacked block.
struct SSTableEntry: Sendable {
  var key: [UInt8]
  var range: Range<Int>
}

/// Goes through the entries of one block. A key is stored as what it does not share with the one
/// before it.
struct SSTableEntries {
  /// Names of tensors are far shorter.
  static let keyLimit = 1 << 16

  let block: SSTableBlock
  private var position = 0
  private var key: [UInt8] = []
  private var nextRestart = 0
  private var isFirst = true

  init(_ block: SSTableBlock) { self.block = block }

  mutating func next() throws(CheckpointError) -> SSTableEntry? {
    guard position < block.entriesEnd else { return nil }
    var head = try head(room: 64)
    let shared = try length(&head)
    let rest = try length(&head)
    let valueLength = try length(&head)
    guard shared <= key.count, rest <= Self.keyLimit - shared else {
      throw head.origin.error(
        .badValue, at: 0, field: "key of the table",
        found: "\(shared) bytes of the key before it and \(rest) more",
        expected: "at most \(key.count) of those, and \(Self.keyLimit) in all")
    }
    try checkRestart(shared, head)
    let keyStart = head.position
    if rest > head.remaining { head = try self.head(room: keyStart + rest) }
    try head.seek(to: keyStart, field: "key of the table")
    let tail = try head.read(rest, field: "key of the table")
    let next = key[..<shared] + tail
    // What they share need not be compared.
    guard isFirst || key[shared...].lexicographicallyPrecedes(tail) else {
      throw outOfOrder(next, head)
    }
    let start = position + head.position
    guard valueLength <= block.entriesEnd - start else {
      throw head.origin.error(
        .truncated, at: head.position, field: "value of the table",
        found: byteCount(block.entriesEnd - start), expected: byteCount(valueLength))
    }
    (key, isFirst, position) = (Array(next), false, start + valueLength)
    return SSTableEntry(key: key, range: start..<position)
  }

  /// The bytes that the entry begins with.
  private func head(room: Int) throws(CheckpointError) -> ByteCursor {
    let count = min(room, block.entriesEnd - position)
    return ByteCursor(
      try block.bytes(in: position..<position + count, limit: count),
      origin: block.origin(at: position))
  }

  private func length(_ head: inout ByteCursor) throws(CheckpointError) -> Int {
    let start = head.position
    let value = try head.unsignedVarint(field: "length in the table")
    guard let length = Int(exactly: value) else {
      throw head.origin.error(
        .badValue, at: start, field: "length in the table", found: "\(value)",
        expected: "one that fits in the block")
    }
    return length
  }

  private mutating func checkRestart(_ shared: Int, _ head: ByteCursor) throws(CheckpointError) {
    if nextRestart < block.restarts.count, block.restarts[nextRestart] < position {
      throw head.origin.error(
        .malformed, at: 0, field: "offset of a whole key",
        found: "\(block.restarts[nextRestart]), inside an entry", expected: "where one begins")
    }
    guard nextRestart < block.restarts.count, block.restarts[nextRestart] == position else {
      return
    }
    nextRestart += 1
    guard shared == 0 else {
      throw head.origin.error(
        .malformed, at: 0, field: "key of the table", found: "a part of one",
        expected: "a whole key here")
    }
  }

  private func outOfOrder(_ next: ArraySlice<UInt8>, _ head: ByteCursor) -> CheckpointError {
    let isSame = next.elementsEqual(key)
    return head.origin.error(
      isSame ? .duplicateName : .malformed, at: 0, field: "key of the table",
      found: isSame
        ? "“\(visibleText(key))” a second time"
        : "“\(visibleText(next))” after “\(visibleText(key))”",
      expected: "keys in the order of their bytes")
  }
}

/// Goes through all entries of a table, block after block.
struct SSTableScan {
  let table: SSTable
  private var nextBlock = 0
  private var entries: SSTableEntries?
  private var lastKey: [UInt8]?
  private var isFirstOfBlock = false
  private var keyBytes = 0

  init(_ table: SSTable) { self.table = table }

  /// The next entry; nil after the last.
  mutating func next() throws(CheckpointError) -> (key: [UInt8], place: SSTablePlace)? {
    while true {
      if let entry = try entries?.next() { return try found(entry) }
      try finishBlock()
      guard nextBlock < table.blocks.count else { return nil }
      entries = SSTableEntries(try SSTableBlock(table.region, table.blocks[nextBlock].handle))
      isFirstOfBlock = true
      nextBlock += 1
    }
  }

  /// The value of the entry that came last.
  func value(
    _ place: SSTablePlace, limit: Int
  ) throws(CheckpointError) -> (bytes: [UInt8], origin: ByteOrigin) {
    guard let block = entries?.block, block.handle == place.block else {
      return (try table.bytes(of: place), ByteOrigin(file: table.region.file.path, offset: nil))
    }
    return (
      try block.bytes(in: place.range, limit: limit), block.origin(at: place.range.lowerBound)
    )
  }

  private mutating func found(
    _ entry: SSTableEntry
  ) throws(CheckpointError) -> (key: [UInt8], place: SSTablePlace)? {
    guard let block = entries?.block else { return nil }
    if isFirstOfBlock, let lastKey, !lastKey.lexicographicallyPrecedes(entry.key) {
      throw block.origin(at: entry.range.lowerBound).error(
        lastKey == entry.key ? .duplicateName : .malformed, at: 0, field: "key of the table",
        found: "“\(visibleText(entry.key))” in a later block than “\(visibleText(lastKey))”",
        expected: "keys in the order of their bytes")
    }
    isFirstOfBlock = false
    keyBytes += entry.key.count
    try table.checkKeyBytes(keyBytes, block.origin(at: entry.range.lowerBound))
    lastKey = entry.key
    return (
      entry.key,
      SSTablePlace(block: block.handle, range: entry.range, isPacked: block.isPacked)
    )
  }

  /// The index tells of each block which key its last one is not after.
  private func finishBlock() throws(CheckpointError) {
    guard nextBlock > 0, let lastKey, let block = entries?.block else { return }
    let bound = table.blocks[nextBlock - 1].lastKey
    guard !bound.lexicographicallyPrecedes(lastKey) else {
      throw block.origin(at: 0).error(
        .malformed, at: 0, field: "table index", found: "the key “\(visibleText(lastKey))”",
        expected: "none after “\(visibleText(bound))” in this block")
    }
  }
}
