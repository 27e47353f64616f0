import EspalierTree

/// The tensors of a GGUF file.
struct GGUFSource: TensorSource {
  let tree: Tree
  let region: ByteRegion
  let byteOrder: ByteCursor.ByteOrder
  /// Where each tensor begins in the region, by leaf number.
  private let begins: ContiguousArray<Int>

  init(scanner: inout GGUFScanner, metadata: GGUFMetadata) throws {
    let table = try scanner.tensorTable()
    let dataStart = scanner.position.roundedUp(to: metadata.alignment)
    region = scanner.region
    byteOrder = scanner.byteOrder
    var builder = TreeBuilder(order: .asGiven)
    builder.reserve(leaves: table.count)
    var begins = ContiguousArray<Int>()
    let storages = try Self.storages(table, dataStart: dataStart, scanner, metadata)
    for (tensor, storage) in zip(table, storages) {
      let node = try builder.flatNode(Name(tensor.name))
      try builder.setArray(
        ArrayDescription(
          tensor.dtype, tensor.shape,
          layout: .contiguous(tensor.shape.rank > 1 ? .column : .row), storage: storage),
        at: node)
      begins.append(dataStart + tensor.offset)
    }
    tree = builder.finish()
    self.begins = begins
  }

  /// Where a leaf's bytes lie, from the start of the region.
  func range(of leaf: LeafID) -> Range<Int>? {
    guard leaf.index < begins.count else { return nil }
    return begins[leaf.index]..<begins[leaf.index] + tree.byteCount(of: leaf)
  }

  func hasValues(_ leaf: LeafID) -> Bool {
    let dtype = tree.dtype(of: leaf)
    return byteOrder == .little || dtype.isWholeBytes || GGUFBlockSwap.knows(dtype)
  }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let array = tree.array(leaf), let range = range(of: leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    guard hasValues(leaf) else {
      throw NoValues(
        tree.path(of: leaf),
        reason:
          "blocks of \(array.dtype) in a big-endian file are not read; only their own program "
          + "knows how their bits lie there")
    }
    let part = try region.slice(at: range.lowerBound, count: range.count)
    let swaps = byteOrder == .big && array.dtype.bytesPerBlock > 1
    guard array.dtype.isWholeBytes, array.shape.rank > 1 else {
      let reader = FileRangeReader(part)
      if swaps, !array.dtype.isWholeBytes { return GGUFBlockSwap(reader, array.dtype) ?? reader }
      return swaps ? SwappingReader(reader, itemSize: array.dtype.componentSize) : reader
    }
    let fetch: StridedReader.Fetch = { offset, buffer in try part.read(at: offset, into: buffer) }
    guard let reader = StridedReader(array, fetch: fetch) else {
      throw NoValues(tree.path(of: leaf), reason: "its layout does not fit its shape")
    }
    return swaps ? SwappingReader(reader, itemSize: array.dtype.componentSize) : reader
  }

  /// Every tensor lies in the file in one piece, the first axis running fastest.
  func memoryReader(for leaf: LeafID) throws -> (any TensorReader)? {
    guard let range = range(of: leaf), hasValues(leaf), byteOrder == .little else { return nil }
    return FileRangeReader(try region.slice(at: range.lowerBound, count: range.count))
  }

  /// Checks that every tensor lies inside the file and on its own; those that name one range of
  /// bytes are tied.
  private static func storages(
    _ table: [GGUFTensor], dataStart: Int, _ scanner: GGUFScanner, _ metadata: GGUFMetadata
  ) throws(CheckpointError) -> [StorageID?] {
    let available = max(0, scanner.region.count - dataStart)
    var storages = [StorageID?](repeating: nil, count: table.count)
    let order = table.indices.sorted { (table[$0].offset, $0) < (table[$1].offset, $1) }
    var end = 0
    var previous: Int?
    for index in order {
      let tensor = table[index]
      let (last, overflow) = tensor.offset.addingReportingOverflow(tensor.byteCount)
      guard !overflow, last <= available else {
        throw tensor.error(
          scanner, .truncated, found: "\(tensor.byteCount) bytes at offset \(tensor.offset)",
          "data that ends within the \(available) bytes of the file")
      }
      guard tensor.offset % metadata.alignment == 0 else {
        throw tensor.error(
          scanner, .badValue, found: "offset \(tensor.offset)",
          "a multiple of \(metadata.alignment)"
        )
      }
      if let before = previous, tensor.byteCount > 0, tensor.offset < end {
        guard tensor.offset == table[before].offset, tensor.byteCount == table[before].byteCount
        else {
          throw tensor.error(
            scanner, .overlap, found: "offset \(tensor.offset)",
            "\(end) or more, where “\(visibleText(table[before].name))” ends")
        }
        let storage = storages[before] ?? StorageID(Int32(truncatingIfNeeded: before))
        storages[before] = storage
        storages[index] = storage
      }
      if tensor.byteCount > 0 { previous = index }
      end = max(end, last)
    }
    return storages
  }
}

extension Int {
  /// The next multiple of a positive number.
  func roundedUp(to multiple: Int) -> Int {
    let rest = self % multiple
    return rest == 0 ? self : self + (multiple - rest)
  }
}
