extension JSONWriter {
  /// A leaf as an object: path, kind, and element type, shape, order, bytes and tie of an array,
  /// or the value of anything else.
  ///
  /// - Parameters:
  ///   - path: said instead of the leaf's own.
  ///   - more: adds keys before the object ends.
  public mutating func leaf(
    _ leaf: LeafID, of tree: Tree, path: TreePath? = nil,
    more: (inout JSONWriter) -> Void = { _ in }
  ) {
    beginObject()
    self.path(path ?? tree.path(of: leaf))
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
      integer(tree.byteCount(of: leaf))
      key("tied")
      if let group = tree.tie(of: leaf) { integer(group) } else { null() }
    } else {
      key("value")
      value(tree.value(leaf) ?? .nothing)
    }
    more(&self)
    endObject()
  }

  /// A node as an object: its leaf, or a branch with the number of its children.
  public mutating func node(_ node: NodeID, of tree: Tree) {
    if let leaf = tree.leaf(at: node) { return self.leaf(leaf, of: tree) }
    beginObject()
    path(tree.path(of: node))
    key("kind")
    string("branch")
    key("children")
    integer(tree.children(of: node).reduce(0) { count, _ in count + 1 })
    endObject()
  }

  /// The key `path`: the components of a path, dotted names uncut.
  public mutating func path(_ path: TreePath) {
    key("path")
    beginArray()
    for component in path.components { name(component.bytes) }
    endArray()
  }

  /// The value of a leaf that is not an array. Numbers too large for JSON's readers are text.
  public mutating func value(_ value: LeafValue) {
    switch value {
    case .bool(let value): bool(value)
    case .integer(let value): integer(value)
    case .unsigned(let value): integer(value)
    case .float(let value): number(value)
    case .bigNumber(let text): string(text)
    case .text(let bytes): name(bytes)
    case .nothing: null()
    case .opaque(let type): name(type)
    }
  }
}
