import EspalierTree

/// ONNX, a graph of operators with its weights: in the model file, or in files beside it.
///
/// Initializers are shown under their own names. Tensors in the attributes of nodes (`Constant` and
/// others) and in subgraphs are below their node, `<node 5 Constant /encoder/Constant>`: names of
/// nodes may be absent (then their first output stands here) and need not be unique, their numbers
/// are.
public struct ONNX: CheckpointFormat {
  public let name = "onnx"
  public let summary = "exporters of PyTorch, TensorFlow, scikit-learn"
  public let extensions = ["onnx"]
  public let signature = "a protobuf message with a version and a graph, of known fields only"
  public var writer: (any CheckpointWriter)? { ONNXWriter() }

  public init() {}

  public func sniff(_ sample: ContentSample) -> Confidence { ONNXSniffer.confidence(sample) }

  public func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var reader = ProtobufReader(region)
    let model = try ONNXModel(&reader)
    var filler = ONNXTreeFiller(reader, region)
    try filler.fill(model)
    let files = filler.external.files
    return OpenedContent(
      filler.finish(), metadata: model.metadata, root: .root, moreFiles: files)
  }
}
