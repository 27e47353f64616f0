import EspalierTree

/// `.keras`, as Keras 3 saves models: a zip archive with the configuration and the weights, the latter
/// as HDF5.
///
/// The configuration is read, never run: layers, lambdas and custom objects stay names.
package struct Keras: CheckpointFormat {
  package let name = "keras"
  package let summary = "Keras 3 (a .keras that is HDF5 opens as such)"
  package let extensions = ["keras"]
  package let signature = "a zip archive with config.json and model.weights.h5"
  package var writer: (any CheckpointWriter)? { HDF5Writer() }

  package init() {}

  static let weights = "model.weights.h5"
  private static let textLimit = 64 << 20
  private static let unpackedLimit = 128 << 20

  package func sniff(_ sample: ContentSample) -> Confidence {
    guard sample.starts(with: "PK"), let archive = try? ZipArchive(sample.region) else {
      return .no
    }
    let names = Set(archive.entries.map(\.name))
    func has(_ name: String) -> Bool { names.contains(Array(name.utf8)) }
    return has(Self.weights) && (has("config.json") || has("metadata.json")) ? .certain : .no
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    let archive = try ZipArchive(region)
    guard let entry = try archive.entry(Self.weights) else {
      throw region.origin.error(
        .malformed, at: 0, field: "archive", found: "no \(Self.weights)", expected: "one")
    }
    // Keras stores it; what others compressed is unpacked into memory.
    let member =
      try archive.stored(entry)
      ?? ByteRegion(archive.inflated(entry, limit: Self.unpackedLimit))
    var entries: [MetadataEntry] = []
    var names = KerasNames()
    for name in ["metadata.json", "config.json"] {
      guard let entry = try archive.entry(name) else { continue }
      let text = try archive.read(entry, limit: Self.textLimit)
      let document = try JSONDocument(text, origin: ByteOrigin(file: region.file.path, offset: nil))
      entries.append(MetadataEntry(Name(name), .json(text)))
      if name == "config.json" { names = KerasNames(document) }
    }
    var reader = HDF5TreeReader(try HDF5File(member), keras: names)
    var content = try reader.read()
    content.metadata.insert(contentsOf: entries, at: 0)
    return content
  }
}
