import EspalierLoad
import EspalierTree

/// Turns a plan's verdicts into the marks of the rows that are shown.
struct RowMarking {
  let alignment: Alignment
  private(set) var verdicts: ContiguousArray<UInt8>
  private(set) var remark: String?

  init(_ pairing: Pairing, plan: LoadPlan?) {
    guard let plan else {
      alignment = pairing.shown
      verdicts = ContiguousArray(repeating: 0, count: pairing.shown.count)
      return
    }
    if pairing.shown.isIdentical(to: pairing.planned) {
      alignment = pairing.shown
      verdicts = ContiguousArray(
        (0..<pairing.shown.count).map { RowVerdict(plan, row: $0).raw })
      return
    }
    guard let merged = Self.merged(pairing, plan) else {
      // Leaving an element out of a list moves the ones after it to other partners.
      alignment = pairing.planned
      verdicts = ContiguousArray(
        (0..<pairing.planned.count).map { RowVerdict(plan, row: $0).raw })
      remark = "rows of lists are paired anew; what is skipped is not shown"
      return
    }
    alignment = pairing.shown
    verdicts = merged
  }

  /// The planned rows among the shown ones, everything else skipped; nil when the plan pairs two
  /// nodes that the shown rows do not.
  private static func merged(_ pairing: Pairing, _ plan: LoadPlan) -> ContiguousArray<UInt8>? {
    let shown = pairing.shown
    let planned = pairing.planned
    var verdicts = ContiguousArray(
      repeating: RowVerdict(.skipped).raw, count: shown.count)
    // Rows of both stand in walk order of the same trees: one pass over the two lists.
    var at = 0
    for row in 0..<planned.count {
      let left = planned.destinationNode(row)
      let right = planned.sourceNode(row)
      while at < shown.count, shown.destinationNode(at) != left || shown.sourceNode(at) != right {
        at += 1
      }
      guard at < shown.count else { return nil }
      verdicts[at] = RowVerdict(plan, row: row).raw
      at += 1
    }
    return verdicts
  }
}

extension RowVerdict {
  /// What a plan says about one of its rows.
  init(_ plan: LoadPlan, row: Int) {
    let verdict = plan.verdict(at: row)
    self.init(
      RowMark(verdict, plan, row), isIssue: verdict.isIssue,
      outcome: RowOutcome(verdict, plan.outcome(at: row)))
  }
}

extension RowMark {
  fileprivate init(_ verdict: Verdict, _ plan: LoadPlan, _ row: Int) {
    switch verdict {
    case .branch:
      if plan.alignment.destinationNode(row) == nil {
        self = .onlySource
      } else {
        self = plan.alignment.sourceNode(row) == nil ? .onlyDestination : .branch
      }
    case .load: self = .equal
    case .convert, .dtype: self = .dtype
    case .untouched: self = .untouched
    case .zeroFill, .inactive, .inactiveIgnored, .wouldBeLost, .undecided: self = .inactive
    case .tiedSourcesDiffer, .tiedBoolAndArray: self = .tied
    case .missing: self = .onlyDestination
    case .unexpected: self = .onlySource
    case .shape: self = .shape
    case .structure, .trueInSource, .nothingInSource, .notAnArray, .trueInDestination,
      .noArrayToLoadInto, .kept:
      self = .kind
    case .tied, .noValues:
      switch plan.status(at: row) {
      case .shape?: self = .shape
      case .dtype?: self = .dtype
      case .kind?: self = .kind
      case .onlyDestination?: self = .onlyDestination
      case .onlySource?: self = .onlySource
      case .inactive?: self = .inactive
      case .equal?, .value?, nil: self = .equal
      }
    }
  }
}

extension RowOutcome {
  fileprivate init(_ verdict: Verdict, _ outcome: Outcome) {
    switch outcome {
    case .loaded: self = .loaded
    case .zeroFilled: self = .zeroFilled
    case .tied: self = .tied
    case .kept: self = .kept
    case .untouched: self = .none
    case .nothing: self = verdict == .unexpected ? .unused : .none
    }
  }
}
