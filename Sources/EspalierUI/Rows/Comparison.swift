import EspalierLoad
import EspalierTree

/// Two trees side by side with everything about their rows that does not change with a key press.
///
/// Made once off the main thread, a pass over all rows; the interface then asks about the rows it
/// draws. Beside the alignment and the plan it takes under six bytes a row. Two values are equal
/// when they are the same object.
public final class Comparison: Sendable, Equatable {
  public let alignment: Alignment
  /// nil for one file alone, and as long as the source is being read.
  public let plan: LoadPlan?
  private let verdicts: ContiguousArray<UInt8>
  /// Rows that a strict load stumbles over.
  public let issues: RowSet
  /// Rows with a leaf on either side.
  public let leaves: RowSet
  /// Rows with something below them.
  let branches: RowBits
  /// Rows that differ, and these with their parents.
  public let differing: RowSet
  let differingWithParents: RowSet
  /// Rows of the optimizer and of what else belongs to training and not to the model, where a strict
  /// load stumbles over none of them.
  let trainingState: RowBits
  private let sums: [RowSums]
  /// Rows with a leaf by what a lenient load does with them.
  private let outcomeRows: [RowSet]
  /// Issues by what a report says about them, each row once.
  let issueGroups: IssueGroups

  struct IssueGroups: Sendable {
    /// Both sides have something, and it does not fit.
    var misfits: RowSet
    var missing: RowSet
    var unexpected: RowSet
    /// Kept, and loaded through a tie, without being an issue.
    var keptOtherwise: RowSet
    var tied: RowSet
  }
  public let counts: Counts
  /// What was done to the pairing that the user should know.
  public let remark: String?
  /// The rules that made the source what it is here; nil for a source as its file has it.
  public let repair: Repair?

  public struct Counts: Equatable, Sendable {
    /// Rows with a leaf by their mark.
    public var marks: [RowMark: Int] = [:]
    /// Of them, those that are issues.
    public var issues: [RowMark: Int] = [:]
    public var outcomes: [RowOutcome: Int] = [:]
  }

  public static func == (a: Comparison, b: Comparison) -> Bool { a === b }

  /// - Parameters:
  ///   - pairing: the rows to show and the rows that were planned.
  ///   - plan: made from `pairing.planned`; nil for one file alone.
  public init(_ pairing: Pairing, plan: LoadPlan?) {
    let marked = RowMarking(pairing, plan: plan)
    let alignment = marked.alignment
    self.alignment = alignment
    self.plan = plan
    verdicts = marked.verdicts
    remark = marked.remark
    repair = pairing.repair
    let count = alignment.count
    var issues = RowBits(universe: count)
    var leaves = RowBits(universe: count)
    var branches = RowBits(universe: count)
    var differing = RowBits(universe: count)
    var tally = Tally()
    var outcomes = RowOutcome.allCases.map { _ in RowBits(universe: count) }
    var groups = [RowBits](repeating: RowBits(universe: count), count: 5)
    for row in 0..<count {
      let verdict = RowVerdict(raw: marked.verdicts[row])
      if verdict.isIssue { issues.insert(row) }
      if verdict.mark.differs || verdict.isIssue { differing.insert(row) }
      if alignment.hasChildren(row) { branches.insert(row) }
      guard alignment.destinationLeaf(row) != nil || alignment.sourceLeaf(row) != nil else {
        continue
      }
      leaves.insert(row)
      tally.add(verdict)
      if let group = verdict.reportGroup { groups[group].insert(row) }
      if plan != nil { outcomes[Int(verdict.outcome.rawValue)].insert(row) }
    }
    self.issues = RowSet(issues)
    self.leaves = RowSet(leaves)
    self.branches = branches
    trainingState = alignment.trainingState(except: self.issues)
    self.differing = RowSet(differing)
    var shown = differing
    alignment.addParents(to: &shown)
    shown.insert(0)
    differingWithParents = RowSet(shown)
    counts = tally.counts
    issueGroups = IssueGroups(
      misfits: RowSet(groups[0]), missing: RowSet(groups[1]), unexpected: RowSet(groups[2]),
      keptOtherwise: RowSet(groups[3]), tied: RowSet(groups[4]))
    outcomeRows = outcomes.map { RowSet($0) }
    sums = Side.allCases.map { RowSums(alignment, $0) }
  }

  // MARK: Rows

  public var rowCount: Int { alignment.count }
  public func mark(_ row: Int) -> RowMark { RowVerdict(raw: verdicts[row]).mark }
  public func isIssue(_ row: Int) -> Bool { RowVerdict(raw: verdicts[row]).isIssue }
  /// What a lenient load does with the row.
  public func outcome(_ row: Int) -> RowOutcome { RowVerdict(raw: verdicts[row]).outcome }

  public func rows(_ outcome: RowOutcome) -> RowSet { outcomeRows[Int(outcome.rawValue)] }

  public func isTied(_ row: Int) -> Bool {
    Side.allCases.contains { side in
      alignment.leaf(row, side).map { alignment.tree(side).tie(of: $0) != nil } ?? false
    }
  }

  /// What one side holds in a row and below it.
  public func totals(_ row: Int, _ side: Side) -> SideTotals {
    sums[Int(side.rawValue)].totals(in: row..<alignment.end(of: row), alignment, side)
  }
}

extension RowVerdict {
  /// Where a report lists the row, in the order of ``Comparison/IssueGroups``.
  fileprivate var reportGroup: Int? {
    guard isIssue else { return outcome == .kept ? 3 : outcome == .tied ? 4 : nil }
    switch mark {
    case .onlyDestination: return 1
    case .onlySource: return 2
    default: return 0
    }
  }
}

/// Counts without a dictionary look-up for each row.
private struct Tally {
  private var marks = [Int](repeating: 0, count: 16)
  private var issues = [Int](repeating: 0, count: 16)
  private var outcomes = [Int](repeating: 0, count: 8)

  mutating func add(_ verdict: RowVerdict) {
    marks[Int(verdict.mark.rawValue)] += 1
    if verdict.isIssue { issues[Int(verdict.mark.rawValue)] += 1 }
    outcomes[Int(verdict.outcome.rawValue)] += 1
  }

  var counts: Comparison.Counts {
    var counts = Comparison.Counts()
    for mark in RowMark.allCases where marks[Int(mark.rawValue)] > 0 {
      counts.marks[mark] = marks[Int(mark.rawValue)]
      counts.issues[mark] = issues[Int(mark.rawValue)]
    }
    for outcome in RowOutcome.allCases where outcomes[Int(outcome.rawValue)] > 0 {
      counts.outcomes[outcome] = outcomes[Int(outcome.rawValue)]
    }
    return counts
  }
}
