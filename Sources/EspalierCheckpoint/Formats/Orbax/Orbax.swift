import EspalierTree

/// Orbax, as JAX and Flax save models: a folder with zarr arrays, in an OCDBT database or in folders,
/// and what the leaves are called beside them.
package struct Orbax: CheckpointFormat {
  package let name = "orbax"
  package let summary = "JAX, Flax (folders of zarr arrays, with an OCDBT database or without)"
  package let extensions = ["orbax", "ocdbt"]
  package let signature =
    "0c db 3a 2a in manifest.ocdbt, or “tree_metadata” in _METADATA; a folder with either of them"

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    if sample.starts(with: OCDBTRecord.manifest) { return .certain }
    guard sample.firstVisibleByte == UInt8(ascii: "{") else { return .no }
    return sample.contains("\"tree_metadata\"") ? .certain : .no
  }

  package func fileMeant(by path: FilePath) -> FilePath? {
    Checkpoint.isFolder(path) ? OrbaxFolder(path).file : nil
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var files: [InputFile] = []
    let store: ZarrStore
    if let manifest = try Self.manifest(for: region) {
      let database = try OCDBTDatabase(manifest: manifest)
      files = database.files
      if manifest.file !== region.file { files.append(manifest.file) }
      store = try ZarrStore(database, manifest.file.path)
    } else {
      store = try ZarrStore(folderOf: region.file.path)
    }
    var metadata = OrbaxMetadata()
    for name in ["_CHECKPOINT_METADATA", "_METADATA"] {
      if let file = try metadata.read(name, beside: region.file) { files.append(file) }
    }
    let source = try OrbaxSource(store, metadata)
    var notes = source.tree.leafCount == 0 ? ["the checkpoint holds no array"] : []
    if let others = OrbaxFolder.itemsBeside(region.file.path) { notes.append(others) }
    return OpenedContent(source, metadata: metadata.entries, notes: notes, moreFiles: files)
  }

  /// The manifest of the database; nil where arrays are in folders.
  private static func manifest(for region: ByteRegion) throws(CheckpointError) -> ByteRegion? {
    if try region.prefix(4) == OCDBTRecord.manifest { return region }
    do {
      return ByteRegion(
        try InputFile(try region.file.path.neighbour(OCDBTDatabase.fileName)))
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }
}
