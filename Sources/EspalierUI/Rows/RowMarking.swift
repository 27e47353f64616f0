import EspalierLoad
import EspalierTree

/// Turns a plan's verdicts into the marks of the rows that are shown.
struct RowMarking {
  let alignment: Alignment
  private(set) var verdicts: ContiguousArray<UInt8>
  private(set) var remark: String?

  init(_ pairing: Pairing, plan: LoadPlan?) {
    guard let plan else {
      self.init(unplanned: pairing.shown)
      return
    }
    self.init(pairing, plan)
    if let unused = pairing.unusedPatterns.firstDescription {
      remark = "--filter: “\(unused)” names nothing on either side"
    }
    if let repair = pairing.repair { markRenamed(repair) }
  }

  private init(unplanned shown: Alignment) {
    alignment = shown
    verdicts = ContiguousArray(repeating: 0, count: shown.count)
  }

  /// Rows that fit because a rule has changed the source.
  private mutating func markRenamed(_ repair: Repair) {
    for row in verdicts.indices {
      let verdict = RowVerdict(raw: verdicts[row])
      // Without values nothing is loaded, yet the row fits.
      let fits =
        verdict.mark == .equal
        || !verdict.isIssue && (verdict.outcome == .loaded || verdict.outcome == .tied)
      guard fits, let leaf = alignment.sourceLeaf(row), repair.isChanged(leaf) else { continue }
      verdicts[row] =
        RowVerdict(
          .renamed, isIssue: verdict.isIssue, outcome: verdict.outcome
        ).raw
    }
  }

  private init(_ pairing: Pairing, _ plan: LoadPlan) {
    if pairing.shown.isIdentical(to: pairing.planned) {
      alignment = pairing.shown
      verdicts = ContiguousArray(
        (0..<pairing.shown.count).map { RowVerdict.of(plan, $0).raw })
      return
    }
    guard let merged = Self.merged(pairing, plan) else {
      // Leaving an element out of a list moves the ones after it to other partners.
      alignment = pairing.planned
      verdicts = ContiguousArray(
        (0..<pairing.planned.count).map { RowVerdict.of(plan, $0).raw })
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
      verdicts[at] = RowVerdict.of(plan, row).raw
      at += 1
    }
    return verdicts
  }
}

extension RowVerdict {
  /// What a plan says about one of its rows. Not an initialiser: those take over a copy of the
  /// plan, and this is asked a million times.
  static func of(_ plan: LoadPlan, _ row: Int) -> RowVerdict {
    let verdict = plan.verdict(at: row)
    switch verdict {
    // The common ones, at a glance.
    case .load: return RowVerdict(.equal, outcome: .loaded)
    case .convert: return RowVerdict(.dtype, outcome: .loaded)
    case .untouched: return RowVerdict(.untouched)
    case .unexpected: return RowVerdict(.onlySource, isIssue: true, outcome: .unused)
    default: break
    }
    return RowVerdict(
      RowMark.of(verdict, plan, row), isIssue: verdict.isIssue,
      outcome: RowOutcome.of(plan.outcome(at: row)))
  }
}

extension RowMark {
  fileprivate static func of(_ verdict: Verdict, _ plan: LoadPlan, _ row: Int) -> RowMark {
    switch verdict {
    case .branch:
      if plan.alignment.destinationNode(row) == nil { return .onlySource }
      return plan.alignment.sourceNode(row) == nil ? .onlyDestination : .branch
    case .load: return .equal
    case .convert, .dtype: return .dtype
    case .untouched: return .untouched
    case .zeroFill, .inactive, .inactiveIgnored, .wouldBeLost, .undecided: return .inactive
    case .tiedSourcesDiffer, .tiedBoolAndArray: return .tied
    case .missing: return .onlyDestination
    case .unexpected: return .onlySource
    case .shape: return .shape
    case .structure, .trueInSource, .nothingInSource, .notAnArray, .trueInDestination,
      .noArrayToLoadInto, .kept:
      return .kind
    case .tied, .noValues: return of(plan.status(at: row))
    }
  }

  /// How the two sides compare where the verdict does not tell.
  private static func of(_ status: RowStatus?) -> RowMark {
    switch status {
    case .shape?: .shape
    case .dtype?: .dtype
    case .kind?: .kind
    case .onlyDestination?: .onlyDestination
    case .onlySource?: .onlySource
    case .inactive?: .inactive
    case .equal?, .value?, nil: .equal
    }
  }
}

extension RowOutcome {
  fileprivate static func of(_ outcome: Outcome) -> RowOutcome {
    switch outcome {
    case .loaded: .loaded
    case .zeroFilled: .zeroFilled
    case .tied: .tied
    case .kept: .kept
    case .untouched, .nothing: .none
    }
  }
}

extension PathSelection {
  /// The first of its patterns, safe to print.
  fileprivate var firstDescription: String? {
    (included.first ?? excluded.first).map { visibleText($0.description.utf8) }
  }
}
