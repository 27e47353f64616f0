import EspalierTree

/// Names, shapes and element types without values: a model that exists only as code.
///
///     {"metadata": {…}, "tensors": [
///       {"name": "a.weight", "shape": [64, 3], "dtype": "F32", "tied_to": null}, …]}
package struct Skeleton: CheckpointFormat {
  package let name = "skeleton"
  package let summary = "models that exist as code: names, shapes and element types, no values"
  package let extensions = ["skeleton.json"]
  package let signature = "a JSON object with a list “tensors”"

  package let holdsValues = false

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    guard sample.firstVisibleByte == UInt8(ascii: "{") else { return .no }
    return sample.contains("\"tensors\"") ? .likely : .possible
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var reader = SkeletonReader(region)
    return try reader.read()
  }

  package var writer: (any CheckpointWriter)? { SkeletonWriter() }
}
