import EspalierTree

/// Integers packed into 32-bit words along the input (GPTQ) or the output (AWQ); gives (in, out).
struct PackedInputs: Computation {
  let inputs: Int
  let outputs: Int
  let run: BitRun
  let groupCount: Int
  let zeroOffset: Int
  let hasZeros: Bool
  let hasGroups: Bool
  /// AWQ: a word holds outputs of one input, in an order of its own.
  let isInterleaved: Bool
  /// The packed tensor's name.
  let path: TreePath

  /// Where each output stands in its word.
  private static let places = [0, 4, 1, 5, 2, 6, 3, 7]

  /// As (out, in).
  func turned(_ parts: [Part?]) throws(StepError) -> ValueNode {
    let whole = ValueNode(.f32, [inputs, outputs], .computed(self, parts.compactMap { $0?.node }))
    return try whole.transposed()
  }

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let words = try WordStream(parts[0], context)
    let scales = try FloatStream.all(parts[1], context)
    let zeros = hasZeros ? unpackedZeros(try Words.all(parts[2], context)) : nil
    let groups = try group(parts, context)
    // Without zeros the middle of the range is zero.
    let middle = Float(1 << (run.bits - 1))
    let inputsAtOnce = isInterleaved ? 1 : run.count
    let wordsAtOnce = isInterleaved ? outputs / 8 : run.words * outputs
    var row = 0
    var held: [UInt32] = []
    return ComputedReader { [self] in
      guard row < inputs else { return [] }
      if row % inputsAtOnce == 0 { held = try words.next(wordsAtOnce) }
      let group = groups[row]
      guard group < groupCount else {
        throw NoValues(
          path,
          reason: "found group \(group) in g_idx at input \(row), expected one below \(groupCount)")
      }
      var values = [Float](repeating: 0, count: outputs)
      for output in 0..<outputs {
        let packed =
          isInterleaved
          ? run.value(held, Self.places[output % 8], start: output / 8)
          : run.value(held, row % inputsAtOnce, start: output, stride: outputs)
        let at = group * outputs + output
        values[output] = (Float(packed) - (zeros?[at] ?? middle)) * scales[at]
      }
      row += 1
      return values
    }
  }

  private func group(_ parts: [ValueNode], _ context: ReadContext) throws -> [Int] {
    guard hasGroups, let node = parts.last else {
      let size = max(1, inputs / groupCount)
      return (0..<inputs).map { $0 / size }
    }
    return try Words.all(node, context).map { Int($0) }
  }

  /// Packed along the output, a row for each group.
  private func unpackedZeros(_ words: [UInt32]) -> [Float] {
    let perRow = words.count / groupCount
    var zeros = [Float](repeating: 0, count: groupCount * outputs)
    for group in 0..<groupCount {
      for output in 0..<outputs {
        let place = isInterleaved ? output / 8 * 8 + Self.places[output % 8] : output
        zeros[group * outputs + output] =
          Float(run.value(words, place, start: group * perRow)) + Float(zeroOffset)
      }
    }
    return zeros
  }
}
