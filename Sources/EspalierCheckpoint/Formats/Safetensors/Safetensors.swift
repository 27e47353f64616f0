import EspalierTree

/// The safetensors format: a header in JSON, then the values of all arrays, one after the other.
package struct Safetensors: CheckpointFormat {
  package let name = "safetensors"
  package let summary = "Hugging Face, MLX, candle, Burn, Flux (Julia)"
  package let extensions = ["safetensors"]
  package let signature = "an 8-byte header length, then a JSON object"

  package var writer: (any CheckpointWriter)? { SafetensorsWriter() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    let prefix = sample.prefix
    guard prefix.count > 8 else { return .no }
    let text = prefix[8...].drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    guard text.first == UInt8(ascii: "{") else { return .no }
    let length = prefix[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let follows = text.dropFirst().first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    let isObject = follows == UInt8(ascii: "\"") || follows == UInt8(ascii: "}") || follows == nil
    return isObject && length <= SafetensorsHeader.lengthLimit ? .likely : .possible
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    try open(shards: [region], options)
  }

  package func open(shards: [ByteRegion], _ options: OpenOptions) throws -> OpenedContent {
    var header = SafetensorsHeader()
    for region in shards { try header.add(region) }
    // Ties are in the tree, so that they are no entry to be shown or lost.
    let metadata = header.metadata.filter { $0.key != SafetensorsTies.key }
    let (source, notes) = try header.finish()
    return OpenedContent(
      source, metadata: metadata, notes: notes, shardOfLeaf: { source.partNumber(ofStored: $0) })
  }
}
