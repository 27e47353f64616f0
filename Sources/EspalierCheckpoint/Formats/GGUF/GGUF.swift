import EspalierTree

/// GGUF, the format of llama.cpp and its relatives: metadata, tensor table, then aligned values.
///
/// Shapes are shown as its own tools show them (`ne` order: the first dimension runs fastest in
/// memory), which reverses the order of the frameworks that the models come from.
public struct GGUF: CheckpointFormat {
  public let name = "gguf"
  public let summary = "llama.cpp, whisper.cpp, stable-diffusion.cpp"
  public let extensions = ["gguf"]
  public let signature = "the letters GGUF, versions 1 to 3, either byte order"

  public var writer: (any CheckpointWriter)? { GGUFWriter() }

  public init() {}

  public func sniff(_ sample: ContentSample) -> Confidence {
    sample.starts(with: "GGUF") ? .certain : .no
  }

  public func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var scanner = try GGUFScanner(region)
    let metadata = try scanner.metadata()
    let source = try GGUFSource(scanner: &scanner, metadata: metadata)
    return OpenedContent(
      source, metadata: metadata.entries,
      notes: source.tree.leafCount == 0
        ? ["the file holds a vocabulary or other metadata, and no tensor"] : [])
  }
}
