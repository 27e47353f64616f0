import EspalierTree

/// What a load did, or would do: the same for files, Swift models and the interface.
public struct LoadReport: Sendable {
  /// The plan that was, or would be, applied.
  public let plan: LoadPlan
  /// Whether the plan was applied; false for a preview and for a refused load.
  public let applied: Bool
  /// What conversions lost, by destination leaf; empty for a preview.
  public let losses: [LeafID: ConversionLoss]

  /// A report of a plan that need not have been applied.
  public init(_ plan: LoadPlan, applied: Bool = false, losses: [LeafID: ConversionLoss] = [:]) {
    self.plan = plan
    self.applied = applied
    self.losses = losses
  }

  /// The report of a load whose values have been read to the end.
  public init(applied source: LoadedSource) {
    self.init(source.plan, applied: true, losses: source.losses)
  }

  // MARK: Lists of rows

  /// Arrays that take the source's values, also through another path of their memory.
  public var loaded: [Int] { rows { $0 == .loaded || $0 == .tied } }
  /// Arrays that are filled with zeros.
  public var zeroFilled: [Int] { rows { $0 == .zeroFilled } }
  /// Leaves that keep their value although the source, or its absence, says otherwise.
  public var kept: [Int] { rows { $0 == .kept } }
  /// Leaves that the source does not have.
  public var missing: [Int] { issueRows { $0 == .missing } }
  /// Leaves of the source that nothing takes.
  public var unexpected: [Int] { issueRows { $0 == .unexpected } }
  /// Pairs that do not fit, whatever the reason.
  public var mismatched: [Int] { issueRows { $0 != .missing && $0 != .unexpected } }

  // MARK: What a filter has left out

  /// Leaves of the destination that keep their value because the filter left them out.
  public var keptByFilter: [LeafID] {
    leaves(plan.alignment.destination, below: plan.alignment.leftOut.destination)
  }
  /// Leaves of the source that the filter left out.
  public var unusedByFilter: [LeafID] {
    leaves(plan.alignment.source, below: plan.alignment.leftOut.source)
  }

  private func leaves(_ tree: Tree, below nodes: [NodeID]) -> [LeafID] {
    nodes.flatMap { node in
      (node.index..<tree.end(of: node)).compactMap {
        tree.leaf(at: NodeID(Int32(truncatingIfNeeded: $0)))
      }
    }
  }

  private func rows(where include: (Outcome) -> Bool) -> [Int] {
    (0..<plan.alignment.count).filter { include(plan.outcome(at: $0)) }
  }

  private func issueRows(where include: (Verdict) -> Bool) -> [Int] {
    plan.issueRows.lazy.map { Int($0) }.filter { include(plan.verdict(at: $0)) }
  }

  /// What all conversions lost together.
  public var totalLoss: ConversionLoss {
    losses.values.reduce(into: ConversionLoss()) { $0 += $1 }
  }
}
