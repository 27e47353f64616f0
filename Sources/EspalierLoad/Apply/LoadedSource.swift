import EspalierTree

/// The result of a plan: the destination's tree with the values that the plan gives it.
public struct LoadedSource: TensorSource {
  public let plan: LoadPlan
  let destination: any TensorSource
  let source: any TensorSource
  private let sourceLeaves: [LeafID: LeafID]
  private let zeros: Set<LeafID>

  public var tree: Tree { destination.tree }

  public init(
    _ plan: LoadPlan, destination: any TensorSource, source: any TensorSource
  ) throws {
    if let reason = plan.refusal { throw LoadRefused(plan: plan, reason: reason) }
    self.plan = plan
    self.destination = destination
    self.source = source
    var leaves: [LeafID: LeafID] = [:]
    var zeros: Set<LeafID> = []
    for row in 0..<plan.alignment.count {
      guard let leaf = plan.alignment.destinationLeaf(row) else { continue }
      switch plan.verdict(at: row) {
      case .load, .convert: leaves[leaf] = plan.alignment.sourceLeaf(row)
      case .zeroFill: zeros.insert(leaf)
      default: break
      }
    }
    sourceLeaves = leaves
    self.zeros = zeros
  }

  public func hasValues(_ leaf: LeafID) -> Bool {
    sourceLeaves[leaf] != nil || zeros.contains(leaf) || destination.hasValues(leaf)
  }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    if let from = sourceLeaves[leaf] { return try source.reader(for: from) }
    if zeros.contains(leaf) { return ZeroReader(byteCount: tree.byteCount(of: leaf)) }
    return try destination.reader(for: leaf)
  }
}
