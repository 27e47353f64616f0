/// A collection of values of varying length: texts, lists.
struct HDF5GlobalHeap {
  private var objects: [Int: (at: Int, size: Int)] = [:]
  private let content: HDF5Cursor
  /// Bytes of the collection.
  var size: Int { content.bytes.count }

  init(_ metadata: HDF5Metadata, at address: Int) throws(CheckpointError) {
    let prefix = 8 + metadata.sizes.length
    var head = try metadata.cursor(at: address, prefix, "global heap")
    try head.expect("GCOL", "global heap")
    _ = try head.expectVersion(1...1, "global heap")
    try head.skip(3, "global heap")
    let size = try head.length("global heap size")
    var cursor = try metadata.cursor(at: address, size, "global heap")
    try cursor.skip(prefix, "global heap")
    content = cursor
    let header = 8 + metadata.sizes.length
    while cursor.remaining >= header {
      let index = try cursor.u16("global heap object")
      try cursor.skip(6, "global heap object")
      let size = try cursor.length("global heap object")
      // Object 0 is what is free, and the last.
      if index == 0 { break }
      objects[index] = (cursor.position, size)
      let padding = (8 - size % 8) % 8
      try cursor.skip(size, "global heap object")
      try cursor.skip(min(padding, cursor.remaining), "global heap object")
    }
  }

  /// The first `count` bytes of an object.
  func object(_ index: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    guard let (at, size) = objects[index], count <= size else {
      throw content.error(
        .badValue, "global heap object", found: "no object \(index) of \(count) bytes",
        expected: "one in this collection")
    }
    return Array(content.bytes[at..<(at + count)])
  }
}

extension HDF5Metadata {
  /// The value that an element of varying length points to.
  ///
  /// - Parameters:
  ///   - element: length, collection, index, as it stands in the data.
  ///   - itemSize: bytes of each item of the list.
  func variable(_ element: inout HDF5Cursor, itemSize: Int) throws(CheckpointError) -> [UInt8] {
    let length = try element.u32("length of a value")
    let address = try element.address("global heap")
    let index = try element.u32("global heap object")
    guard let address, address != 0, length > 0 else { return [] }
    guard let bytes = product([length, itemSize]) else {
      throw element.error(
        .limitExceeded, "length of a value", found: "\(length)", expected: "one that fits in memory"
      )
    }
    try spend(bytes, at: address, "global heap object")
    return try globalHeap(at: address).object(index, count: bytes)
  }
}
