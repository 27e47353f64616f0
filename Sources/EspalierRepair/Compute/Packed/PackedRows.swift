import EspalierTree

/// Integers packed into 32-bit words along each row, with scales for groups of its elements.
///
/// Inputs: the words, the scales, what ``Zero`` needs, and the groups where they are named.
struct PackedRows: Computation {
  let lines: Int
  let words: Int
  let run: BitRun
  /// Elements of a row; the last word may have room for more.
  let width: Int
  /// Scales of a row; there may be more than groups.
  let groups: Int
  let groupSize: Int
  let zero: Zero
  var hasGroups = false
  /// The packed tensor's name.
  var path = TreePath([])

  /// Where the number lies that means zero.
  enum Zero: Sendable {
    /// In the middle of the range.
    case middle
    /// At 0, and the result is shifted by a float for each group.
    case shift
    /// Packed along a row of so many words, beside the row of weights.
    case row(words: Int)
    /// Packed along the rows: a column for each group.
    case column
  }

  /// The width in which so many words hold the elements of a shape.
  static func bits(_ words: Int, for shape: [Int]) -> Int? {
    guard let count = Shape(shape).elementCount, count > 0 else { return nil }
    let bits = words * 32 / count
    return words * 32 == count * bits && BitRun(bits: bits) != nil ? bits : nil
  }

  func open(_ parts: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    let packed = try WordStream(parts[0], context)
    let scales = try FloatStream(parts[1], context)
    let zeros = try zeros(parts, context)
    let group = try group(parts, context)
    var line = 0
    return ComputedReader { [self] in
      guard line < lines else { return [] }
      let row = try packed.next(words)
      let scale = try scales.next(groups)
      let (middle, shift) = try zeros(line)
      line += 1
      var values = [Float](repeating: 0, count: width)
      for column in 0..<width {
        let at = group?[column] ?? column / groupSize
        values[column] = (Float(run.value(row, column)) - middle[at]) * scale[at] + shift[at]
      }
      return values
    }
  }

  /// For a line, what is taken from its elements before they are scaled, and what is added after.
  private func zeros(
    _ parts: [ValueNode], _ context: ReadContext
  ) throws -> (Int) throws -> (middle: [Float], shift: [Float]) {
    let none = [Float](repeating: 0, count: groups)
    switch zero {
    case .middle:
      let middle = [Float](repeating: Float(1 << (run.bits - 1)), count: groups)
      return { _ in (middle, none) }
    case .shift:
      let shifts = try FloatStream(parts[2], context)
      return { [groups] _ in (none, try shifts.next(groups)) }
    case .row(let words):
      let zeros = try WordStream(parts[2], context)
      return { [groups, run] _ in
        let row = try zeros.next(words)
        return ((0..<groups).map { Float(run.value(row, $0)) }, none)
      }
    case .column:
      let zeros = try Words.all(parts[2], context)
      return { [groups, run] line in
        ((0..<groups).map { Float(run.value(zeros, line, start: $0, stride: groups)) }, none)
      }
    }
  }

  /// The group of each column, where it is named.
  private func group(_ parts: [ValueNode], _ context: ReadContext) throws -> [Int]? {
    guard hasGroups, let node = parts.last else { return nil }
    let named = try Words.all(node, context).map { Int($0) }
    if let odd = named.firstIndex(where: { $0 >= groups }) {
      throw NoValues(
        path,
        reason: "found group \(named[odd]) at column \(odd), expected one below \(groups)")
    }
    return named
  }
}
