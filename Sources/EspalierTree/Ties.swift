/// Leaves whose arrays share memory: one storage under several paths.
public struct TiedGroup: Hashable, Sendable {
  /// The members, in walk order; at least two.
  public let leaves: [LeafID]
}

extension Tree {
  /// All groups of tied leaves, in walk order of their first members.
  public var tiedGroups: [TiedGroup] { storage.ties.groups }

  /// The number of the group that a leaf belongs to, nil when its memory is its own.
  public func tie(of leaf: LeafID) -> Int? {
    storage.ties.groupOfLeaf[leaf.raw].map { Int($0) }
  }

  /// Whether two leaves are one array: same storage, shape, element type and layout. Tied leaves
  /// that are not are views of one storage.
  public func isSameArray(_ a: LeafID, _ b: LeafID) -> Bool {
    if a == b { return true }
    guard let x = array(a), let y = array(b), x.storage != nil, x.storage == y.storage else {
      return false
    }
    return x.dtype == y.dtype && x.shape == y.shape
      && x.layout.offset() == y.layout.offset()
      && x.layout.strides(for: x.shape) == y.layout.strides(for: y.shape)
  }
}

/// Which leaves of a tree share memory, found once when the tree is built.
struct TieTable: Sendable {
  private(set) var groups: [TiedGroup] = []
  private(set) var groupOfLeaf: [Int32: Int32] = [:]

  init(
    leaves: ContiguousArray<Tree.LeafRecord>, shapes: ShapeInterner, layouts: [Layout]
  ) {
    var found: [[View]] = []
    for run in Self.sharing(leaves) {
      let views = run.map { View($0, leaves[$0], shapes, layouts) }.filter { !$0.bytes.isEmpty }
      found += Self.overlapping(views).filter { $0.count > 1 }
    }
    for group in found {
      groups.append(
        TiedGroup(leaves: group.sorted { $0.node < $1.node }.map { LeafID($0.leaf) }))
    }
    groups.sort { leaves[$0.leaves[0].index].node < leaves[$1.leaves[0].index].node }
    for (number, group) in groups.enumerated() {
      for leaf in group.leaves { groupOfLeaf[leaf.raw] = Int32(number) }
    }
  }

  /// Indices of leaves that have their storage with others, by storage. Most have their own.
  private static func sharing(_ leaves: ContiguousArray<Tree.LeafRecord>) -> [[Int]] {
    var stored = ContiguousArray<(storage: Int32, index: Int)>()
    for (index, record) in leaves.enumerated() where record.kind == .array && record.storage >= 0 {
      stored.append((record.storage, index))
    }
    if !zip(stored, stored.dropFirst()).allSatisfy({ $0.storage <= $1.storage }) {
      stored.sort { ($0.storage, $0.index) < ($1.storage, $1.index) }
    }
    var runs: [[Int]] = []
    var start = 0
    for end in 1..<max(1, stored.count + 1)
    where end == stored.count || stored[end].storage != stored[start].storage {
      if end - start > 1 { runs.append(stored[start..<end].map(\.index)) }
      start = end
    }
    return runs
  }

  /// Divides the views of one storage into sets that overlap, by a sweep over their byte ranges.
  ///
  /// Slices that lie side by side share a storage but no element: they are not tied.
  private static func overlapping(_ views: [View]) -> [[View]] {
    var open: [[View]] = []
    var closed: [[View]] = []
    for view in views.sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound }) {
      var joined: [View] = [view]
      var rest: [[View]] = []
      for group in open {
        if group.allSatisfy({ $0.bytes.upperBound <= view.bytes.lowerBound }) {
          closed.append(group)
        } else if group.contains(where: { $0.overlaps(view) }) {
          joined = group + joined
        } else {
          rest.append(group)
        }
      }
      open = rest + [joined]
    }
    return closed + open
  }

  /// One leaf's part of a storage.
  private struct View {
    let leaf: Int32
    let node: Int32
    let bytes: Range<Int>
    let shape: [Int]
    let strides: [Int]
    let offset: Int
    let itemSize: Int
    let count: Int

    init(
      _ index: Int, _ record: Tree.LeafRecord, _ shapes: ShapeInterner, _ layouts: [Layout]
    ) {
      let number = Int(record.shape)
      let start = number == 0 ? 0 : Int(shapes.ends[number - 1])
      let shape = Shape(shapes.dimensions[start..<Int(shapes.ends[number])])
      let layout: Layout =
        switch record.layoutKind {
        case 0: .contiguous(.row)
        case 1: .contiguous(.column)
        default: layouts[Int(record.extra)]
        }
      leaf = Int32(index)
      node = record.node
      itemSize = record.dtype.bytesPerBlock
      count = shape.elementCount ?? 0
      self.shape = shape.dimensions
      strides = layout.strides(for: shape)
      offset = layout.offset()
      let elements = layout.footprint(of: shape) ?? 0..<0
      let low = elements.lowerBound.multipliedReportingOverflow(by: itemSize)
      let high = elements.upperBound.multipliedReportingOverflow(by: itemSize)
      bytes =
        low.overflow || high.overflow || elements.isEmpty
        ? 0..<0 : low.partialValue..<high.partialValue
    }

    private var isDense: Bool { bytes.count == count * itemSize }

    func overlaps(_ other: View) -> Bool {
      guard bytes.overlaps(other.bytes) else { return false }
      if isDense && other.isDense { return true }
      // Interleaved views (columns of one matrix) are told apart element by element; past this
      // size they count as overlapping, which never loses a tie.
      let limit = 1 << 16
      guard count <= limit, other.count <= limit, itemSize == other.itemSize else { return true }
      let mine = Set(elementOffsets())
      return other.elementOffsets().contains { mine.contains($0) }
    }

    private func elementOffsets() -> [Int] {
      var offsets = [offset]
      for (dimension, stride) in zip(shape, strides) {
        offsets = offsets.flatMap { base in (0..<dimension).map { base + $0 * stride } }
      }
      return offsets
    }
  }
}
