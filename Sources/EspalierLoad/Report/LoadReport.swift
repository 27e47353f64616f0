import EspalierTree

/// What a load did or would do, leaf by leaf: what was loaded, zero-filled, kept, what the source
/// lacks, what of it was not used, and why.
///
/// It is made from the plan alone, so that it is the same before and after.
public struct LoadReport: Sendable {
  public let plan: LoadPlan
  /// Whether the plan was applied.
  public let isApplied: Bool

  public init(_ plan: LoadPlan, isApplied: Bool) {
    self.plan = plan
    self.isApplied = isApplied
  }

  public var loaded: [LeafID] { destinationLeaves { $0 == .loaded } }
  public var zeroFilled: [LeafID] { destinationLeaves { $0 == .zeroFilled } }
  public var kept: [LeafID] { destinationLeaves { $0 == .kept } }
  /// Leaves of the destination that the source lacks, tied ones that were loaded elsewhere excepted.
  public var missing: [LeafID] {
    plan.issues.filter { $0.verdict == .missing }.flatMap { leaves(.destination, at: $0.row) }
  }
  /// Leaves of the source that nothing took.
  public var unexpected: [LeafID] {
    plan.issues.filter { $0.verdict == .unexpected }.flatMap { leaves(.source, at: $0.row) }
  }

  private func destinationLeaves(where matches: (Outcome) -> Bool) -> [LeafID] {
    (0..<plan.alignment.count).compactMap { row in
      matches(plan.outcome(at: row)) ? plan.alignment.destinationLeaf(row) : nil
    }
  }

  private enum Side { case destination, source }

  private func leaves(_ side: Side, at row: Int) -> [LeafID] {
    let leaf =
      side == .destination
      ? plan.alignment.destinationLeaf(row) : plan.alignment.sourceLeaf(row)
    return leaf.map { [$0] } ?? []
  }

  // MARK: For people

  /// Lines: first what stops a strict load, then what becomes of everything else.
  public var lines: [String] {
    var lines: [String] = []
    let issues = plan.issues
    if !issues.isEmpty {
      lines.append(
        plan.mode == .strict
          ? "strict load refused, nothing has been changed; \(counted(issues.count, "issue")):"
          : "\(counted(issues.count, "row")) not loaded:")
      for issue in issues { lines.append("  \(plan.sentence(issue))") }
    }
    if plan.mode == .lenient, plan.refusal == .nothingToLoad {
      lines.append("lenient load refused: it would load nothing; nothing has been changed")
    }
    for note in plan.notes { lines.append("note: \(plan.sentence(note))") }
    let coverage = plan.coverage
    let verb = isApplied ? "loaded" : plan.isApplicable ? "would load" : "could load"
    lines.append(
      "\(verb) \(coverage.tensorsLoaded) of \(counted(coverage.tensors, "array")), "
        + "\(coverage.parametersLoaded) of \(counted(coverage.parameters, "parameter"))")
    let zeros = zeroFilled.count
    if zeros > 0 { lines.append("\(counted(zeros, "array")) filled with zeros (source: false)") }
    let keeps = kept.count
    if keeps > 0, plan.mode == .lenient {
      lines.append("\(counted(keeps, "leaf")) of the destination kept")
    }
    return lines
  }

  private func counted(_ count: Int, _ noun: String) -> String {
    if noun == "leaf" { return count == 1 ? "1 leaf" : "\(count) leaves" }
    return "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  // MARK: For programs

  /// The report as one JSON object, see `load` under *Machine output* in the documentation.
  ///
  /// - Parameter output: where the result was saved, nil when it was not.
  public func write(to json: inout JSONWriter, output: [UInt8]?) {
    json.beginObject()
    json.key("schema")
    json.integer(1)
    json.key("mode")
    json.string(plan.mode.name)
    json.key("applied")
    json.bool(isApplied)
    json.key("output")
    if let output { json.name(output) } else { json.null() }
    let destination = plan.alignment.destination
    let source = plan.alignment.source
    let lists = [
      ("loaded", loaded, destination), ("zero_filled", zeroFilled, destination),
      ("kept", kept, destination), ("missing", missing, destination),
      ("unexpected", unexpected, source),
    ]
    for (name, leaves, tree) in lists {
      json.key(name)
      json.beginArray()
      for leaf in leaves { json.path(tree.path(of: leaf)) }
      json.endArray()
    }
    writeIssues(to: &json)
    json.key("coverage")
    json.coverage(plan.coverage)
    json.endObject()
  }

  private func writeIssues(to json: inout JSONWriter) {
    let alignment = plan.alignment
    json.key("issues")
    json.beginArray()
    for issue in plan.issues {
      json.beginObject()
      json.key("kind")
      json.string(issue.kind)
      json.key("dst")
      json.leaf(alignment.destinationLeaf(issue.row), of: alignment.destination)
      json.key("src")
      json.leaf(alignment.sourceLeaf(issue.row), of: alignment.source)
      json.key("message")
      json.string(plan.sentence(issue))
      json.endObject()
    }
    json.endArray()
    json.key("notes")
    json.beginArray()
    for note in plan.notes {
      json.beginObject()
      json.key("kind")
      json.string(note.kind.name)
      json.key("message")
      json.string(plan.sentence(note))
      json.endObject()
    }
    json.endArray()
  }
}

extension JSONWriter {
  /// `{"tensors":[loaded, of],"parameters":[loaded, of]}`.
  public mutating func coverage(_ coverage: LoadPlan.Coverage) {
    beginObject()
    for (name, loaded, of) in [
      ("tensors", coverage.tensorsLoaded, coverage.tensors),
      ("parameters", coverage.parametersLoaded, coverage.parameters),
    ] {
      key(name)
      beginArray()
      integer(loaded)
      integer(of)
      endArray()
    }
    endObject()
  }
}
