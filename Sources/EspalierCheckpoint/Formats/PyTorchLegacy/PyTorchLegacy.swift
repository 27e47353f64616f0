import EspalierTree

/// PyTorch before version 1.6, and `_use_new_zipfile_serialization=False` since: five pickles in a row
/// (magic number, protocol, system, the objects, the keys of the storages), then the storages.
///
/// Read symbolically, as all pickles are.
package struct PyTorchLegacy: CheckpointFormat {
  package let name = "pytorch-legacy"
  package let summary = "torch.save before 1.6"
  package let extensions = ["pt", "pth", "th", "tar", "bin"]
  package let signature = "a pickle of the number 0x1950a86a20f9469cfc6c"
  package let metadataIsAboutTheFile = true
  package let shardsAreNumbered = true

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    guard sample.prefix.first == 0x80 else { return .no }
    // In protocol 4 a frame stands before the number.
    return sample.prefix.dropFirst(2).starts(with: LegacyArchive.magic)
      || sample.prefix.dropFirst(11).starts(with: LegacyArchive.magic) ? .certain : .no
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    try open(shards: [region], options)
  }

  package func open(shards: [ByteRegion], _ options: OpenOptions) throws -> OpenedContent {
    try PickledTreeFiller.open(shards) { try LegacyArchive($0) }
  }
}
