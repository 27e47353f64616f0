import EspalierTree

/// Orbax, as JAX and Flax save models: a folder with an OCDBT database of zarr arrays, and what the
/// leaves are called beside it.
package struct Orbax: CheckpointFormat {
  package let name = "orbax"
  package let summary = "JAX, Flax (folders with an OCDBT database)"
  package let extensions = ["orbax", "ocdbt"]
  package let signature = "0c db 3a 2a in manifest.ocdbt, which a folder with it stands for"

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    sample.starts(with: OCDBTRecord.manifest) ? .certain : .no
  }

  /// Items that a training loop saves have a folder of their own in the folder of the step.
  private static let items = ["", "default", "state", "params", "model", "items"]

  package func fileMeant(by path: FilePath) -> FilePath? {
    guard Checkpoint.isFolder(path) else { return nil }
    for item in Self.items {
      let folder = item.isEmpty ? path : path.appending(Array(item.utf8))
      let manifest = folder.appending(OCDBTDatabase.fileName)
      if (try? SystemCalls().status(manifest)).map(isRegularFile) == true { return manifest }
    }
    return nil
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    let database = try OCDBTDatabase(manifest: region)
    var metadata = OrbaxMetadata()
    var files = database.files
    for name in ["_CHECKPOINT_METADATA", "_METADATA"] {
      if let file = try metadata.read(name, beside: region.file) { files.append(file) }
    }
    let source = try OrbaxSource(database, metadata, region.file.path)
    return OpenedContent(
      source, metadata: metadata.entries,
      notes: source.tree.leafCount == 0 ? ["the database holds no array"] : [], moreFiles: files)
  }
}
