import EspalierTree

/// Everything that a load will do, decided before anything is written.
///
/// One verdict for each row of the alignment; every issue, not the first one. A plan is a value:
/// it can be shown, printed, compared, and applied by ``LoadedSource``.
public struct LoadPlan: Sendable {
  /// The rows that the plan decides: one for each pair of nodes.
  public let alignment: Alignment
  /// The exceptions it was planned with.
  public let options: LoadOptions
  /// Verdicts are the same in both modes, so that a plan can change its mode at no cost.
  public var mode: LoadMode
  /// How the rows were paired.
  public let matching: Matching
  /// How much of the destination is loaded, if the plan is applied leniently.
  public let coverage: Coverage
  /// What is worth knowing, in row order.
  public let notes: [LoadNote]

  let verdicts: ContiguousArray<Verdict>
  /// The rows that have an issue, in order.
  let issueRows: ContiguousArray<Int32>
  let ties: TiePlan

  /// How rows were paired.
  public enum Matching: Sendable, Hashable {
    /// Nodes with the same key path.
    case byPath
    /// Arrays in walk order; names were not compared.
    case byPosition
  }

  /// How much of the destination is loaded: its arrays, and their elements, each storage once.
  public struct Coverage: Sendable, Hashable {
    /// Array leaves that get new values.
    public var tensorsLoaded = 0
    /// Array leaves of the destination, as far as they take part.
    public var tensors = 0
    /// Elements of the arrays that get new values.
    public var parametersLoaded = 0
    /// Elements of all arrays that take part.
    public var parameters = 0
  }

  /// What was decided for a row.
  @inline(__always) public func verdict(at row: Int) -> Verdict { verdicts[row] }

  /// All reasons against a strict load, in row order.
  public var issues: Issues { Issues(plan: self) }
  /// How many reasons there are against a strict load.
  public var issueCount: Int { issueRows.count }
  /// Whether a strict load is refused.
  public var hasIssues: Bool { !issueRows.isEmpty }

  /// The issue at a row, nil where there is none.
  public func issue(at row: Int) -> LoadIssue? {
    let verdict = verdicts[row]
    guard verdict.isIssue else { return nil }
    return LoadIssue(row: row, verdict: verdict, conflict: ties.conflicts[Int32(row)])
  }

  /// How many issues there are at a row and below it.
  public func issueCount(in row: Int) -> Int {
    firstIssue(from: alignment.end(of: row)) - firstIssue(from: row)
  }

  /// The next row from `row` on (or back from it) that has an issue.
  public func nextIssueRow(after row: Int) -> Int? {
    let index = firstIssue(from: row + 1)
    return index < issueRows.count ? Int(issueRows[index]) : nil
  }
  /// The last row before `row` that has an issue.
  public func previousIssueRow(before row: Int) -> Int? {
    let index = firstIssue(from: row)
    return index > 0 ? Int(issueRows[index - 1]) : nil
  }
  /// The place of a row's issue among all, counted from 0.
  public func issueIndex(of row: Int) -> Int? {
    let index = firstIssue(from: row)
    return index < issueRows.count && issueRows[index] == Int32(row) ? index : nil
  }

  /// The index of the first issue at `row` or after it.
  private func firstIssue(from row: Int) -> Int {
    var low = 0
    var high = issueRows.count
    while low < high {
      let middle = (low + high) / 2
      if Int(issueRows[middle]) < row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The issues of a plan in row order, made when they are asked for.
  public struct Issues: RandomAccessCollection, Sendable {
    let plan: LoadPlan
    public var startIndex: Int { 0 }
    public var endIndex: Int { plan.issueRows.count }
    public subscript(index: Int) -> LoadIssue {
      let row = Int(plan.issueRows[index])
      return LoadIssue(
        row: row, verdict: plan.verdicts[row], conflict: plan.ties.conflicts[Int32(row)])
    }
  }
}

// MARK: - What becomes of a row

extension LoadPlan {
  /// What becomes of a row's destination leaf when the plan is applied leniently, or strictly
  /// without issues.
  public func outcome(at row: Int) -> Outcome {
    switch verdicts[row] {
    case .branch, .unexpected: return .nothing
    case .load, .convert: return .loaded
    case .zeroFill: return .zeroFilled
    case .tied: return .tied
    case .untouched, .inactive: return .untouched
    case .inactiveIgnored, .kept, .undecided: return follows(row) ? .tied : .kept
    default:
      if alignment.destinationLeaf(row) == nil { return .nothing }
      return follows(row) ? .tied : .kept
    }
  }

  private func follows(_ row: Int) -> Bool {
    guard !ties.followers.isEmpty, let leaf = alignment.destinationLeaf(row) else { return false }
    return ties.followers[leaf] != nil
  }

  /// How the two sides of a row compare; nil for a branch.
  ///
  /// Values of arrays are not compared: see ``ValueDifferences``. Only where the destination ties
  /// what the source does not, the plan has read them: a conflict counts as another value.
  public func status(at row: Int) -> RowStatus? {
    switch verdicts[row] {
    case .branch: return nil
    case .missing: return .onlyDestination
    case .unexpected: return .onlySource
    case .structure: return .kind
    default: break
    }
    guard let source = alignment.sourceLeaf(row) else {
      return alignment.sourceNode(row) == nil ? .onlyDestination : .kind
    }
    guard let destination = alignment.destinationLeaf(row) else {
      return alignment.destinationNode(row) == nil ? .onlySource : .kind
    }
    let status = compare(destination, source)
    return status == .equal && verdicts[row].isTieConflict ? .value : status
  }

  private func compare(_ a: LeafID, _ b: LeafID) -> RowStatus {
    let (left, right) = (alignment.destination, alignment.source)
    switch (left.kind(of: a), right.kind(of: b)) {
    case (.array, .array):
      if left.shape(of: a) != right.shape(of: b) { return .shape }
      return left.dtype(of: a) == right.dtype(of: b) ? .equal : .dtype
    case (.array, .bool): return right.value(b) == .bool(false) ? .inactive : .kind
    case (.bool, .array): return left.value(a) == .bool(false) ? .inactive : .kind
    case (let x, let y):
      if left.value(a) == right.value(b) { return .equal }
      return x == y ? .value : .kind
    }
  }
}

// MARK: - Refusal

extension LoadPlan {
  /// Whether the plan may be applied.
  public var isApplicable: Bool { refusal == nil }

  /// Why the plan may not be applied, nil when it may.
  public var refusal: LoadRefused.Reason? {
    switch mode {
    case .strict:
      if hasIssues { return .issues }
      return verdicts.contains(.undecided) ? .undecided : nil
    case .lenient:
      return coverage.tensorsLoaded == 0 && !options.allowsEmptyLoad ? .nothingToLoad : nil
    }
  }
}

/// A plan that was not applied; nothing has been changed.
public struct LoadRefused: Error, Sendable {
  /// Why nothing was applied.
  public enum Reason: Sendable, Hashable {
    /// A strict load with at least one issue.
    case issues
    /// A strict load planned without values that its rules ask for.
    case undecided
    /// A lenient load in which nothing would be loaded.
    case nothingToLoad
  }

  /// The plan with all its issues.
  public let plan: LoadPlan
  /// Why it was refused.
  public let reason: Reason
}
