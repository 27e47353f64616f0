import EspalierTree

/// GGUF, the format of llama.cpp and its relatives: metadata, tensor table, then aligned values.
///
/// Shapes are shown as its own tools show them (`ne` order: the first dimension runs fastest in
/// memory), which reverses the order of the frameworks that the models come from.
package struct GGUF: CheckpointFormat {
  package let name = "gguf"
  package let summary = "llama.cpp, whisper.cpp, stable-diffusion.cpp"
  package let extensions = ["gguf"]
  package let signature = "the letters GGUF, versions 1 to 3, either byte order"

  package var writer: (any CheckpointWriter)? { GGUFWriter() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    sample.starts(with: "GGUF") ? .certain : .no
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var scanner = try GGUFScanner(region)
    let metadata = try scanner.metadata()
    let source = try GGUFSource(scanner: &scanner, metadata: metadata)
    return OpenedContent(
      source, metadata: metadata.entries,
      notes: source.tree.leafCount == 0
        ? ["the file holds a vocabulary or other metadata, and no tensor"] : [])
  }
}
