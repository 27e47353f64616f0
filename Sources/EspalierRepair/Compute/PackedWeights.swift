import EspalierTree

/// Integers packed into 32-bit words along the input (GPTQ) or the output (AWQ); gives (in, out).
struct PackedInputs: Computation {
  let inputs: Int
  let outputs: Int
  let bits: Int
  let groupCount: Int
  let zeroOffset: Int
  let hasZeros: Bool
  let hasGroups: Bool
  /// AWQ: a word holds outputs of one input, in an order of its own.
  let isInterleaved: Bool
  /// The packed tensor's name.
  let path: TreePath

  private static let order = [0, 2, 4, 6, 1, 3, 5, 7]

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let words = try WordStream(parts[0], context)
    let scales = try FloatStream.all(parts[1], context)
    let zeros = hasZeros ? unpackedZeros(try Words.all(parts[2], context)) : nil
    let groups = try group(parts, context)
    // Without zeros the middle of the range is zero.
    let middle = Float(1 << (bits - 1))
    var row = 0
    var held: [UInt32] = []
    let perWord = isInterleaved ? 1 : 32 / bits
    return ComputedReader { [self] in
      guard row < inputs else { return [] }
      if row % perWord == 0 { held = try words.next(isInterleaved ? outputs / 8 : outputs) }
      let group = groups[row]
      guard group < groupCount else {
        throw NoValues(
          path,
          reason: "found group \(group) in g_idx at input \(row), expected one below \(groupCount)")
      }
      var values = [Float](repeating: 0, count: outputs)
      let mask = UInt32(1) << UInt32(bits) - 1
      for output in 0..<outputs {
        let packed: UInt32
        if isInterleaved {
          let place = Self.order.firstIndex(of: output % 8) ?? 0
          packed = held[output / 8] >> UInt32(place * 4)
        } else {
          packed = held[output] >> UInt32(row % perWord * bits)
        }
        let at = group * outputs + output
        values[output] = (Float(packed & mask) - (zeros?[at] ?? middle)) * scales[at]
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

  private func unpackedZeros(_ words: [UInt32]) -> [Float] {
    let perWord = 32 / bits
    let mask = UInt32(1) << UInt32(bits) - 1
    var zeros = [Float](repeating: 0, count: words.count * perWord)
    for (index, word) in words.enumerated() {
      for place in 0..<perWord {
        let output = isInterleaved ? Self.order[place] : place
        zeros[index * perWord + output] =
          Float((word >> UInt32(place * bits)) & mask) + Float(zeroOffset)
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
  let bits: Int
  let groups: Int
  /// The middle of the range is zero.
  let isCentred: Bool

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let packed = try WordStream(parts[0], context)
    let scales = try FloatStream(parts[1], context)
    let shifts = parts.count > 2 ? try FloatStream(parts[2], context) : nil
    let perWord = 32 / bits
    let width = words * perWord
    let groupSize = width / groups
    let middle: Float = isCentred ? Float(1 << (bits - 1)) : 0
    let mask = UInt32(1) << UInt32(bits) - 1
    var line = 0
    return ComputedReader { [self] in
      guard line < lines else { return [] }
      line += 1
      let row = try packed.next(words)
      let scale = try scales.next(groups)
      let shift = try shifts?.next(groups)
      var values = [Float](repeating: 0, count: width)
      for column in 0..<width {
        let value = (row[column / perWord] >> UInt32(column % perWord * bits)) & mask
        let group = column / groupSize
        values[column] = (Float(value) - middle) * scale[group] + (shift?[group] ?? 0)
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
}
