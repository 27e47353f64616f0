import EspalierTree

/// JLD2, as Julia's packages save models: HDF5 with Julia's types written beside the values.
///
/// Read without Julia, and without the types: what a struct's fields are called stands in the file.
package struct JLD2: CheckpointFormat {
  package let name = "jld2"
  package let summary = "Flux, Lux, Knet (Julia)"
  package let extensions = ["jld2"]
  package let signature = "the text “HDF5-based Julia Data Format”, then HDF5 at byte 512"
  package var writer: (any CheckpointWriter)? { HDF5Writer() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    // Old JLD has the same text before an HDF5 file of the first version.
    guard Self.preambles.contains(where: { sample.starts(with: $0) }), sample.prefix.count > 520,
      sample.prefix[512..<520].elementsEqual(HDF5File.signature), sample.prefix[520] >= 2
    else { return .no }
    return .certain
  }

  private static let preambles = ["HDF5-based Julia Data Format", "Julia data file (HDF5)"]

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var reader = JLD2TreeReader(try HDF5File(region))
    var content = try reader.read()
    let text = try region.prefix(512).prefix { $0 != 0 }
    content.metadata.append(MetadataEntry("producer", .text(Array(text))))
    return content
  }
}
