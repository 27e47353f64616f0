/// Along which axis parts add up, both sides seen as (rows, columns).
struct FusedAxis {
  /// Rows of each part.
  var rows: [Int]
  /// Whole and parts are the other way round.
  var swapped: Bool
  /// Parts lie along the columns of the whole, and the whole is not swapped against them.
  var alongColumns: Bool
  /// Each part is one position on the whole's first axis.
  var isStack = false

  static func find(_ whole: [Int], _ parts: [[Int]]) -> FusedAxis? {
    guard let first = parts.first, !parts.contains([]) else { return nil }
    if whole.count == first.count + 1, whole[0] == parts.count,
      parts.allSatisfy({ $0 == Array(whole.dropFirst()) })
    {
      return FusedAxis(
        rows: parts.map { _ in 1 }, swapped: false, alongColumns: false, isStack: true)
    }
    guard whole.count == 1 || parts.allSatisfy({ $0.count == whole.count }) else { return nil }
    if whole.count == 1 {
      let rows = parts.map(elementCount)
      return sum(rows) == whole[0]
        ? FusedAxis(rows: rows, swapped: false, alongColumns: false) : nil
    }
    guard whole.count == 2 else { return nil }
    let rows = parts.map { $0[0] }
    let columns = parts.map { $0[1] }
    if columns.allSatisfy({ $0 == first[1] }) {
      if whole[1] == first[1], sum(rows) == whole[0] {
        return FusedAxis(rows: rows, swapped: false, alongColumns: false)
      }
      if whole[0] == first[1], sum(rows) == whole[1] {
        return FusedAxis(rows: rows, swapped: true, alongColumns: false)
      }
    }
    if rows.allSatisfy({ $0 == first[0] }) {
      if whole[0] == first[0], sum(columns) == whole[1] {
        return FusedAxis(rows: columns, swapped: false, alongColumns: true)
      }
      if whole[1] == first[0], sum(columns) == whole[0] {
        return FusedAxis(rows: columns, swapped: true, alongColumns: true)
      }
    }
    return nil
  }

  private static func sum(_ values: [Int]) -> Int { values.reduce(0, saturatingSum) }

  /// Heads split out as an axis are put back: (in, heads, size) is (in, out), (heads, size) is (out).
  static func matrix(_ shape: [Int]) -> [Int] {
    let plain = squeeze(shape)
    if plain.count == 3 {
      return [plain[0], Bounds.clamp(elementCount(Array(plain.dropFirst())))]
    }
    return plain
  }
}
