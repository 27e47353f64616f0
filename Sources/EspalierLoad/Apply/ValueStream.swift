import EspalierTree

/// The values that a load gives to single rows, in the destination's element types.
struct ValueStream: Sendable {
  let alignment: Alignment
  let source: (any TensorSource)?
  let blockBytes: Int
  /// Called when an array has been converted to the end.
  let converted: @Sendable (LeafID, ConversionLoss) -> Void

  init(
    _ alignment: Alignment, source: (any TensorSource)?, blockBytes: Int = 1 << 20,
    converted: @escaping @Sendable (LeafID, ConversionLoss) -> Void = { _, _ in }
  ) {
    self.alignment = alignment
    self.source = source
    self.blockBytes = blockBytes
    self.converted = converted
  }

  /// Opens what a row's own source gives to its destination array.
  func reader(row: Int, _ verdict: Verdict) throws -> any TensorReader {
    guard let leaf = alignment.destinationLeaf(row) else {
      throw NoValues(.root, reason: "the row has no destination")
    }
    let tree = alignment.destination
    if verdict == .zeroFill { return ZeroReader(byteCount: tree.byteCount(of: leaf)) }
    guard let taken = alignment.sourceLeaf(row), let source else {
      throw NoValues(tree.path(of: leaf), reason: "the load has no source for it")
    }
    let from = alignment.source.dtype(of: taken)
    let to = tree.dtype(of: leaf)
    let exact = exactly(
      alignment.source.byteCount(of: taken), try source.reader(for: taken),
      path: alignment.source.path(of: taken), side: "source")
    if from == to { return exact }
    let converted = converted
    return ConvertingReader(
      exact, from: from, to: to, elements: alignment.source.elementCount(of: taken),
      blockBytes: blockBytes
    ) { converted(leaf, $0) }
  }
}
