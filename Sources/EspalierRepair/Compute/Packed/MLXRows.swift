import EspalierTree

/// MLX: integers packed along the input of an (out, in) matrix, with a scale and a shift for each
/// group of a row.
enum MLXRows {
  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    guard let packed = parts["weight"], packed.node.dtype == .u32, let scales = parts["scales"]
    else { return nil }
    guard let shift = parts["biases"] else {
      throw PackedParts.unsupported("MLX weights without biases (its modes “mxfp4” and others)")
    }
    guard let words = packed.shape.last, words > 0, let groups = scales.shape.last, groups > 0,
      packed.shape.dropLast() == scales.shape.dropLast(), shift.shape == scales.shape
    else {
      throw StepError(
        found: "packed rows \(Shape(packed.shape)) with scales \(Shape(scales.shape))",
        expected: "as many rows in both")
    }
    let lines = packed.shape.dropLast().reduce(1, *)
    // Some layers of a model may be packed in another width than the file says of all.
    let bits =
      parts.exact.flatMap { PackedRows.bits(words * lines, for: $0) }
      ?? bits(words, groups, of: packed, parts.steps)
    guard let run = BitRun(bits: bits), let width = run.count(in: words), width % groups == 0 else {
      throw PackedParts.unsupported("rows of \(words) words packed with \(bits) bits")
    }
    let step = PackedRows(
      lines: lines, words: words, run: run, width: width, groups: groups,
      groupSize: width / groups, zero: .shift)
    return ValueNode(
      .f32, packed.shape.dropLast() + [width],
      .computed(step, [packed.node, scales.node, shift.node]))
  }

  /// What the file says of this module, or of the size of its groups, or of all modules.
  private static func bits(
    _ words: Int, _ groups: Int, of packed: Part, _ steps: ComputedSteps
  ) -> Int {
    let module = packed.directory.map { String(decoding: $0, as: UTF8.self) }
      .joined(separator: ".")
    if !module.isEmpty, let own = steps.source.number(["\(module).bits"]) { return own }
    let sizes = ["\(module).group_size", "quantization.group_size", "group_size"]
    if let size = steps.source.number(sizes), size <= 1 << 20, groups <= 1 << 40,
      let exact = PackedRows.bits(words, for: [groups, size])
    {
      return exact
    }
    return steps.source.number(["quantization.bits", "bits"]) ?? 4
  }
}
