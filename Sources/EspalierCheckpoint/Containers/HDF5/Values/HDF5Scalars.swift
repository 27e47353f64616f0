import EspalierTree

/// Elements as single values: attributes, scalars, fields of structs.
extension HDF5Datatype {
  /// A number, a text or a Boolean at the cursor; nil where the type is none of them, and then nothing
  /// is read.
  func leafValue(
    _ data: inout HDF5Cursor, _ metadata: HDF5Metadata
  ) throws(CheckpointError) -> LeafValue? {
    if isText { return .text(try text(&data, metadata)) }
    guard let element = elementType, element.inner.isEmpty,
      ![.c64, .c128, .f8e4m3, .f8e5m2].contains(element.dtype)
    else { return nil }
    var bytes = try data.read(size, "value")
    if element.swapped > 1 { bytes.reverse() }
    return LeafValue(element.dtype, littleEndian: bytes)
  }

  /// A text of fixed or varying length, without its padding.
  func text(
    _ data: inout HDF5Cursor, _ metadata: HDF5Metadata
  ) throws(CheckpointError) -> [UInt8] {
    switch kind {
    case .variableText:
      var element = try data.part(size, "text")
      let text = try metadata.variable(&element, itemSize: 1)
      return Array(text.prefix { $0 != 0 })
    case .text(let padding):
      let bytes = try data.read(size, "text")
      if padding == 0 { return Array(bytes.prefix { $0 != 0 }) }
      let filler: UInt8 = padding == 1 ? 0 : 0x20
      let end = bytes.lastIndex { $0 != filler }.map { $0 + 1 } ?? 0
      return Array(bytes[..<end])
    default: return []
    }
  }
}

extension HDF5Attribute {
  func cursor(_ metadata: HDF5Metadata) -> HDF5Cursor {
    HDF5Cursor(data, at: 0, origin: metadata.file.region.origin, sizes: metadata.sizes)
  }

  /// All texts of an attribute of texts; nil where it has others.
  func texts(_ metadata: HDF5Metadata) throws(CheckpointError) -> [[UInt8]]? {
    guard let count = space.elementCount else { return nil }
    if count == 0 { return [] }
    guard type.isText else { return nil }
    var data = cursor(metadata)
    var texts: [[UInt8]] = []
    for _ in 0..<count { texts.append(try type.text(&data, metadata)) }
    return texts
  }
}
