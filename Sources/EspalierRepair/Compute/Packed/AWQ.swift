import EspalierTree

/// AWQ with 4 bits: its version “gemm” packs along the output in an order of its own, (in, out / 8);
/// “gemv” along the input, (out, in / 8), with a row of scales and zeros for each output that is
/// filled up to whole words.
enum AWQ {
  static func node(_ parts: PackedParts) throws(StepError) -> ValueNode? {
    guard let packed = parts["qweight"], let scales = parts["scales"], packed.shape.count == 2,
      scales.shape.count == 2
    else { return nil }
    let zeros = parts["qzeros"]
    if packed.node.dtype.bytesPerBlock != 4 {
      throw PackedParts.unsupported("AWQ in its version “gemv_fast”, in words of 16 bits")
    }
    if scales.shape[1] > 0, packed.shape[1] == scales.shape[1] * 2 {
      throw PackedParts.unsupported("a weight in the tiles of the Marlin kernel")
    }
    if let zeros, packed.shape[0] == scales.shape[0],
      zeros.shape == [scales.shape[0], scales.shape[1] / 8]
    {
      return try rows(packed, scales, zeros, parts)
    }
    let (inputs, outputs) = (packed.shape[0], scales.shape[1])
    guard let run = BitRun(bits: 4), packed.shape[1] * 8 == outputs, scales.shape[0] > 0,
      inputs % scales.shape[0] == 0,
      zeros.map({ $0.shape == [scales.shape[0], packed.shape[1]] }) ?? true
    else { throw PackedParts.unsupported("AWQ of another width than 4 bits") }
    return try PackedInputs(
      inputs: inputs, outputs: outputs, run: run, groupCount: scales.shape[0], zeroOffset: 0,
      hasZeros: zeros != nil, hasGroups: false, isInterleaved: true, path: packed.path
    ).turned([packed, scales, zeros])
  }

  private static func rows(
    _ packed: Part, _ scales: Part, _ zeros: Part, _ parts: PackedParts
  ) throws(StepError) -> ValueNode {
    let (lines, words) = (packed.shape[0], packed.shape[1])
    let width = words * 8
    let said = parts.steps.source.number(["group_size", "q_group_size"])
    guard let run = BitRun(bits: 4), lines > 0,
      let size = ([said].compactMap { $0 } + [128, 64, 32]).first(where: { size in
        width % size == 0 && filled(width / size, size) == scales.shape[1]
      })
    else {
      throw StepError(
        found: "qweight \(Shape(packed.shape)) with scales \(Shape(scales.shape))",
        expected: "a row of scales for groups of 32, 64, 128 or of the size that the file says")
    }
    let step = PackedRows(
      lines: lines, words: words, run: run, width: width, groups: scales.shape[1],
      groupSize: size, zero: .row(words: zeros.shape[1]))
    return ValueNode(
      .f32, [lines, width], .computed(step, [packed.node, scales.node, zeros.node]))
  }

  /// Scales of a row with what it is filled up with: whole words, by twos or fours for small groups.
  private static func filled(_ groups: Int, _ size: Int) -> Int {
    let step = 8 * (size >= 128 ? 1 : size == 64 ? 2 : 4)
    return (groups + step - 1) / step * step
  }
}
