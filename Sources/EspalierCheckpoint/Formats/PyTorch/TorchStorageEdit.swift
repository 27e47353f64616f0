import EspalierTree

/// How the arrays of one storage are written into it.
struct TorchStorageEdit {
  struct View {
    var leaf: LeafID
    var array: ArrayDescription
  }

  let region: ByteRegion
  let isBigEndian: Bool
  var views: [View] = []

  /// Adds what changes.
  ///
  /// Arrays that lie side by side are written one by one. Where some are strided, or overlap, the
  /// storage is composed: what is not changed keeps its bytes, so that an array that stays does not
  /// undo one that was loaded into the same elements.
  func add(
    to edits: inout TorchEdits, from source: any TensorSource, over old: any TensorSource
  ) throws {
    if let parts = sideBySide() {
      for part in parts {
        guard let view = try part.views.first(where: { try !isSame($0.leaf, source, old) }) else {
          continue
        }
        let start = region.range.lowerBound + part.range.lowerBound
        edits.add(start..<start + part.range.count, content(view, source))
      }
      return
    }
    let changed =
      views.count == 1
      ? views : try views.filter { try !UnchangedValues.areEqual($0.leaf, source, old) }
    if changed.isEmpty { return }
    let composer = StorageComposer(
      region: region, isBigEndian: isBigEndian, views: changed, source: source)
    edits.add(region.range, .made { append in try composer.compose(append) })
  }

  private typealias Part = (range: Range<Int>, views: [View])

  /// The ranges of contiguous arrays, each with all arrays that are exactly there; nil where some are
  /// strided or overlap.
  private func sideBySide() -> [Part]? {
    var parts: [Part] = []
    let ranges = views.map { (range: $0.array.contiguousRange, view: $0) }
    guard !ranges.contains(where: { $0.range == nil }) else { return nil }
    let ordered = ranges.compactMap { item in item.range.map { (range: $0, view: item.view) } }
      .sorted { ($0.range.lowerBound, $0.view.leaf) < ($1.range.lowerBound, $1.view.leaf) }
    for (range, view) in ordered {
      if let last = parts.last {
        if last.range == range {
          parts[parts.count - 1].views.append(view)
          continue
        }
        if last.range.upperBound > range.lowerBound { return nil }
      }
      parts.append((range, [view]))
    }
    return parts
  }

  /// Whether the values come from the very place where they would go.
  private func isSame(
    _ leaf: LeafID, _ source: any TensorSource, _ old: any TensorSource
  ) throws -> Bool {
    guard let new = try source.reader(for: leaf) as? FileRangeReader,
      let known = try old.reader(for: leaf) as? FileRangeReader
    else { return false }
    return new.file === known.file && new.rest == known.rest
  }

  private func content(_ view: View, _ source: any TensorSource) -> TorchEdits.Content {
    let size = view.array.dtype.componentSize
    guard isBigEndian, size > 1 else { return .values(view.leaf) }
    return .made { append in
      try source.withChunks(of: view.leaf) { chunk in try append(swapped(Array(chunk), size)) }
    }
  }
}

/// Numbers of `size` bytes in the other byte order.
private func swapped(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
  var bytes = bytes
  for start in stride(from: 0, to: bytes.count - bytes.count % size, by: size) {
    bytes[start..<start + size].reverse()
  }
  return bytes
}
