extension JSONWriter {
  /// A leaf's value; an opaque value as the name of its type.
  public mutating func value(_ value: LeafValue) {
    switch value {
    case .bool(let value): bool(value)
    case .integer(let value): integer(value)
    case .unsigned(let value): integer(value)
    case .float(let value): number(value)
    case .bigNumber(let digits): string(digits)
    case .text(let bytes): name(bytes)
    case .nothing: null()
    case .opaque(let type): name(type)
    }
  }

  /// A key path: one component for each container level, dotted names uncut.
  public mutating func path(_ path: TreePath) {
    beginArray()
    for component in path.components { name(component.bytes) }
    endArray()
  }

  /// One leaf as the machine output has it everywhere:
  /// `{"path", "kind", "dtype", "shape", "order", "bytes", "tied"}` for an array,
  /// `{"path", "kind", "value"}` for anything else.
  ///
  /// - Parameter sha256: of the elements, little-endian, in C order of the shape; in hexadecimal.
  public mutating func leaf(_ leaf: LeafID, of tree: Tree, sha256: String? = nil) {
    beginObject()
    key("path")
    path(tree.path(of: leaf))
    key("kind")
    string(tree.kind(of: leaf).name)
    if let array = tree.array(leaf) {
      key("dtype")
      string(array.dtype.name)
      key("shape")
      beginArray()
      for dimension in array.shape.dimensions { integer(dimension) }
      endArray()
      key("order")
      string(array.order.name)
      key("bytes")
      integer(array.byteCount ?? 0)
      key("tied")
      if let tie = tree.tie(of: leaf) { integer(tie) } else { null() }
      if let sha256 {
        key("sha256")
        string(sha256)
      }
    } else {
      key("value")
      value(tree.value(leaf) ?? .nothing)
    }
    endObject()
  }

  /// A leaf, or null where a side has none.
  public mutating func leaf(_ leaf: LeafID?, of tree: Tree) {
    if let leaf { self.leaf(leaf, of: tree, sha256: nil) } else { null() }
  }
}
