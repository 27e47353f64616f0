import EspalierTree

extension Alignment {
  /// What the producers of the two sides mark as beside the weights, whole subtrees; but for those
  /// in which one of `issues` is, which nobody should miss.
  func trainingState(except issues: RowSet) -> RowBits {
    var found = RowBits(universe: count)
    var row = 1
    while row < count {
      let isMarked = Side.allCases.contains { side in
        node(row, side).map { tree(side).isHidden($0) } ?? false
      }
      let rows = row..<end(of: row)
      if isMarked, issues.count(in: rows) == 0 {
        found.insert(rows)
        row = rows.upperBound
      } else {
        row += 1
      }
    }
    return found
  }
}
