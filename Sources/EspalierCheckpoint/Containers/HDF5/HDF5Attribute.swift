/// A small named value beside an object.
struct HDF5Attribute: Sendable {
  var name: [UInt8]
  var type: HDF5Datatype
  var space: HDF5Dataspace
  /// All elements, one after the other.
  var data: [UInt8]

  init(_ cursor: inout HDF5Cursor, _ metadata: HDF5Metadata) throws(CheckpointError) {
    let version = try cursor.expectVersion(1...3, "attribute")
    let flags = version == 1 ? 0 : try cursor.u8("attribute")
    if version == 1 { try cursor.skip(1, "attribute") }
    let nameSize = try cursor.u16("attribute")
    let typeSize = try cursor.u16("attribute")
    let spaceSize = try cursor.u16("attribute")
    if version == 3 { try cursor.skip(1, "attribute") }
    func padded(_ size: Int) -> Int { version == 1 ? (size + 7) / 8 * 8 : size }
    name = Array(try cursor.read(padded(nameSize), "attribute name").prefix { $0 != 0 })
    let typeBody = try cursor.part(padded(typeSize), "attribute type")
    type = try metadata.datatype(
      HDF5Message(kind: HDF5Message.Kind.datatype, isShared: flags & 1 != 0, body: typeBody))
    let spaceBody = try cursor.part(padded(spaceSize), "attribute space")
    var space = try metadata.content(
      of: HDF5Message(kind: HDF5Message.Kind.dataspace, isShared: flags & 2 != 0, body: spaceBody)
    ).body
    self.space = try HDF5Dataspace(&space)
    guard let count = self.space.elementCount, let bytes = product([count, type.size]) else {
      throw cursor.error(
        .badValue, "attribute", found: "a shape of \(self.space.dimensions)",
        expected: "one that fits in memory")
    }
    data = try cursor.read(bytes, "attribute value")
  }
}

extension HDF5Metadata {
  /// The attributes of an object, in the order of its header, or of their creation.
  func attributes(of header: HDF5ObjectHeader) throws(CheckpointError) -> [HDF5Attribute] {
    var attributes: [HDF5Attribute] = []
    for message in header.all(HDF5Message.Kind.attribute) {
      var body = try content(of: message).body
      attributes.append(try HDF5Attribute(&body, self))
    }
    if let info = header.first(HDF5Message.Kind.attributeInfo) {
      attributes += try denseAttributes(info)
    }
    return attributes
  }

  private func denseAttributes(_ info: HDF5Message) throws(CheckpointError) -> [HDF5Attribute] {
    var body = info.body
    _ = try body.expectVersion(0...0, "attribute information")
    let flags = try body.u8("attribute information")
    if flags & 1 != 0 { try body.skip(2, "attribute information") }
    guard let heapAddress = try body.address("attribute heap"),
      let index = try body.address("attribute index")
    else { return [] }
    let heap = try fractalHeap(at: heapAddress)
    var found: [(order: Int, attribute: HDF5Attribute)] = []
    try HDF5BTree2(self, at: index).forEachRecord(self) { record throws(CheckpointError) in
      let id = try record.read(8, "attribute record")
      let flags = try record.u8("attribute record")
      let order = try record.u32("attribute record")
      // A shared attribute lies in the heap of shared messages.
      var body =
        flags & 2 == 0
        ? try heap.object(id, self)
        : try content(at: .heap(id), kind: HDF5Message.Kind.attribute).body
      found.append((order, try HDF5Attribute(&body, self)))
    }
    return found.sorted { $0.order < $1.order }.map(\.attribute)
  }
}
