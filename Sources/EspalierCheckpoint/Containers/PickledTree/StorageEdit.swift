import EspalierTree

/// How the arrays of one storage are written into it.
struct StorageEdit {
  struct View {
    var leaf: LeafID
    var array: ArrayDescription
  }

  let bytes: PickledPlace.Bytes
  let isBigEndian: Bool
  let request: SaveRequest
  let old: any TensorSource
  var views: [View] = []

  /// Adds what changes in a storage that lies in the file.
  ///
  /// Arrays that lie side by side are written one by one. Where some are strided, or overlap, what is
  /// not changed keeps its bytes, so that an array that stays does not undo one that was loaded into
  /// the same elements.
  func add(to edits: inout FileEdits, in region: ByteRegion) throws {
    if let parts = sideBySide() {
      for part in parts {
        guard let view = try part.views.first(where: { try !isSame($0.leaf) }) else { continue }
        let start = region.range.lowerBound + part.range.lowerBound
        edits.add(start..<start + part.range.count, content(view))
      }
      return
    }
    let changed = views.count == 1 ? views : try self.changed()
    if changed.isEmpty { return }
    edits.add(
      region.range,
      .written { output, meter in
        let start = output.position
        if !fills(region, changed) {
          try output.copy(region.range, of: region.file)
          meter.wrote(region.count)
        }
        for view in changed {
          try blocks(view).write(
            reader(view), to: output, at: start, follow: { meter.wrote($0) })
        }
      })
  }

  /// The new content of a storage that is compressed; nil where nothing changes.
  ///
  /// - Parameter start: of the storage in the member, in bytes.
  func content(of zip: ZipArchive, _ entry: ZipEntry, from start: Int) throws -> ZipCopy.Content? {
    let changed = try self.changed()
    if changed.isEmpty { return nil }
    if let parts = sideBySide() {
      let streamed = parts.compactMap { part in
        part.views.first { view in changed.contains { $0.leaf == view.leaf } }
          .map { (start + part.range.lowerBound..<start + part.range.upperBound, $0) }
      }
      return ZipCopy.Content { append in try stream(streamed, over: zip, entry, append) }
    }
    return ZipCopy.Content { append in
      let all = try zip.read(entry, limit: PickledSource.inflatedLimit)
      let storage = MemoryStorage(Array(all.dropFirst(start)))
      for view in changed { try blocks(view).write(reader(view), to: storage) }
      try append(Array(all.prefix(start)) + storage.bytes)
    }
  }

  // MARK: What changes

  private func changed() throws -> [View] {
    try views.filter {
      try !UnchangedValues.areEqual($0.leaf, request.source, old, request.monitor)
    }
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

  /// Whether one array has a place for every byte of its storage.
  private func fills(_ region: ByteRegion, _ views: [View]) -> Bool {
    guard views.count == 1, let array = views.first?.array, array.byteCount == region.count
    else { return false }
    let strides = array.layout.strides(for: array.shape)
    return array.layout.footprint(of: array.shape)?.lowerBound == 0
      && StrideOrder(shape: array.shape.dimensions, strides: strides, other: strides).isDense
  }

  /// Whether the values come from the very place where they would go.
  private func isSame(_ leaf: LeafID) throws -> Bool {
    guard let new = try request.source.reader(for: leaf) as? FileRangeReader,
      let known = try old.reader(for: leaf) as? FileRangeReader
    else { return false }
    return new.file === known.file && new.rest == known.rest
  }

  // MARK: Values

  private func blocks(_ view: View) -> StoredBlocks {
    var blocks = StoredBlocks(
      array: view.array, path: old.tree.path(of: view.leaf), file: request.path)
    blocks.blockLimit = 32 << 20
    return blocks
  }

  private func reader(_ view: View) throws -> any TensorReader {
    let reader = try request.source.reader(for: view.leaf)
    let size = view.array.dtype.componentSize
    return isBigEndian && size > 1 ? SwappingReader(reader, itemSize: size) : reader
  }

  private func content(_ view: View) -> FileEdits.Content {
    guard isBigEndian, view.array.dtype.componentSize > 1 else { return .values(view.leaf) }
    return .written { output, meter in
      try values(of: view) { bytes in
        try output.append(bytes)
        meter.wrote(bytes.count)
      }
    }
  }

  /// Hands over the values of an array as its storage has them.
  private func values(of view: View, _ body: ([UInt8]) throws -> Void) throws {
    try blocks(view).forEachBlock(of: reader(view)) { _, bytes in try body(bytes) }
  }

  /// A compressed member with other values in some of its parts.
  private func stream(
    _ parts: [(range: Range<Int>, view: View)], over zip: ZipArchive, _ entry: ZipEntry,
    _ append: ([UInt8]) throws -> Void
  ) throws {
    var at = 0
    func keep(upTo end: Int) throws {
      guard end > at else { return }
      var reader: any TensorReader = try InflatingReader(zip, entry, at..<end)
      var bytes = [UInt8](repeating: 0, count: min(end - at, ZipArchive.pieceSize))
      while at < end {
        let count = try bytes.withUnsafeMutableBytes { try reader.fill($0) }
        if count == 0 { break }
        try append(Array(bytes[..<count]))
        at += count
      }
    }
    for (range, view) in parts {
      try keep(upTo: range.lowerBound)
      try values(of: view, append)
      at = range.upperBound
    }
    try keep(upTo: entry.size)
  }
}
