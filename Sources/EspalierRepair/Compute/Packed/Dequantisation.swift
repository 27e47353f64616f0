import EspalierDiagnosis
import EspalierTree

/// Finds out how a weight is packed, by the names and shapes of its parts.
enum Dequantisation {
  /// - Parameter isLast: the result is the destination's array, so that its size tells the width.
  static func node(
    _ parts: [Part], _ steps: ComputedSteps, _ target: [Int], isLast: Bool
  ) throws(StepError) -> ValueNode {
    func part(_ name: String) -> Part? { parts.first { $0.leafName == name } }
    if parts.count == 1, let only = parts.first { return try blocks(only.node) }
    if let packed = part("qweight"), let scales = part("scales"), packed.shape.count == 2,
      scales.shape.count == 2
    {
      return packed.shape[1] == scales.shape[1]
        ? try gptq(packed, scales, part("qzeros"), part("g_idx"), steps)
        : try awq(packed, scales, part("qzeros"))
    }
    if let packed = part("weight_packed"), let scales = part("weight_scale") {
      guard part("weight_zero_point") == nil, part("weight_g_idx") == nil else {
        throw unsupported("compressed-tensors with zero points or reordered groups")
      }
      return try rows(
        packed, scales, shift: nil, steps, isLast ? target : nil, isCentred: true)
    }
    guard let weight = part("weight") else { throw unsupported(names(parts)) }
    if part("quant_map") != nil || part("absmax") != nil {
      return try FourBitWeights.node(weight, parts, steps, target)
    }
    if let scales = part("SCB") {
      if let order = part("weight_format"), let code = steps.smallBytes(order)?.first, code != 0 {
        throw unsupported("8-bit weights of bitsandbytes in tiles for one kind of processor")
      }
      return try scaled(weight, scales, divisor: 127)
    }
    if weight.node.dtype == .u32, let scales = part("scales") {
      guard let shift = part("biases") else { throw unsupported("MLX weights without biases") }
      return try rows(
        weight, scales, shift: shift, steps, isLast ? target : nil, isCentred: false)
    }
    if let scales = part("weight_scale") ?? part("weight_scale_inv"),
      part("weight_zero_point") == nil
    {
      return try scaled(weight, scales, divisor: 1)
    }
    throw unsupported(names(parts))
  }

  private static func names(_ parts: [Part]) -> String {
    "packed weights of the parts " + parts.map(\.leafName).joined(separator: ", ")
  }

  private static func unsupported(_ found: String) -> StepError {
    StepError(
      .unsupported, found: found,
      expected:
        "GPTQ, AWQ, bitsandbytes, MLX, scaled 8-bit, compressed-tensors or GGUF blocks")
  }

  // MARK: Blocks

  private static func blocks(_ node: ValueNode) throws(StepError) -> ValueNode {
    if node.dtype.isWholeBytes, node.dtype.kind == .float { return node }
    guard let decode = BlockDecoding.decoder(of: node.dtype) else {
      throw StepError(
        .unsupported, found: "\(node.dtype) values",
        expected: "one of " + BlockDecoding.types.map(\.name).joined(separator: ", "))
    }
    return ValueNode(
      .f32, node.shape, .computed(BlockDequantisation(dtype: node.dtype, decode: decode), [node]))
  }

  // MARK: Packed along the input, (in, out)

  private static func gptq(
    _ packed: Part, _ scales: Part, _ zeros: Part?, _ groups: Part?, _ steps: ComputedSteps
  ) throws(StepError) -> ValueNode {
    if let format = steps.text("checkpoint_format"), !["gptq", "gptq_v2"].contains(format) {
      throw unsupported("GPTQ in the layout “\(format)”")
    }
    let outputs = packed.shape[1]
    var bits = steps.source.number(["bits"]) ?? 4
    if let zeros, zeros.shape.count == 2, outputs > 0, zeros.shape[1] * 32 % outputs == 0 {
      bits = zeros.shape[1] * 32 / outputs
    }
    guard let run = BitRun(bits: bits), let inputs = run.count(in: packed.shape[0]),
      packed.shape[0] % run.words == 0
    else { throw unsupported("GPTQ with \(bits) bits") }
    guard scales.shape[0] > 0, groups.map({ $0.node.elementCount == inputs }) ?? true,
      zeros.map({
        $0.shape == [scales.shape[0], outputs * bits / 32] && outputs * bits % 32 == 0
      }) ?? true,
      groups != nil || inputs % scales.shape[0] == 0
    else {
      throw StepError(
        found: "qweight \(Shape(packed.shape)) with scales \(Shape(scales.shape))",
        expected: "groups and zeros that fit them")
    }
    // Version 1 stores zeros less one.
    let isSecond = steps.text("checkpoint_format") == "gptq_v2"
    let step = PackedInputs(
      inputs: inputs, outputs: outputs, run: run, groupCount: scales.shape[0],
      zeroOffset: isSecond ? 0 : 1, hasZeros: zeros != nil, hasGroups: groups != nil,
      isInterleaved: false, path: packed.path)
    return try turned(step, [packed, scales, zeros, groups])
  }

  private static func awq(
    _ packed: Part, _ scales: Part, _ zeros: Part?
  ) throws(StepError) -> ValueNode {
    let (inputs, outputs) = (packed.shape[0], scales.shape[1])
    guard let run = BitRun(bits: 4), packed.shape[1] * 8 == outputs, scales.shape[0] > 0,
      inputs % scales.shape[0] == 0,
      zeros.map({ $0.shape == [scales.shape[0], packed.shape[1]] }) ?? true
    else { throw unsupported("AWQ of another width than 4 bits") }
    let step = PackedInputs(
      inputs: inputs, outputs: outputs, run: run, groupCount: scales.shape[0], zeroOffset: 0,
      hasZeros: zeros != nil, hasGroups: false, isInterleaved: true, path: packed.path)
    return try turned(step, [packed, scales, zeros])
  }

  private static func turned(
    _ step: PackedInputs, _ parts: [Part?]
  ) throws(StepError) -> ValueNode {
    let whole = ValueNode(
      .f32, [step.inputs, step.outputs], .computed(step, parts.compactMap { $0?.node }))
    return try whole.transposed()
  }

  // MARK: Packed along rows, (out, in)

  private static func rows(
    _ packed: Part, _ scales: Part, shift: Part?, _ steps: ComputedSteps, _ target: [Int]?,
    isCentred: Bool
  ) throws(StepError) -> ValueNode {
    guard let words = packed.shape.last, words > 0, let groups = scales.shape.last, groups > 0,
      packed.shape.dropLast() == scales.shape.dropLast(),
      shift.map({ $0.shape == scales.shape }) ?? true
    else {
      throw StepError(
        found: "packed rows \(Shape(packed.shape)) with scales \(Shape(scales.shape))",
        expected: "as many rows in both")
    }
    let lines = packed.shape.dropLast().reduce(1, *)
    let said = steps.source.number(["quantization.bits", "bits", "num_bits"]) ?? 4
    // Some layers of a model may be packed in another width than the file says of all.
    let bits = target.flatMap { width(of: words * lines, for: $0) } ?? said
    guard let run = BitRun(bits: bits), let width = run.count(in: words), width % groups == 0 else {
      throw unsupported("rows of \(words) words packed with \(bits) bits")
    }
    let step = PackedRows(
      lines: lines, words: words, run: run, groups: groups, isCentred: isCentred)
    return ValueNode(
      .f32, packed.shape.dropLast() + [width],
      .computed(step, [packed.node, scales.node] + (shift.map { [$0.node] } ?? [])))
  }

  /// The width in which so many words hold the elements of a shape.
  private static func width(of words: Int, for shape: [Int]) -> Int? {
    guard let count = Shape(shape).elementCount, count > 0 else { return nil }
    let bits = words * 32 / count
    return words * 32 == count * bits && BitRun(bits: bits) != nil ? bits : nil
  }

  private static func scaled(
    _ weight: Part, _ scales: Part, divisor: Float
  ) throws(StepError) -> ValueNode {
    guard weight.shape.count == 2 else { throw unsupported("scaled weights of other ranks than 2") }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    var grid = scales.shape
    if scales.node.elementCount == 1 { grid = [1, 1] }
    if grid.count == 1 { grid = [grid[0], 1] }
    guard grid.count == 2, let high = ScaledGrid.side(rows, grid[0]),
      let wide = ScaledGrid.side(columns, grid[1])
    else {
      throw StepError(
        found: "scales of the shape \(Shape(scales.shape))", expected: "one scale for each block")
    }
    let step = ScaledGrid(
      columns: columns, block: (high, wide), gridColumns: grid[1], divisor: divisor)
    return ValueNode(.f32, weight.shape, .computed(step, [weight.node, scales.node]))
  }
}
