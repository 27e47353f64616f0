import EspalierTree

/// NumPy's `.npy`, one array, and `.npz`, a zip archive of such files; MLX writes the latter, too.
///
/// Object arrays are pickles: they are read symbolically, and arrays inside of them are leaves.
package struct NumPy: CheckpointFormat {
  package let name = "numpy"
  package let summary = "numpy.save and numpy.savez, MLX"
  package let extensions = ["npz", "npy"]
  package let signature = "0x93 NUMPY, or a zip archive of .npy members"

  package var writer: (any CheckpointWriter)? { NumPyWriter() }

  package init() {}

  static let suffix = Array(".npy".utf8)

  static func isArray(_ name: [UInt8]) -> Bool { name.suffix(4) == suffix[...] }

  package func sniff(_ sample: ContentSample) -> Confidence {
    if sample.starts(with: NpyHeader.magic) { return .certain }
    guard ZipArchive.sniff(sample.prefix), let zip = try? ZipArchive(sample.region),
      zip.entries.contains(where: { Self.isArray($0.name) })
    else { return .no }
    return zip.entries.allSatisfy { Self.isArray($0.name) } ? .certain : .likely
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var filler = NpyFiller()
    if ZipArchive.sniff(try region.prefix(4)) {
      try filler.add(ZipArchive(region))
    } else {
      try filler.add(region, at: .root)
    }
    return filler.finish()
  }
}
