import EspalierTree

/// ONNX, a graph of operators with its weights: in the model file, or in files beside it.
///
/// Initializers are shown under their own names. Tensors in the attributes of nodes (`Constant` and
/// others) and in subgraphs are below their node, `<node 5 Constant /encoder/Constant>`: names of
/// nodes may be absent (then their first output stands here) and need not be unique, their numbers
/// are.
package struct ONNX: CheckpointFormat {
  package let name = "onnx"
  package let summary = "exporters of PyTorch, TensorFlow, scikit-learn"
  package let extensions = ["onnx"]
  package let signature = "a protobuf message with a version and a graph, of known fields only"
  package var writer: (any CheckpointWriter)? { ONNXWriter() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence { ONNXSniffer.confidence(sample) }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    var reader = ProtobufReader(region)
    let model = try ONNXModel(&reader)
    var filler = ONNXTreeFiller(reader, region)
    try filler.fill(model)
    let files = filler.external.files
    return OpenedContent(
      filler.finish(), metadata: model.metadata, root: .root, moreFiles: files)
  }
}
