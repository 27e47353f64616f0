import EspalierDiagnosis
import EspalierTree

/// `base + scale * B A`: a low-rank adapter merged into its base weight.
struct AdapterStep: Computation {
  enum Scale: Sendable {
    case number(Float)
    /// The last input holds alpha.
    case alphaTensor
  }

  let rows: Int
  let columns: Int
  let rank: Int
  /// The base weight is (in, out).
  let isTurned: Bool
  let scale: Scale

  /// Inputs: base, A (rank, in), B (out, rank), and alpha where a tensor holds it.
  static func node(_ parts: [Part], _ steps: ComputedSteps) throws(StepError) -> ValueNode {
    let down = parts.first { part in
      ["lora_A", "lora_down", "lora_embedding_A", "down"].contains { part.has($0) }
    }
    let up = parts.first { part in
      ["lora_B", "lora_up", "lora_embedding_B", "up"].contains { part.has($0) }
        && part.tensor != down?.tensor
    }
    guard parts.count == 3, let down, let up,
      let base = parts.first(where: { $0.tensor != down.tensor && $0.tensor != up.tensor })
    else {
      throw StepError(
        .unsupported, found: "\(parts.count) tensors",
        expected: "a base weight and the two factors of an adapter")
    }
    let rank = down.shape.first ?? 0
    let (a, b, all) = (down.node.elementCount, up.node.elementCount, base.node.elementCount)
    guard rank > 0, up.shape.count >= 2, up.shape[1] == rank, b == up.shape[0] * rank,
      down.shape.count >= 2, base.shape.count >= 2
    else {
      throw StepError(
        .unsupported, found: "factors of the shapes \(Shape(down.shape)) and \(Shape(up.shape))",
        expected: "(rank, in …) and (out, rank)")
    }
    let (outputs, inputs) = (up.shape[0], a / rank)
    let rows = base.shape[0]
    let columns = rows == 0 ? 0 : all / rows
    let fits = rows == outputs && columns == inputs
    let fitsTurned = base.shape.count == 2 && rows == inputs && columns == outputs
    let saysTurned =
      down.has("lora_embedding_A")
      || steps.source.metadata.contains {
        $0.key.hasSuffix("fan_in_fan_out") && ["true", "True", "1"].contains($0.value)
      }
    guard fits || fitsTurned else {
      throw StepError(
        found: "a base of the shape \(Shape(base.shape)), factors for \(outputs) × \(inputs)",
        expected: "the same outputs and inputs")
    }
    let isTurned = fitsTurned && (!fits || saysTurned)
    var nodes = [base.node, down.node, up.node]
    let scale = steps.scale(down, rank, &nodes)
    let step = AdapterStep(
      rows: rows, columns: columns, rank: rank, isTurned: isTurned, scale: scale)
    return ValueNode(.f32, base.shape, .computed(step, nodes))
  }

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let base = try FloatStream(inputs[0], context)
    var down = try FloatStream.all(inputs[1], context)
    let up = try FloatStream.all(inputs[2], context)
    var factor: Float = 1
    switch scale {
    case .number(let value): factor = value
    case .alphaTensor:
      factor = (try FloatStream.all(inputs[3], context).first ?? Float(rank)) / Float(rank)
    }
    for index in down.indices { down[index] *= factor }
    var row = 0
    return ComputedReader { [down, self] in
      guard row < rows, columns > 0 else { return [] }
      var values = try base.next(columns)
      for k in 0..<rank {
        // Row-wise sums of products: rows of A by an entry of B, or the other way round.
        let weight = isTurned ? down[k * rows + row] : up[row * rank + k]
        if isTurned {
          for column in 0..<columns { values[column] += weight * up[column * rank + k] }
        } else {
          let start = k * columns
          for column in 0..<columns { values[column] += weight * down[start + column] }
        }
      }
      row += 1
      return values
    }
  }
}

extension ComputedSteps {
  /// alpha / rank, from a tensor beside the factors or from the metadata; 1 where nothing says it.
  fileprivate func scale(
    _ down: Part, _ rank: Int, _ nodes: inout [ValueNode]
  ) -> AdapterStep.Scale {
    let name = down.tensor.name
    if let place = Self.place(of: ["lora_A", "lora_down", "lora.down"], in: name),
      let alpha = tensor(named: Array(name[..<place]) + Array("alpha".utf8)),
      source.tensors[alpha].elements == 1
    {
      nodes.append(leaf(alpha))
      return .alphaTensor
    }
    if let alpha { return .number(alpha / (isRootScaled ? Float(rank).squareRoot() : Float(rank))) }
    note(
      "lora_merge: neither the source's metadata nor a tensor says alpha; the scale 1 (alpha = rank) "
        + "is assumed")
    return .number(1)
  }

  /// What the metadata says of the scale.
  var alpha: Float? { metadata(["lora_alpha", "ss_network_alpha"]) }
  var isRootScaled: Bool {
    source.metadata.contains {
      $0.key.hasSuffix("use_rslora") && ["true", "True", "1"].contains($0.value)
    }
  }

  private static func place(of words: [String], in name: [UInt8]) -> Int? {
    for word in words.map({ Array($0.utf8) }) where name.count >= word.count {
      for start in 0...(name.count - word.count)
      where name[start..<start + word.count].elementsEqual(word) { return start }
    }
    return nil
  }
}
