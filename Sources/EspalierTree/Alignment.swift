/// Two trees side by side: one row for each pair of nodes with the same key path.
///
/// Rows stand in walk order of the merged tree, so that everything below a row is one range of
/// rows. Children are paired by name (joints do not count: `layers.0` in a dotted name meets a
/// container `layers` with an entry `0`).
public struct Alignment: Sendable {
  /// The side of a row that has nothing there.
  public static let absent = Int32(-1)

  struct Row: Sendable {
    var destination: Int32
    var source: Int32
    var end: Int32
    var parent: Int32
  }

  final class Storage: Sendable {
    let rows: ContiguousArray<Row>
    let leftOut: LeftOut
    init(_ rows: ContiguousArray<Row>, leftOut: LeftOut = LeftOut()) {
      self.rows = rows
      self.leftOut = leftOut
    }
  }

  /// What a filter has left out, in walk order: each node stands for everything below it.
  public struct LeftOut: Sendable, Hashable {
    /// Nodes of the destination.
    public var destination: [NodeID] = []
    /// Nodes of the source.
    public var source: [NodeID] = []

    /// Nothing left out.
    public init() {}
  }

  /// The tree on the left: the one that is loaded into.
  public let destination: Tree
  /// The tree on the right: the one that is loaded from.
  public let source: Tree
  /// The nodes that row 0 pairs.
  public let destinationRoot: NodeID
  /// The source's node in row 0.
  public let sourceRoot: NodeID
  let storage: Storage

  /// Rows in all, row 0 among them.
  public var count: Int { storage.rows.count }

  /// What the filter has left out on both sides; nothing without one.
  public var leftOut: LeftOut { storage.leftOut }

  /// The destination's node in a row, nil where it has none.
  @inline(__always) public func destinationNode(_ row: Int) -> NodeID? {
    let raw = storage.rows[row].destination
    return raw < 0 ? nil : NodeID(raw)
  }
  /// The source's node in a row, nil where it has none.
  @inline(__always) public func sourceNode(_ row: Int) -> NodeID? {
    let raw = storage.rows[row].source
    return raw < 0 ? nil : NodeID(raw)
  }
  /// The destination's leaf in a row, nil for branches too.
  @inline(__always) public func destinationLeaf(_ row: Int) -> LeafID? {
    destinationNode(row).flatMap { destination.leaf(at: $0) }
  }
  /// The source's leaf in a row, nil for branches too.
  @inline(__always) public func sourceLeaf(_ row: Int) -> LeafID? {
    sourceNode(row).flatMap { source.leaf(at: $0) }
  }
  /// The first row after everything below `row`.
  @inline(__always) public func end(of row: Int) -> Int { Int(storage.rows[row].end) }
  /// The row above, nil for row 0.
  @inline(__always) public func parent(of row: Int) -> Int? {
    let parent = storage.rows[row].parent
    return parent < 0 ? nil : Int(parent)
  }
  /// Whether rows stand below a row.
  @inline(__always) public func hasChildren(_ row: Int) -> Bool { end(of: row) > row + 1 }

  /// Rows above a row: 0 for row 0.
  public func depth(of row: Int) -> Int {
    var depth = 0
    var at = row
    while let parent = parent(of: at) {
      depth += 1
      at = parent
    }
    return depth
  }

  /// Whether two values are the same alignment, without looking at rows.
  public func isIdentical(to other: Alignment) -> Bool { storage === other.storage }

  /// Aligns everything below two nodes.
  ///
  /// - Parameter filter: keeps a node and what is below it; asked for every node but the roots,
  ///   on both sides, before names are compared. Positional children are then matched by the
  ///   position that remains. Paths of patterns begin at the two roots.
  public init(
    _ destination: Tree, _ source: Tree, destinationRoot: NodeID = .root,
    sourceRoot: NodeID = .root, filter: TreeFilter? = nil
  ) {
    self.destination = destination
    self.source = source
    self.destinationRoot = destinationRoot
    self.sourceRoot = sourceRoot
    var aligner = Aligner(
      destination, source, keepsDestination: filter?.prepare(destination, destinationRoot),
      keepsSource: filter?.prepare(source, sourceRoot))
    let rows = aligner.run(destinationRoot, sourceRoot)
    var leftOut = aligner.leftOut
    leftOut.destination.sort { $0.index < $1.index }
    leftOut.source.sort { $0.index < $1.index }
    storage = Storage(rows, leftOut: leftOut)
  }
}

extension Alignment {
  /// Pairs nodes one by one: row 0 pairs the roots, each further row one of the pairs. No row has
  /// rows below it but row 0.
  public init(
    _ destination: Tree, _ source: Tree, destinationRoot: NodeID = .root,
    sourceRoot: NodeID = .root, pairs: [(destination: NodeID?, source: NodeID?)],
    leftOut: LeftOut = LeftOut()
  ) {
    self.destination = destination
    self.source = source
    self.destinationRoot = destinationRoot
    self.sourceRoot = sourceRoot
    var rows = ContiguousArray<Row>()
    rows.reserveCapacity(pairs.count + 1)
    rows.append(
      Row(
        destination: destinationRoot.raw, source: sourceRoot.raw,
        end: Int32(truncatingIfNeeded: pairs.count + 1), parent: -1))
    for pair in pairs {
      rows.append(
        Row(
          destination: pair.destination?.raw ?? Self.absent,
          source: pair.source?.raw ?? Self.absent,
          end: Int32(truncatingIfNeeded: rows.count + 1), parent: 0))
    }
    storage = Storage(rows, leftOut: leftOut)
  }
}
