/// One message of an object header: a property of a group, a dataset or a type.
struct HDF5Message: Sendable {
  enum Kind {
    static let dataspace = 0x01
    static let linkInfo = 0x02
    static let datatype = 0x03
    static let oldFillValue = 0x04
    static let fillValue = 0x05
    static let link = 0x06
    static let externalFiles = 0x07
    static let layout = 0x08
    static let groupInfo = 0x0a
    static let filters = 0x0b
    static let attribute = 0x0c
    static let sharedTable = 0x0f
    static let fileSpace = 0x17
    static let continuation = 0x10
    static let symbolTable = 0x11
    static let attributeInfo = 0x15
  }

  var kind: Int
  var isShared: Bool
  var body: HDF5Cursor
}

/// Everything that the file says about one object.
struct HDF5ObjectHeader: Sendable {
  let address: Int
  private(set) var messages: [HDF5Message] = []
  /// The pieces that carry a checksum in their last four bytes.
  private(set) var checkedPieces: [Range<Int>] = []

  func first(_ kind: Int) -> HDF5Message? { messages.first { $0.kind == kind } }
  func all(_ kind: Int) -> [HDF5Message] { messages.filter { $0.kind == kind } }

  var isGroup: Bool {
    messages.contains {
      [HDF5Message.Kind.symbolTable, HDF5Message.Kind.linkInfo, HDF5Message.Kind.link]
        .contains($0.kind)
    }
  }
  var isDataset: Bool { first(HDF5Message.Kind.layout) != nil }

  /// A header without its messages, where only the address is still needed.
  init(emptyAt address: Int) { self.address = address }

  init(_ metadata: HDF5Metadata, at address: Int) throws(CheckpointError) {
    self.address = address
    var start = try metadata.cursor(at: address, upTo: 32, "object header")
    if start.remaining >= 4, start.bytes[..<4].elementsEqual("OHDR".utf8) {
      try readNew(metadata, &start)
    } else {
      try readOld(metadata, &start)
    }
  }

  /// Follows continuations, each once, until no piece is left.
  private mutating func readPieces(
    _ metadata: HDF5Metadata, first: (address: Int, count: Int), _ headerFlags: UInt8?
  ) throws(CheckpointError) {
    var pieces = [first]
    var seen: Set<Int> = [first.address]
    while let piece = pieces.popLast() {
      var cursor = try metadata.cursor(at: piece.address, piece.count, "object header")
      if let headerFlags {
        if piece.address != first.address {
          guard piece.count >= 8 else {
            throw cursor.error(
              .badHeader, "object header", found: "a piece of \(piece.count) bytes",
              expected: "at least 8")
          }
          try checkPiece(metadata, at: piece.address, piece.count)
          try cursor.expect("OCHK", "object header")
        }
        var inner = try cursor.part(cursor.remaining - 4, "object header")
        while let message = try nextNew(&inner, tracksOrder: headerFlags & 4 != 0) {
          try keep(message, &pieces, &seen)
        }
      } else {
        while let message = try nextOld(&cursor) { try keep(message, &pieces, &seen) }
      }
    }
  }

  private mutating func keep(
    _ message: HDF5Message, _ pieces: inout [(address: Int, count: Int)], _ seen: inout Set<Int>
  ) throws(CheckpointError) {
    if message.kind == HDF5Message.Kind.continuation {
      var body = message.body
      let next = try body.someAddress("object header continuation")
      let count = try body.length("object header continuation")
      guard seen.insert(next).inserted else {
        throw body.error(
          .malformed, "object header continuation", found: "a piece that was read already",
          expected: "a further one")
      }
      pieces.append((next, count))
    } else if message.kind != 0 {
      messages.append(message)
    }
  }

  // MARK: Version 1

  private mutating func readOld(
    _ metadata: HDF5Metadata, _ start: inout HDF5Cursor
  ) throws(CheckpointError) {
    _ = try start.expectVersion(1...1, "object header")
    try start.skip(7, "object header")
    let size = try start.u32("object header size")
    try readPieces(metadata, first: (address + 16, size), nil)
  }

  private func nextOld(_ cursor: inout HDF5Cursor) throws(CheckpointError) -> HDF5Message? {
    guard cursor.remaining >= 8 else { return nil }
    let kind = try cursor.u16("message")
    let size = try cursor.u16("message size")
    let flags = try cursor.u8("message flags")
    try cursor.skip(3, "message")
    if kind == 0 {
      try cursor.skip(min(size, cursor.remaining), "message")
      return HDF5Message(kind: 0, isShared: false, body: emptyBody(cursor))
    }
    return HDF5Message(
      kind: kind, isShared: flags & 2 != 0, body: try cursor.part(size, "message"))
  }

  private func emptyBody(_ cursor: HDF5Cursor) -> HDF5Cursor {
    HDF5Cursor([], at: cursor.address, origin: cursor.origin, sizes: cursor.sizes)
  }

  // MARK: Version 2

  private mutating func readNew(
    _ metadata: HDF5Metadata, _ start: inout HDF5Cursor
  ) throws(CheckpointError) {
    try start.expect("OHDR", "object header")
    _ = try start.expectVersion(2...2, "object header")
    let flags = try start.u8("object header flags")
    if flags & 0x20 != 0 { try start.skip(16, "object times") }
    if flags & 0x10 != 0 { try start.skip(4, "attribute limits") }
    let size = try start.count(1 << Int(flags & 3), "object header size")
    let prefix = start.position
    guard size <= metadata.file.region.count else {
      throw start.error(
        .truncated, "object header size", found: "\(size)",
        expected: "at most the file's \(metadata.file.region.count) bytes")
    }
    try checkPiece(metadata, at: address, prefix + size + 4)
    try readPieces(metadata, first: (address + prefix, size + 4), flags)
  }

  private mutating func checkPiece(
    _ metadata: HDF5Metadata, at address: Int, _ count: Int
  ) throws(CheckpointError) {
    var whole = try metadata.cursor(at: address, count, "object header")
    try whole.skip(count - 4, "object header")
    try whole.checksum("object header")
    checkedPieces.append(address..<(address + count))
  }

  private func nextNew(
    _ cursor: inout HDF5Cursor, tracksOrder: Bool
  ) throws(CheckpointError) -> HDF5Message? {
    // What is left may be a gap that is too small for a message.
    guard cursor.remaining >= (tracksOrder ? 6 : 4) else { return nil }
    let kind = Int(try cursor.u8("message"))
    let size = try cursor.u16("message size")
    let flags = try cursor.u8("message flags")
    if tracksOrder { try cursor.skip(2, "message order") }
    if kind == 0 {
      try cursor.skip(min(size, cursor.remaining), "message")
      return HDF5Message(kind: 0, isShared: false, body: emptyBody(cursor))
    }
    return HDF5Message(
      kind: kind, isShared: flags & 2 != 0, body: try cursor.part(size, "message"))
  }
}
