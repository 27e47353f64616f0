import Espalier

/// A report as one would write it to a colleague.
struct ExplainText {
  private let report: Report
  /// What each rule touches.
  private let amounts: [Rule: String]

  init(_ report: Report, destination: Inventory, source: Inventory) {
    self.report = report
    let previews = RulePreview.previews(
      of: report.rules + report.diagnoses.flatMap(\.choices), source: source,
      destination: destination)
    amounts = Dictionary(
      previews.map { ($0.rule, $0.amount) }, uniquingKeysWith: { a, _ in a })
  }

  var lines: [String] {
    var lines: [String] = []
    if report.diagnoses.isEmpty { lines.append("The load is fine as it is.") }
    for (number, diagnosis) in report.diagnoses.enumerated() {
      lines.append("\(number + 1). \(diagnosis.sentence) (\(diagnosis.harm.rawValue))")
      for evidence in diagnosis.evidence { lines.append("     \(evidence)") }
      lines += shown(diagnosis.remedy, "→")
      lines += shown(diagnosis.choices, "by choice:")
    }
    lines.append(
      "A load fills \(amount(report.before)) as it is, \(amount(report.after)) with the repair.")
    if !report.unexplained.destination.isEmpty || !report.unexplained.source.isEmpty {
      lines.append(
        "Not explained: \(counted(report.unexplained.destination.count, "destination tensor")), "
          + "\(counted(report.unexplained.source.count, "source tensor")).")
    }
    return lines + hyperParameters
  }

  private func shown(_ rules: [Rule], _ mark: String) -> [String] {
    let lines = rules.prefix(6).map { rule in
      let amount = amounts[rule].map { "  (\($0))" } ?? ""
      return "   \(mark) \(visibleText(Array("\(rule)".utf8)))\(amount)"
    }
    return rules.count > 6 ? lines + ["   \(mark) and \(rules.count - 6) more rules"] : lines
  }

  private func amount(_ coverage: Coverage) -> String {
    "\(grouped(coverage.tensors)) of \(counted(coverage.ofTensors, "tensor"))"
  }

  /// Both sides' sizes, where they differ.
  private var hyperParameters: [String] {
    let source = Dictionary(
      report.hyperParameters.source.rows.map { ($0.name, $0.value) },
      uniquingKeysWith: { a, _ in a })
    let differing = report.hyperParameters.destination.rows.compactMap { row -> String? in
      guard let other = source[row.name], other != row.value else { return nil }
      return "  \(row.name): destination \(row.value), source \(other)"
    }
    return differing.isEmpty ? [] : ["Sizes that differ:"] + differing
  }
}

/// The object that `explain --json` prints.
struct ExplainJSON {
  let report: Report
  let destination: Inventory
  let source: Inventory

  func write(to json: inout JSONWriter) {
    func names(_ key: String, _ indices: [Int], _ inventory: Inventory) {
      json.key(key)
      json.beginArray()
      for index in indices { json.name(inventory.tensors[index].name) }
      json.endArray()
    }
    json.key("causes")
    json.beginArray()
    for diagnosis in report.diagnoses {
      json.beginObject()
      json.key("id")
      json.string(diagnosis.cause.rawValue)
      json.key("sentence")
      json.string(diagnosis.sentence)
      json.strings("evidence", diagnosis.evidence)
      json.key("harm")
      json.string(diagnosis.harm.rawValue)
      json.strings("remedy", diagnosis.remedy.map(\.description))
      json.strings("choices", diagnosis.choices.map(\.description))
      json.endObject()
    }
    json.endArray()
    json.key("mapping")
    json.beginArray()
    for link in report.mapping.links {
      json.beginObject()
      json.key("dst")
      json.name(destination.tensors[link.destination].name)
      names("src", link.sources, source)
      json.key("op")
      json.string(link.operation.description)
      json.endObject()
    }
    json.endArray()
    names("unmatched_dst", report.mapping.unmatchedDestination, destination)
    names("unexpected_src", report.mapping.unexpectedSource, source)
    json.key("coverage")
    json.beginObject()
    for (key, coverage) in [("before", report.before), ("after", report.after)] {
      json.key(key)
      json.beginObject()
      json.key("tensors")
      json.beginArray()
      json.integer(coverage.tensors)
      json.integer(coverage.ofTensors)
      json.endArray()
      json.key("parameters")
      json.beginArray()
      json.integer(coverage.parameters)
      json.integer(coverage.ofParameters)
      json.endArray()
      json.endObject()
    }
    json.endObject()
  }
}
