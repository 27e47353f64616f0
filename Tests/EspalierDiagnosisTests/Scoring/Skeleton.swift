import EspalierDiagnosis

/// Builds both sides of a case in step, so that the truth is written where the tensors are.
struct Skeleton {
  private(set) var destination: [TensorFacts] = []
  private(set) var source: [TensorFacts] = []
  private(set) var rows: [String: [DiagnosisCase.Row]] = [:]

  /// A pair that maps one to one; `shape` is the destination's, `from` the source's.
  mutating func pair(
    _ dst: String, _ src: String, _ shape: [Int], from: [Int]? = nil, _ operation: String = "rename"
  ) {
    add(dst, shape)
    addSource(src, from ?? shape)
    map(dst, [src], operation)
  }

  mutating func add(_ dst: String, _ shape: [Int], tiedTo: String? = nil, dtype: String = "F32") {
    destination.append(
      TensorFacts(
        dst, shape, dtype: dtype,
        tiedTo: tiedTo.flatMap { name in destination.firstIndex { $0.text == name } }))
  }

  mutating func addSource(
    _ src: String, _ shape: [Int], tiedTo: String? = nil, dtype: String = "F32"
  ) {
    source.append(
      TensorFacts(
        src, shape, dtype: dtype,
        tiedTo: tiedTo.flatMap { name in source.firstIndex { $0.text == name } }))
  }

  mutating func map(_ dst: String, _ src: [String], _ operation: String) {
    rows[dst] = [DiagnosisCase.Row(sources: src, operation: operation)]
  }

  /// Weight (out, in) and bias of a dense layer.
  mutating func dense(_ dst: String, _ src: String, _ out: Int, _ input: Int, bias: Bool = true) {
    pair(dst + ".weight", src + ".weight", [out, input])
    if bias { pair(dst + ".bias", src + ".bias", [out]) }
  }

  /// The same with the source's kernel (in, out).
  mutating func kernel(_ dst: String, _ src: String, _ out: Int, _ input: Int, bias: Bool = true) {
    pair(dst + ".weight", src + ".kernel", [out, input], from: [input, out], "transpose")
    if bias { pair(dst + ".bias", src + ".bias", [out]) }
  }

  mutating func norm(
    _ dst: String, _ src: String, _ width: Int, scale: String = "weight", bias: Bool = true
  ) {
    pair(dst + ".weight", src + "." + scale, [width])
    if bias { pair(dst + ".bias", src + ".bias", [width]) }
  }

  mutating func batchNorm(_ dst: String, _ src: String, _ width: Int) {
    norm(dst, src, width)
    pair(dst + ".running_mean", src + ".running_mean", [width])
    pair(dst + ".running_var", src + ".running_var", [width])
    add(dst + ".num_batches_tracked", [], dtype: "I64")
    addSource(src + ".num_batches_tracked", [], dtype: "I64")
    map(dst + ".num_batches_tracked", [src + ".num_batches_tracked"], "rename")
  }

  func finish(
    _ id: String, causes: Set<String>, optional: Set<String> = [], container: String = "pt",
    metadata: [String: String] = [:], alphabetical: Bool = false
  ) -> DiagnosisCase {
    var facts = metadata
    facts["container"] = container
    return DiagnosisCase(
      id: id, title: id,
      destination: Inventory(tensors: destination, metadata: ["container": "torch.nn.Module"]),
      source: Inventory(
        tensors: alphabetical ? source.sorted { $0.text < $1.text } : source, metadata: facts),
      causes: causes, optional: optional, rows: rows)
  }
}
