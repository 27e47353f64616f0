import Espalier

/// Two checkpoints compared leaf by leaf, for people: a marked line for each that differs, then counts.
struct DiffText {
  private let plan: LoadPlan
  private let differences: ValueDifferences

  init(_ plan: LoadPlan, _ differences: ValueDifferences) {
    self.plan = plan
    self.differences = differences
  }

  func write(to out: inout StandardStream, all: Bool, notes: [String]) {
    for note in notes { out.line("note: \(note)") }
    var counts: [RowStatus: Int] = [:]
    for row in 0..<plan.alignment.count {
      guard var status = plan.status(at: row) else { continue }
      if status == .equal, differences.contains(row) { status = .value }
      counts[status, default: 0] += 1
      if all || status != .equal { out.line("\(status.mark) \(sentence(row, status))") }
    }
    let parts = RowStatus.allCases.compactMap { status in
      counts[status].map { "\(grouped($0)) \(status.words)" }
    }
    out.line(parts.isEmpty ? "nothing to compare" : parts.joined(separator: ", "))
    let coverage = plan.coverage
    out.line(
      "a load would fill \(grouped(coverage.tensorsLoaded)) of \(counted(coverage.tensors, "array"))"
        + ", \(countText(coverage.parametersLoaded)) of \(countText(coverage.parameters)) parameters"
    )
  }

  /// What differs, with both sides where both have something.
  private func sentence(_ row: Int, _ status: RowStatus) -> String {
    if let first = differences.byRow[row] {
      return "\(path(row)): values differ; at element \(first.element) the destination has "
        + "\(first.destination), the source \(first.source)"
    }
    if status == .value, plan.verdict(at: row).isTieConflict { return plan.message(at: row) }
    if status == .value, plan.verdict(at: row).isTieConflict { return plan.message(at: row) }
    let alignment = plan.alignment
    let left = alignment.destinationLeaf(row).map { alignment.destination.summary(of: $0) }
    let right = alignment.sourceLeaf(row).map { alignment.source.summary(of: $0) }
    switch (left, right) {
    case (let left?, let right?):
      return left == right
        ? "\(path(row)): \(left)" : "\(path(row)): destination \(left), source \(right)"
    case (let left?, nil): return "\(path(row)): \(left), only in the destination"
    case (nil, let right?): return "\(path(row)): \(right), only in the source"
    case (nil, nil): return plan.message(at: row)
    }
  }

  /// The key path; both where the two sides have it below different containers.
  private func path(_ row: Int) -> String {
    let alignment = plan.alignment
    let left = alignment.destinationNode(row).map { alignment.destination.path(of: $0).description }
    let right = alignment.sourceNode(row).map { alignment.source.path(of: $0).description }
    if let left, let right, left != right { return "\(left) | \(right)" }
    return left ?? right ?? ""
  }
}

extension RowStatus {
  /// One character, so that a listing can be searched.
  fileprivate var mark: Character {
    switch self {
    case .equal: return "="
    case .shape, .kind, .value: return "!"
    case .dtype: return "~"
    case .onlyDestination: return "<"
    case .onlySource: return ">"
    case .inactive: return "0"
    }
  }

  fileprivate var words: String {
    switch self {
    case .equal: return "equal"
    case .shape: return "of another shape"
    case .dtype: return "of another element type"
    case .kind: return "of another kind"
    case .onlyDestination: return "only in the destination"
    case .onlySource: return "only in the source"
    case .inactive: return "switched off with false on one side"
    case .value: return "with other values"
    }
  }
}
