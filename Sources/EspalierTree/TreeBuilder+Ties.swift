// Arrays that share the memory of one that has been added.

extension TreeBuilder {
  /// The storage of an array leaf, so that others can share it; `new` becomes its number where it
  /// has none yet.
  public mutating func storage(of leaf: LeafID, new: StorageID) -> StorageID {
    if leaves[leaf.index].storage < 0 { leaves[leaf.index].storage = new.raw }
    return StorageID(leaves[leaf.index].storage)
  }

  /// Makes `node` a second name of an array leaf that has a storage.
  @discardableResult
  public mutating func addTie(_ node: Handle, to leaf: LeafID) throws -> LeafID {
    var record = leaves[leaf.index]
    record.node = node.raw
    return try append(record)
  }

  /// The element type of an array leaf and how many elements it has; nil for other leaves.
  package func elements(of leaf: LeafID) -> (dtype: DType, count: Int)? {
    let record = leaves[leaf.index]
    guard record.kind == .array, let count = shapes.elementCount(record.shape) else { return nil }
    return (record.dtype, count)
  }
}
