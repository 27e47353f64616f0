import EspalierTree

/// GPTQ: integers packed along the input, (in · bits / 32, out); zeros along the output. Columns of
/// the input belong to groups in order, or to those that `g_idx` names.
enum GPTQ {
  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    guard let packed = parts["qweight"], let scales = parts["scales"], packed.shape.count == 2,
      scales.shape.count == 2, packed.shape[1] == scales.shape[1]
    else { return nil }
    let (zeros, groups) = (parts["qzeros"], parts["g_idx"])
    let format = parts.steps.text("checkpoint_format")
    if let format, !["gptq", "gptq_v2"].contains(format) {
      throw PackedParts.unsupported("GPTQ in the layout “\(visibleText(Array(format.utf8)))”")
    }
    let outputs = packed.shape[1]
    var bits = parts.steps.source.number(["bits"]) ?? 4
    if let zeros, zeros.shape.count == 2, outputs > 0, zeros.shape[1] * 32 % outputs == 0 {
      bits = zeros.shape[1] * 32 / outputs
    }
    guard let run = BitRun(bits: bits), let inputs = run.count(in: packed.shape[0]),
      packed.shape[0] % run.words == 0
    else { throw PackedParts.unsupported("GPTQ with \(bits) bits") }
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
    return try PackedInputs(
      inputs: inputs, outputs: outputs, run: run, groupCount: scales.shape[0],
      zeroOffset: format == "gptq_v2" ? 0 : 1, hasZeros: zeros != nil, hasGroups: groups != nil,
      isInterleaved: false, path: packed.path
    ).turned([packed, scales, zeros, groups])
  }
}
