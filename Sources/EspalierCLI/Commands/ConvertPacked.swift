import ArgumentParser
import Espalier

/// What `convert` does with weights that are packed.
struct PackedOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Unpack every quantised weight (GGUF's blocks, GPTQ, AWQ, bitsandbytes, MLX, …) to F32, F16 or \
      BF16. Without it only blocks that the format does not have are, to F32.
      """, valueName: "type"), completion: .list(types.map(\.name)))
  var dequantise: String?

  private static let types: [DType] = [.f32, .f16, .bf16]

  private var type: DType? {
    dequantise.flatMap { name in Self.types.first { $0.name == name.uppercased() } }
  }

  func validate() throws {
    if let dequantise, type == nil {
      throw ValidationError(
        "--dequantise: found “\(visibleText(dequantise.utf8))”, expected "
          + Self.types.map(\.name).joined(separator: ", ") + ".")
    }
  }

  /// A request in which packed weights are plain numbers, as far as that is wanted or needed.
  func unpacked(_ request: SaveRequest, of checkpoint: Checkpoint) throws -> Unpacked {
    var selection = DequantisedSource.Selection.everything
    if type == nil {
      let blocks = try request.typesWithoutPlace().filter { $0.kind == .quantised }
      if blocks.isEmpty { return Unpacked(request, kept: checkpoint) }
      selection = .blocks(blocks)
    }
    let source = try checkpoint.dequantised(selection, as: type ?? .f32, below: request.root)
    var result = Unpacked(request, kept: type == nil ? checkpoint : nil)
    result.weights = source.weights
    result.dtype = type ?? .f32
    result.request.source = source
    result.request.root = source.root
    return result
  }
}

/// A request, and which of its arrays were packed.
struct Unpacked {
  var request: SaveRequest
  var weights: [DequantisedSource.Weight] = []
  var dtype: DType?
  private var kept: [(kind: String, count: Int)] = []

  /// - Parameter kept: the file whose other packed weights stay as they are.
  init(_ request: SaveRequest, kept: Checkpoint?) {
    self.request = request
    if let kept { self.kept = kept.packedWeights(below: request.root) }
  }

  /// What is done and what is not, as sentences.
  var notes: [String] {
    var notes: [String] = []
    if let dtype {
      let kinds = Dictionary(grouping: weights, by: \.kind).sorted { $0.key < $1.key }
        .map { "\($0.key) (\($0.value.count))" }
      notes.append(
        weights.isEmpty
          ? "nothing is packed in a way that is known, so nothing is dequantised"
          : "\(counted(weights.count, "quantised array")) dequantised to \(dtype): "
            + kinds.joined(separator: ", "))
    }
    if !kept.isEmpty {
      let kinds = kept.map { "\($0.kind) (\($0.count))" }.joined(separator: ", ")
      notes.append(
        "weights that are packed into several arrays stay so: \(kinds); --dequantise unpacks them")
    }
    return notes
  }

  func write(to json: inout JSONWriter) {
    json.key("dequantised")
    json.beginArray()
    for weight in weights {
      json.beginObject()
      json.key("path")
      json.beginArray()
      for component in weight.path.components { json.name(component.bytes) }
      json.endArray()
      json.key("kind")
      json.string(weight.kind)
      json.key("dtype")
      json.string(dtype?.name ?? "")
      json.endObject()
    }
    json.endArray()
  }
}
