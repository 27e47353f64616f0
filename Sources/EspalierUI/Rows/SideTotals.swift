import EspalierTree

/// Arrays, elements and bytes of one side of some rows. Arrays that are tied count their memory
/// once.
public struct SideTotals: Equatable, Sendable {
  public var arrays = 0
  public var parameters = 0
  public var bytes = 0
}

/// Answers for any range of rows what one side holds there.
///
/// Sums are kept for blocks of rows; the rows at the ends of a range are looked at one by one. So a
/// question costs at most two blocks and the whole takes half a byte a row.
struct RowSums: Sendable {
  private static let block = 64
  private let arrays: RowSet
  private let parameters: ContiguousArray<Int>
  private let bytes: ContiguousArray<Int>
  private let measure: LeafMeasure

  init(_ alignment: Alignment, _ side: Side) {
    let measure = LeafMeasure(side == .destination ? alignment.destination : alignment.source)
    var parameters = ContiguousArray<Int>([0])
    var bytes = ContiguousArray<Int>([0])
    var arrays = RowBits(universe: alignment.count)
    var total = SideTotals()
    for row in 0..<alignment.count {
      if let leaf = alignment.leaf(row, side), measure.tree.kind(of: leaf) == .array {
        arrays.insert(row)
        measure.add(leaf, to: &total)
      }
      if row % Self.block == Self.block - 1 {
        parameters.append(total.parameters)
        bytes.append(total.bytes)
      }
    }
    self.measure = measure
    self.arrays = RowSet(arrays)
    self.parameters = parameters
    self.bytes = bytes
  }

  /// What a side holds in a range of rows of the alignment that the sums were made for.
  func totals(in rows: Range<Int>, _ alignment: Alignment, _ side: Side) -> SideTotals {
    var total = SideTotals()
    total.arrays = arrays.count(in: rows)
    if total.arrays == 0 { return total }
    let high = before(rows.upperBound, alignment, side)
    let low = before(rows.lowerBound, alignment, side)
    total.parameters = high.parameters &- low.parameters
    total.bytes = high.bytes &- low.bytes
    return total
  }

  private func before(_ row: Int, _ alignment: Alignment, _ side: Side) -> SideTotals {
    let block = row / Self.block
    var total = SideTotals(parameters: parameters[block], bytes: bytes[block])
    arrays.bits.forEach(in: block * Self.block..<row) { row in
      if let leaf = alignment.leaf(row, side) { measure.add(leaf, to: &total) }
      return row + 1
    }
    return total
  }
}

/// Element counts of a tree's shapes, worked out once.
private struct LeafMeasure: Sendable {
  let tree: Tree
  private let elements: ContiguousArray<Int>
  private let hasTies: Bool

  init(_ tree: Tree) {
    self.tree = tree
    hasTies = !tree.tiedGroups.isEmpty
    elements = ContiguousArray(
      (0..<tree.shapeCount).map { tree.shape(number: $0).elementCount ?? 0 })
  }

  /// Adds an array's memory. Sums wrap rather than trap: a lying file may claim anything.
  func add(_ leaf: LeafID, to total: inout SideTotals) {
    if hasTies, let tie = tree.tie(of: leaf), tree.tiedGroups[tie].leaves.first != leaf { return }
    let count = elements[tree.shapeNumber(of: leaf)]
    total.parameters &+= count
    total.bytes &+= tree.dtype(of: leaf).byteCount(elements: count) ?? 0
  }
}
