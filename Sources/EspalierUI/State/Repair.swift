import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// What rules have made of a source: where each leaf of its new tree comes from.
///
/// Made once in the background. Two values are equal when they are the same object.
public final class Repair: Sendable, Equatable {
  /// Tells the source that was made by these rules from others.
  public let number: Int
  /// In the order in which they apply, as a rules file has them.
  public let rules: [Rule]
  /// The source as it is in its file.
  public let original: OpenFile
  /// Arrays of the file that rules leave out; they stand nowhere in the tree.
  public let dropped: Int
  private let origins: [LeafOrigin?]
  private let renamed: RowBits

  /// Where a leaf comes from.
  public struct LeafOrigin: Equatable, Sendable {
    /// Leaves of the file, in the order in which the operation takes them.
    public var sources: [LeafID]
    public var operation: Operation
    /// The rule that is for this leaf, nil where the name leads to it.
    public var rule: Int?

    public init(sources: [LeafID], operation: Operation, rule: Int?) {
      self.sources = sources
      self.operation = operation
      self.rule = rule
    }

    /// Whether values are as in the file.
    public var keepsValues: Bool { operation.keepsValues }
  }

  /// - Parameters:
  ///   - tree: the tree that the rules made.
  ///   - origins: for each of its leaves.
  ///   - dropped: how many arrays of the file rules leave out.
  public init(
    number: Int, rules: [Rule], original: OpenFile, tree: Tree, root: NodeID,
    origins: [LeafOrigin?], dropped: Int = 0
  ) {
    self.number = number
    self.rules = rules
    self.original = original
    self.dropped = dropped
    self.origins = origins
    var renamed = RowBits(universe: origins.count)
    for (index, origin) in origins.enumerated() {
      guard let origin else { continue }
      let leaf = LeafID(Int32(truncatingIfNeeded: index))
      let isChanged =
        origin.rule != nil || !origin.operation.keepsValues
        || tree.path(of: tree.node(of: leaf), below: root).flatName
          != origin.sources.first.map {
            original.tree.path(of: original.tree.node(of: $0), below: original.rootNode).flatName
          }
      if isChanged { renamed.insert(index) }
    }
    self.renamed = renamed
  }

  public static func == (a: Repair, b: Repair) -> Bool { a === b }

  public func origin(of leaf: LeafID) -> LeafOrigin? {
    origins.indices.contains(leaf.index) ? origins[leaf.index] : nil
  }

  /// Whether a leaf has another name, place or form than in the file.
  func isChanged(_ leaf: LeafID) -> Bool {
    origins.indices.contains(leaf.index) && renamed.contains(leaf.index)
  }
}

/// A source to be read through rules, off the main thread.
public struct RepairRequest: Equatable, Sendable {
  /// Later requests have larger numbers; an answer to an old one is dropped.
  public var number: Int
  public var rules: RepairRules
  /// Left out by hand: rules only when they are written to a file.
  public var skipped: [TreePath]
  public var destination: OpenFile
  public var source: OpenFile
}

extension OpenFile {
  /// The name by which rules know a node.
  func ruleName(of node: NodeID) -> [UInt8] {
    tree.path(of: node, below: nameRoot).flatName.bytes
  }

  /// Names of the containers between where rules and where rows begin.
  var entered: [Name] {
    tree.path(of: rootNode, below: nameRoot).segments.map(\.name)
  }

  /// A shape as rules speak of it, the slowest dimension first.
  func logicalShape(_ shape: Shape) -> [Int] {
    reversesShapes ? shape.dimensions.reversed() : shape.dimensions
  }
}

/// A source as rules have made it, and what the user had decided for it.
struct RepairedFile: Equatable, Sendable {
  var rules: RepairRules
  var file: OpenFile
}

/// Two files whose causes are to be found, off the main thread.
public struct DiagnosisRequest: Equatable, Sendable {
  /// An answer about files that have been replaced since is dropped.
  public var pair: Int
  public var destination: OpenFile
  public var source: OpenFile
  /// What the load takes of both sides.
  public var selection = PathSelection()
}
