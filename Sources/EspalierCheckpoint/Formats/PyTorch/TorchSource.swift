import EspalierTree

/// Where the values of a tensor lie.
enum TorchPlace: Sendable {
  /// A stored member, read in place.
  case region(ByteRegion, isBigEndian: Bool)
  /// A compressed member, inflated when it is read.
  case compressed(ZipArchive, ZipEntry, isBigEndian: Bool)
  /// Bytes inside the pickle.
  case memory([UInt8], isBigEndian: Bool)
  case nowhere(String)
}

/// The tensors of PyTorch archives.
struct TorchSource: TensorSource {
  let tree: Tree
  /// For each leaf the number of its place, or -1.
  let placeOfLeaf: [Int32]
  let places: [TorchPlace]

  func place(of leaf: LeafID) -> TorchPlace? {
    guard leaf.index < placeOfLeaf.count, placeOfLeaf[leaf.index] >= 0 else { return nil }
    return places[Int(placeOfLeaf[leaf.index])]
  }

  func hasValues(_ leaf: LeafID) -> Bool {
    switch place(of: leaf) {
    case nil, .nowhere?: return false
    default: return true
    }
  }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let array = tree.array(leaf), let place = place(of: leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not a tensor")
    }
    switch place {
    case .nowhere(let reason): throw NoValues(tree.path(of: leaf), reason: reason)
    case .region(let region, let isBig):
      return try reader(array, leaf, isBig, in: region)
    case .compressed(let zip, let entry, let isBig):
      return try reader(array, leaf, isBig, zip.read(entry, limit: entry.size))
    case .memory(let bytes, let isBig): return try reader(array, leaf, isBig, bytes)
    }
  }

  private func reader(
    _ array: ArrayDescription, _ leaf: LeafID, _ isBigEndian: Bool, in region: ByteRegion
  ) throws -> any TensorReader {
    if isContiguous(array), let count = array.byteCount {
      let start = array.layout.offset() * array.dtype.bytesPerBlock
      let part = FileRangeReader(try region.slice(at: start, count: count))
      return isBigEndian ? SwappingReader(part, itemSize: array.dtype.componentSize) : part
    }
    return try strided(array, leaf, isBigEndian) { offset, buffer in
      try region.read(at: offset, into: buffer)
    }
  }

  private func reader(
    _ array: ArrayDescription, _ leaf: LeafID, _ isBigEndian: Bool, _ bytes: [UInt8]
  ) throws -> any TensorReader {
    try strided(array, leaf, isBigEndian) { offset, buffer in
      bytes.withUnsafeBytes { all in
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: all[offset..<offset + buffer.count]))
      }
    }
  }

  private func strided(
    _ array: ArrayDescription, _ leaf: LeafID, _ isBigEndian: Bool,
    fetch: @escaping StridedReader.Fetch
  ) throws -> any TensorReader {
    guard let reader = StridedReader(array, fetch: fetch) else {
      throw NoValues(tree.path(of: leaf), reason: "its layout does not fit its shape")
    }
    return isBigEndian ? SwappingReader(reader, itemSize: array.dtype.componentSize) : reader
  }

  private func isContiguous(_ array: ArrayDescription) -> Bool {
    // Strides of axes with one index mean nothing.
    let strides = zip(array.shape.dimensions, array.layout.strides(for: array.shape))
    let wanted = array.shape.contiguousStrides(.row)
    return array.elementCount == 0
      || zip(strides, wanted).allSatisfy { $0.0 <= 1 || $0.1 == $1 }
  }
}
