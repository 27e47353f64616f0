/// A name in a group and what it leads to.
struct HDF5Link: Sendable {
  enum Target: Sendable, Hashable {
    /// The object header at an address.
    case hard(Int)
    /// A path in the same file.
    case soft([UInt8])
    /// A path in another file: never followed.
    case external(file: [UInt8], path: [UInt8])
    case other(kind: Int)
  }

  var name: [UInt8]
  var target: Target
  /// When it was made, where the file keeps that.
  var order: UInt64?

  init(name: [UInt8], target: Target) {
    self.name = name
    self.target = target
  }

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) {
    _ = try cursor.expectVersion(1...1, "link")
    let flags = try cursor.u8("link")
    let kind = flags & 8 != 0 ? Int(try cursor.u8("link")) : 0
    if flags & 4 != 0 { order = try cursor.unsigned(8, "link") }
    if flags & 16 != 0 { try cursor.skip(1, "link") }
    let length = try cursor.count(1 << Int(flags & 3), "link name")
    name = try cursor.read(length, "link name")
    switch kind {
    case 0: target = .hard(try cursor.someAddress("link"))
    case 1:
      let length = try cursor.u16("soft link")
      target = .soft(try cursor.read(length, "soft link"))
    case 64:
      let length = try cursor.u16("external link")
      let parts = try cursor.read(length, "external link").dropFirst().split(
        separator: 0, omittingEmptySubsequences: false)
      target = .external(
        file: parts.first.map { Array($0) } ?? [],
        path: parts.count > 1 ? Array(parts[1]) : [])
    default: target = .other(kind: kind)
    }
  }
}

/// The links of a group, and whether their order is that of their creation.
struct HDF5Links {
  var links: [HDF5Link]
  /// False where the file sorts them by its own index, so that their order means nothing.
  var isOrdered: Bool
}

extension HDF5Metadata {
  func links(of group: HDF5ObjectHeader) throws(CheckpointError) -> HDF5Links {
    if var body = group.first(HDF5Message.Kind.symbolTable)?.body {
      let tree = try body.address("group index")
      let heap = try body.address("group names")
      guard let tree, let heap else { return HDF5Links(links: [], isOrdered: false) }
      return HDF5Links(links: try oldLinks(tree, heap), isOrdered: false)
    }
    var links: [HDF5Link] = []
    for message in group.all(HDF5Message.Kind.link) {
      var body = message.body
      links.append(try HDF5Link(&body))
    }
    if let info = group.first(HDF5Message.Kind.linkInfo) { links += try denseLinks(info) }
    if links.allSatisfy({ $0.order != nil }) {
      links.sort { ($0.order ?? 0) < ($1.order ?? 0) }
      return HDF5Links(links: links, isOrdered: true)
    }
    return HDF5Links(links: links, isOrdered: false)
  }

  private func denseLinks(_ info: HDF5Message) throws(CheckpointError) -> [HDF5Link] {
    var body = info.body
    _ = try body.expectVersion(0...0, "link information")
    let flags = try body.u8("link information")
    if flags & 1 != 0 { try body.skip(8, "link information") }
    guard let heapAddress = try body.address("link heap"),
      let index = try body.address("link index")
    else { return [] }
    let heap = try fractalHeap(at: heapAddress)
    let tree = try HDF5BTree2(self, at: index)
    guard tree.kind == 5 else {
      throw error(
        .badHeader, at: index, "link index", found: "a B-tree of kind \(tree.kind)",
        expected: "kind 5")
    }
    var links: [HDF5Link] = []
    try tree.forEachRecord(self) { record throws(CheckpointError) in
      try record.skip(4, "link record")
      var body = try heap.object(try record.read(7, "link record"), self)
      links.append(try HDF5Link(&body))
    }
    return links
  }
}
