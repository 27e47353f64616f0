/// Where a message's content is when it is not in the header itself.
enum HDF5Shared {
  /// A committed type: the header at this address holds it.
  case committed(Int)
  /// In the file's heap of shared messages.
  case heap([UInt8])

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) {
    let version = try cursor.expectVersion(1...3, "shared message")
    let kind = try cursor.u8("shared message")
    switch version {
    case 1:
      try cursor.skip(6, "shared message")
      self = .committed(try cursor.someAddress("shared message"))
    case 3 where kind == 1: self = .heap(try cursor.read(8, "shared message"))
    default: self = .committed(try cursor.someAddress("shared message"))
    }
  }
}

/// Which fractal heaps hold the messages that objects of the file share.
struct HDF5SharedMessages {
  /// Bits of message kinds, and the heap for them.
  private var heaps: [(kinds: Int, heap: Int)] = []

  init(_ metadata: HDF5Metadata) throws(CheckpointError) {
    guard let address = metadata.file.superblockExtension else { return }
    let header = try HDF5ObjectHeader(metadata, at: address)
    guard var body = header.first(HDF5Message.Kind.sharedTable)?.body else { return }
    _ = try body.expectVersion(0...0, "shared message table")
    let table = try body.someAddress("shared message table")
    let count = Int(try body.u8("shared message table"))
    guard count <= 8 else {
      throw body.error(.badValue, "shared message table", found: "\(count)", expected: "at most 8")
    }
    let entry = 14 + 2 * metadata.sizes.offset
    var cursor = try metadata.cursor(at: table, 8 + count * entry, "shared message table")
    try cursor.expect("SMTB", "shared message table")
    for _ in 0..<count {
      try cursor.skip(2, "shared message table")
      let kinds = try cursor.u16("shared message table")
      try cursor.skip(10, "shared message table")
      _ = try cursor.address("shared message table")
      if let heap = try cursor.address("shared message table") { heaps.append((kinds, heap)) }
    }
    try cursor.checksum("shared message table")
  }

  func heap(for kind: Int) -> Int? { heaps.first { $0.kinds >> kind & 1 == 1 }?.heap }
}

extension HDF5Metadata {
  /// The content of a message, wherever it is, and the address of the committed type it is of.
  func content(
    of message: HDF5Message
  ) throws(CheckpointError) -> (body: HDF5Cursor, committed: Int?) {
    guard message.isShared else { return (message.body, nil) }
    var body = message.body
    return try content(at: try HDF5Shared(&body), kind: message.kind)
  }

  func content(
    at place: HDF5Shared, kind: Int
  ) throws(CheckpointError) -> (body: HDF5Cursor, committed: Int?) {
    switch place {
    case .committed(let address):
      let header = try HDF5ObjectHeader(self, at: address)
      guard let target = header.first(kind), !target.isShared else {
        throw error(
          .malformed, at: address, "shared message", found: "an object without that property",
          expected: "a committed type")
      }
      return (target.body, address)
    case .heap(let id):
      let shared: HDF5SharedMessages
      if let known = sharedMessages {
        shared = known
      } else {
        shared = try HDF5SharedMessages(self)
        sharedMessages = shared
      }
      guard let heap = shared.heap(for: kind) else {
        throw error(
          .malformed, at: 0, "shared message", found: "no heap for it",
          expected: "one in the superblock's extension")
      }
      return (try fractalHeap(at: heap).object(id, self), nil)
    }
  }

  func datatype(_ message: HDF5Message) throws(CheckpointError) -> HDF5Datatype {
    var (body, committed) = try content(of: message)
    var type = try HDF5Datatype(&body)
    type.committed = committed
    return type
  }
}
