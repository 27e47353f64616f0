import EspalierTree

/// PyTorch's zip checkpoints: a pickle that describes objects, and a member for each storage.
///
/// The pickle is read symbolically: nothing is imported and nothing called. TorchScript archives are
/// read for their parameters, and archives of such files (Stable-Baselines3) as one tree.
package struct PyTorch: CheckpointFormat {
  package let name = "pytorch"
  package let summary = "torch.save (1.6 and later), TorchScript, Stable-Baselines3"
  package let extensions = ["pt", "pth", "bin", "ckpt", "th", "pth.tar"]
  package let signature = "a zip archive with a member data.pkl"

  package let metadataIsAboutTheFile = true
  package let shardsAreNumbered = true

  package var writer: (any CheckpointWriter)? { TorchWriter() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    guard ZipArchive.sniff(sample.prefix), let archive = try? ZipArchive(sample.region) else {
      return .no
    }
    if archive.entries.contains(where: { TorchArchive.isPickle($0.name) }) { return .certain }
    return archive.entries.contains(where: { TorchArchive.isCheckpoint($0.name) }) ? .likely : .no
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    let zip = try ZipArchive(region)
    guard let archive = try TorchArchive(zip) else { return try TorchBundle(zip).open() }
    var filler = PickledTreeFiller()
    try filler.add(archive, under: .root)
    try TorchConstants(archive)?.add(to: &filler)
    var content = filler.finish()
    content.metadata = try archive.metadata()
    return content
  }

  package func open(shards: [ByteRegion], _ options: OpenOptions) throws -> OpenedContent {
    if let only = shards.first, shards.count == 1 { return try open(only, options) }
    var metadata: [MetadataEntry] = []
    var content = try PickledTreeFiller.open(shards) { region in
      guard let archive = try TorchArchive(ZipArchive(region)) else {
        throw CheckpointError(
          .notACheckpoint, file: region.file.path, found: "an archive of several checkpoints",
          expected: "a shard of one")
      }
      metadata += try archive.metadata().filter { !metadata.contains($0) }
      return archive
    }
    content.metadata = metadata
    return content
  }
}
