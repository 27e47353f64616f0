import EspalierTree

/// compressed-tensors, `pack-quantized`: integers packed along the input of an (out, in) matrix, rows
/// filled up to whole words. The middle of the range is zero, or what `weight_zero_point` says, packed
/// along the output. Columns belong to groups in order, or to those that `weight_g_idx` names.
enum CompressedRows {
  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    guard let packed = parts["weight_packed"], packed.node.dtype.bytesPerBlock == 4,
      let scales = parts["weight_scale"]
    else { return nil }
    guard packed.shape.count == 2, scales.shape.count == 2, let words = packed.shape.last,
      packed.shape[0] == scales.shape[0], scales.shape[1] > 0
    else {
      throw StepError(
        found: "packed rows \(Shape(packed.shape)) with scales \(Shape(scales.shape))",
        expected: "as many rows in both")
    }
    let (lines, groups) = (packed.shape[0], scales.shape[1])
    let said = parts.steps.source.number(["weights.num_bits", "num_bits", "bits"]) ?? 4
    var shape = parts.exact
    if let said = parts["weight_shape"] { shape = try whole(said, parts.steps) ?? shape }
    let bits =
      shape.flatMap { shape in shape.last.flatMap { Self.bits(words, $0, said) } } ?? said
    guard let run = BitRun(bits: bits) else {
      throw PackedParts.unsupported("compressed-tensors with \(bits) bits")
    }
    let width = shape?.last ?? words * 32 / bits
    guard shape.map({ $0.count == 2 && $0[0] == lines }) ?? true, width > 0,
      (width * bits + 31) / 32 == words
    else {
      throw StepError(
        found: "rows of \(words) words for the shape \(shape.map { "\(Shape($0))" } ?? "?")",
        expected: "\(bits) bits for each element")
    }
    let index = parts["weight_g_idx"]
    let size = (width + groups - 1) / groups
    guard index.map({ $0.node.elementCount == width }) ?? (groups * size - width < size) else {
      throw StepError(
        found: "\(groups) groups for rows of \(width) elements", expected: "a group for each")
    }
    var nodes = [packed.node, scales.node]
    var zero = PackedRows.Zero.middle
    if let zeros = parts["weight_zero_point"] {
      guard zeros.shape == [(lines * bits + 31) / 32, groups], zeros.node.dtype.bytesPerBlock == 4
      else {
        throw StepError(
          found: "zero points of the shape \(Shape(zeros.shape))",
          expected: "\(Shape([(lines * bits + 31) / 32, groups])), packed along the output")
      }
      nodes.append(zeros.node)
      zero = .column
    }
    if let index { nodes.append(index.node) }
    let step = PackedRows(
      lines: lines, words: words, run: run, width: width, groups: groups, groupSize: size,
      zero: zero, hasGroups: index != nil, path: packed.path)
    return ValueNode(.f32, [lines, width], .computed(step, nodes))
  }

  /// The width that fills the words; the one that the file says where several do.
  private static func bits(_ words: Int, _ width: Int, _ said: Int) -> Int? {
    ([said] + [4, 8, 2, 3, 5, 6]).first { bits in
      width > 0 && width < 1 << 40 && (width * bits + 31) / 32 == words
    }
  }

  /// The shape that a tensor of two numbers says.
  private static func whole(_ part: Part, _ steps: ComputedSteps) throws(StepError) -> [Int]? {
    let size = part.node.dtype.bytesPerBlock
    guard let bytes = steps.smallBytes(part), part.node.dtype.kind == .integer,
      bytes.count == 2 * size
    else { return nil }
    let shape = [bytes[..<size], bytes[size...]].map { bytes in
      bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    guard shape.allSatisfy({ $0 > 0 && $0 < 1 << 40 }) else {
      throw StepError(found: "the shape \(shape) in weight_shape", expected: "two sizes")
    }
    return shape.map { Int($0) }
  }
}
