import EspalierTree

/// Names, shapes and element types without values: a model that exists only as code.
///
///     {"metadata": {…}, "tensors": [
///       {"name": "a.weight", "shape": [64, 3], "dtype": "F32", "tied_to": null}, …]}
public struct Skeleton: CheckpointFormat {
  public let name = "skeleton"
  public let summary = "models that exist as code: names, shapes and element types, no values"
  public let extensions = ["skeleton.json"]
  public let signature = "a JSON object with a list “tensors”"

  public let holdsValues = false

  public init() {}

  public func sniff(_ sample: ContentSample) -> Confidence {
    guard sample.firstVisibleByte == UInt8(ascii: "{") else { return .no }
    return sample.contains("\"tensors\"") ? .likely : .possible
  }

  public func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var reader = SkeletonReader(region)
    return try reader.read()
  }

  public var writer: (any CheckpointWriter)? { SkeletonWriter() }
}
