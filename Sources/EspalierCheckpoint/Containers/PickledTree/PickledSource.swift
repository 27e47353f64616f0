import EspalierTree

/// The tensors of files with pickles: PyTorch's of both kinds, and NumPy's.
struct PickledSource: TensorSource {
  let tree: Tree
  /// For each leaf the number of its place, or -1.
  let placeOfLeaf: [Int32]
  let places: [PickledPlace]
  /// Files in memory that regions among the places are of.
  let unpacked: [UnpackedMember]

  func place(of leaf: LeafID) -> PickledPlace? {
    guard leaf.index < placeOfLeaf.count, placeOfLeaf[leaf.index] >= 0 else { return nil }
    return places[Int(placeOfLeaf[leaf.index])]
  }

  func hasValues(_ leaf: LeafID) -> Bool {
    if case .bytes? = place(of: leaf) { return true }
    return false
  }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let array = tree.array(leaf), let place = place(of: leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not a tensor")
    }
    switch place {
    case .nowhere(let reason): throw NoValues(tree.path(of: leaf), reason: reason)
    case .bytes(let bytes, let isBigEndian):
      let reader = try reader(array, leaf, bytes)
      return isBigEndian && array.dtype.componentSize > 1
        ? SwappingReader(reader, itemSize: array.dtype.componentSize) : reader
    }
  }

  private func reader(
    _ array: ArrayDescription, _ leaf: LeafID, _ bytes: PickledPlace.Bytes
  ) throws -> any TensorReader {
    let range = array.contiguousRange
    switch bytes {
    case .region(let region):
      if let range {
        return FileRangeReader(try region.slice(at: range.lowerBound, count: range.count))
      }
      return try strided(array, leaf) { offset, buffer in
        try region.read(at: offset, into: buffer)
      }
    case .compressed(let zip, let entry, let start):
      if let range {
        return try InflatingReader(
          zip, entry, (start + range.lowerBound)..<(start + range.upperBound))
      }
      // A strided array is gathered from its storage, which has to be in memory for that.
      let all = try zip.read(entry, limit: Self.inflatedLimit)
      return try gathered(array, leaf, Array(all.dropFirst(start)))
    case .memory(let bytes): return try gathered(array, leaf, bytes)
    }
  }

  /// Bytes of a compressed storage that may be held in memory.
  static let inflatedLimit = 128 << 20

  private func gathered(
    _ array: ArrayDescription, _ leaf: LeafID, _ bytes: [UInt8]
  ) throws -> any TensorReader {
    try strided(array, leaf) { offset, buffer in
      bytes.withUnsafeBytes { all in
        guard offset >= 0, offset <= all.count, buffer.count <= all.count - offset else { return }
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: all[offset..<offset + buffer.count]))
      }
    }
  }

  private func strided(
    _ array: ArrayDescription, _ leaf: LeafID, fetch: @escaping StridedReader.Fetch
  ) throws -> any TensorReader {
    guard let reader = StridedReader(array, fetch: fetch) else {
      throw NoValues(tree.path(of: leaf), reason: "its layout does not fit its shape")
    }
    return reader
  }
}
