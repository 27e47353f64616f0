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

/// Integers packed into 32-bit words along each row, with a scale and perhaps a shift for each group
/// (MLX, compressed-tensors).
struct PackedRows: Computation {
  let lines: Int
  let words: Int
  let run: BitRun
  let groups: Int
  /// The middle of the range is zero.
  let isCentred: Bool

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let packed = try WordStream(parts[0], context)
    let scales = try FloatStream(parts[1], context)
    let shifts = parts.count > 2 ? try FloatStream(parts[2], context) : nil
    let width = run.count(in: words) ?? 0
    let groupSize = max(1, width / groups)
    let middle: Float = isCentred ? Float(1 << (run.bits - 1)) : 0
    var line = 0
    return ComputedReader { [self] in
      guard line < lines else { return [] }
      line += 1
      let row = try packed.next(words)
      let scale = try scales.next(groups)
      let shift = try shifts?.next(groups)
      var values = [Float](repeating: 0, count: width)
      for column in 0..<width {
        let group = column / groupSize
        values[column] =
          (Float(run.value(row, column)) - middle) * scale[group] + (shift?[group] ?? 0)
      }
      return values
    }
  }
}

/// 8-bit values with one scale for each block of a grid: the whole, each row, squares.
struct ScaledGrid: Computation {
  let columns: Int
  let block: (rows: Int, columns: Int)
  let gridColumns: Int
  let divisor: Float

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let stream = try FloatStream(parts[0], context)
    let scales = try FloatStream.all(parts[1], context)
    var row = 0
    return ComputedReader { [self] in
      guard stream.left > 0 else { return [] }
      var values = try stream.next(columns)
      let line = row / block.rows * gridColumns
      for column in values.indices {
        values[column] = values[column] * scales[line + column / block.columns] / divisor
      }
      row += 1
      return values
    }
  }

  /// The side of the blocks that a grid of `count` cuts an axis of `size` into. Writers use powers of
  /// two and let the last block be short; others divide the axis evenly.
  static func side(_ size: Int, _ count: Int) -> Int? {
    guard count > 0, size > 0 else { return nil }
    if count == 1 { return size }
    var power = 1
    while power < size, (size + power - 1) / power > count { power *= 2 }
    if (size + power - 1) / power == count { return power }
    return size % count == 0 ? size / count : nil
  }
}
