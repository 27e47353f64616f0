import Espalier

/// A report as one would write it to a colleague: for each cause a sentence, what shows it best, and
/// what repairs it. `isFull` adds all evidence, all rules, and all sizes.
struct ExplainText {
  private let report: Report
  private let isFull: Bool
  /// What each rule touches.
  private let amounts: [Rule: String]
  /// The first cause that a rule repairs: there it is shown.
  private let owners: [Rule: Int]

  init(_ report: Report, destination: Inventory, source: Inventory, isFull: Bool) {
    self.report = report
    self.isFull = isFull
    let previews = RulePreview.previews(
      of: report.rules + report.diagnoses.flatMap(\.choices), source: source,
      destination: destination)
    amounts = Dictionary(
      previews.map { ($0.rule, $0.amount) }, uniquingKeysWith: { a, _ in a })
    owners = report.ownersOfRules
  }

  var lines: [String] {
    var lines = [summary, ""]
    for (number, diagnosis) in report.diagnoses.enumerated() {
      lines.append("\(number + 1). \(diagnosis.sentence) (\(diagnosis.harm.rawValue))")
      lines += evidence(diagnosis) + remedy(of: number)
    }
    if !report.unexplained.destination.isEmpty || !report.unexplained.source.isEmpty {
      lines.append(
        "Not explained: \(counted(report.unexplained.destination.count, "destination tensor")), "
          + "\(counted(report.unexplained.source.count, "source tensor")).")
    }
    lines += isFull ? allSizes : differingSizes
    if !report.diagnoses.isEmpty {
      lines += ["", isFull ? takenHome : "All evidence and rules: --full. \(takenHome)"]
    }
    return lines
  }

  private var takenHome: String {
    hasRepair
      ? "The repair as a file: --write-rules FILE; as code: --export python, --export julia."
      : "No rule repairs this."
  }

  /// Rules that only keep chance agreements apart repair nothing.
  private var hasRepair: Bool { !report.rules.isEmpty && !report.mapping.links.isEmpty }

  // MARK: The answer

  private var summary: String {
    let fills = "fills \(amount(report.before))"
    guard !report.diagnoses.isEmpty else { return "The load is fine as it is: it \(fills)." }
    let counts = [
      (Harm.blocks, "block", "blocks"), (.needsDecision, "need", "needs"), (.harmless, "are", "is"),
    ]
    .compactMap { harm, many, one -> String? in
      let count = report.diagnoses.count { $0.harm == harm }
      guard count > 0 else { return nil }
      let verb = count == 1 ? one : many
      switch harm {
      case .blocks: return "\(count) \(verb) the load"
      case .needsDecision: return "\(count) \(verb) a decision"
      case .harmless: return "\(count) \(verb) harmless"
      }
    }
    let causes =
      counts.count == 1 && report.diagnoses.count == 1
      ? "1 cause, which \(counts[0].dropFirst(2))"
      : "\(counted(report.diagnoses.count, "cause")): \(counts.joined(separator: ", "))"
    let repaired = hasRepair ? ", \(amount(report.after)) with the repair" : ""
    return "\(causes). A load \(fills) as it is\(repaired)."
  }

  private func amount(_ coverage: Coverage) -> String {
    "\(grouped(coverage.tensors)) of \(counted(coverage.ofTensors, "tensor"))"
  }

  // MARK: Causes

  private func evidence(_ diagnosis: Diagnosis) -> [String] {
    let all = diagnosis.evidence
    // One line more is no longer than to say that there is one.
    let shown = isFull || all.count <= 3 ? all[...] : all.prefix(2)
    var lines = shown.map { "     \($0)" }
    if shown.count < all.count {
      lines.append("     and \(counted(all.count - shown.count, "more line"))")
    }
    return lines
  }

  private func remedy(of number: Int) -> [String] {
    let diagnosis = report.diagnoses[number]
    return shown(diagnosis.remedy.filter { owners[$0] == number }, "→")
      + shown(diagnosis.choices, "by choice:")
  }

  private func shown(_ rules: [Rule], _ mark: String) -> [String] {
    let shown = isFull || rules.count <= 2 ? rules[...] : rules.prefix(1)
    var lines = shown.map { rule in
      let amount = amounts[rule].map { "  (\($0))" } ?? ""
      return "   \(mark) \(rule.shortDescription)\(amount)"
    }
    if shown.count < rules.count {
      lines.append("   \(mark) and \(counted(rules.count - shown.count, "more rule"))")
    }
    return lines
  }

  // MARK: Sizes

  /// Causes that are about sizes; without one of them the two sides' readings differ only because
  /// their tensors are laid out differently.
  private static let sizeCauses: Set<Cause> = [
    .headResized, .vocabResized, .posEmbedResized, .depthMismatch, .widthMismatch,
    .differentArchitecture,
  ]

  private var differingSizes: [String] {
    guard report.diagnoses.contains(where: { Self.sizeCauses.contains($0.cause) }) else {
      return []
    }
    let sizes = report.sizes.filter(\.differs)
      .map { "\($0.name) \($0.destination ?? "") and \($0.source ?? "")" }
    return sizes.isEmpty
      ? [] : ["Sizes that differ, destination and source: \(sizes.joined(separator: "; "))."]
  }

  private var allSizes: [String] {
    let rows =
      [("", "destination", "source")]
      + report.sizes.map { ($0.name, $0.destination ?? "–", $0.source ?? "–") }
    let widths = (rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0)
    return rows.map { row in
      func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: width - text.count)
      }
      return "  \(padded(row.0, widths.0))  \(padded(row.1, widths.1))  \(row.2)"
    }
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
    json.key("sizes")
    json.beginObject()
    for size in report.sizes {
      json.key(size.name)
      json.beginObject()
      for (side, value) in [("destination", size.destination), ("source", size.source)] {
        json.key(side)
        if let value { json.string(value) } else { json.null() }
      }
      json.endObject()
    }
    json.endObject()
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
