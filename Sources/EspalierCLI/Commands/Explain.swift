import ArgumentParser
import Espalier

struct Explain: Command {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why a load fails, whether it matters, and what would repair it.")

  @Argument(help: "The model that is loaded into.", completion: .file())
  var destination: String

  @Argument(help: "The checkpoint that is loaded from.", completion: .file())
  var source: String

  @Option(help: ArgumentHelp("Begin at this path of the destination.", valueName: "path"))
  var into: String?

  @Option(help: ArgumentHelp("Begin at this path of the source.", valueName: "path"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "Save the rules that would repair it, to be read and edited.", valueName: "file"),
    completion: .file())
  var writeRules: String?

  @Option(
    help: ArgumentHelp(
      "Print the repair as code for this language (\(ExportLanguage.allCases.map(\.rawValue).joined(separator: ", "))).",
      valueName: "language"))
  var export: ExportLanguage?

  @Option(
    help: ArgumentHelp(
      "With --export or --reverse: the rules of this file instead.", valueName: "file"),
    completion: .file())
  var rules: String?

  @Flag(
    help: """
      With --write-rules or --export: the rules that lead back, from the destination's names and \
      layout to the source's.
      """)
  var reverse = false

  @Flag(help: "Show all evidence, all rules, and the sizes of both models.")
  var full = false

  @Flag(help: "Replace the rules file if there is one.")
  var force = false

  @OptionGroup var filter: FilterOption

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func validate() throws {
    if rules != nil, export == nil, !reverse {
      throw ValidationError(
        "--rules goes with --export or --reverse; to apply a rules file: load --rules.")
    }
    if reverse, export == nil, writeRules == nil {
      throw ValidationError("--reverse says which rules --write-rules or --export write.")
    }
    if export != nil, output.json {
      throw ValidationError("--export prints code; leave out --json.")
    }
  }

  func execute() throws -> ExitStatus {
    let left = try Checkpoint.open(FilePath(destination), options: OpenOptions(root: into))
    let right = try Checkpoint.open(FilePath(source), options: OpenOptions(root: from))
    let selection = try filter.selection((left.tree, left.root), (right.tree, right.root))
    var sides = (
      destination: left.repairSide(below: left.root),
      source: right.repairSide(below: from == nil ? .root : right.root)
    )
    sides.destination.filter = selection.filter
    sides.source.filter = selection.filter
    let pair = (source: sides.source.inventory, destination: sides.destination.inventory)
    let values = ValueComparison(
      source: sides.source, destination: sides.destination, inventory: pair)
    let report = Engine().diagnose(
      destination: pair.destination, source: pair.source, values: values)
    var out = StandardStream.output()
    let chosen = try rules.map { try RuleSet(contentsOf: FilePath($0)) }
    let back = try reverse ? reversed(chosen ?? RuleSet(report.rules), sides, pair) : nil
    if let export {
      let code =
        back.map {
          RepairExport(
            $0.rules, source: pair.destination, entry: right.rootPath.segments.map(\.name))
        }
        ?? RepairExport(
          chosen?.rules ?? report.rules, diagnoses: chosen == nil ? report.diagnoses : [],
          source: pair.source, entry: left.rootPath.segments.map(\.name))
      out.write(code.text(export))
    } else if output.json {
      let answer = ExplainJSON(report: report, destination: pair.destination, source: pair.source)
      out.object { answer.write(to: &$0) }
    } else {
      for note in selection.notes { out.line("note: \(note)") }
      let text = ExplainText(
        report, destination: pair.destination, source: pair.source, isFull: full)
      for line in text.lines { out.line(line) }
    }
    if let writeRules {
      if let back {
        try write(back, to: writeRules, &out)
      } else {
        try write(report, to: writeRules, &out)
      }
    }
    out.flush()
    return report.diagnoses.isEmpty ? .done : .differs
  }

  /// The way back of rules that can be applied.
  private func reversed(
    _ rules: RuleSet, _ sides: (destination: RepairSide, source: RepairSide),
    _ pair: (source: Inventory, destination: Inventory)
  ) throws -> ReversedRules {
    _ = try rules.repairing(sides.source, destination: sides.destination)
    return ReversedRules(rules.rules, source: pair.source, destination: pair.destination)
  }

  private func write(
    _ back: ReversedRules, to path: String, _ out: inout StandardStream
  ) throws {
    try RuleSet(back.rules).write(to: FilePath(path), replace: force)
    guard !output.json, export == nil else { return }
    if !back.lost.isEmpty {
      out.line("\(counted(back.lost.count, "source tensor")) without a way back:")
      for loss in back.lost.prefix(6) { out.line("     \(loss)") }
      if back.lost.count > 6 { out.line("     and \(back.lost.count - 6) more") }
    }
    let scope = (from.map { "--into \($0) " } ?? "") + (into.map { "--from \($0) " } ?? "")
    out.line(
      "\(counted(back.rules.count, "rule")) that lead back saved to \(path): "
        + "espalier load \(source) \(destination) \(scope)--rules \(path) -o OUTPUT")
  }

  private func write(_ report: Report, to path: String, _ out: inout StandardStream) throws {
    try RuleSet(report.rules).write(
      to: FilePath(path), explaining: report.diagnoses, replace: force)
    if !output.json, export == nil {
      // Names in rules begin where these two say.
      let scope = (into.map { "--into \($0) " } ?? "") + (from.map { "--from \($0) " } ?? "")
      let choices = report.diagnoses.reduce(0) { $0 + $1.choices.count }
      let more = choices == 0 ? "" : ", \(choices) more by choice as comments"
      out.line(
        "\(counted(report.rules.count, "rule")) saved to \(path)\(more); edit them, then: "
          + "espalier load \(destination) \(source) \(scope)--rules \(path) -o OUTPUT")
    }
  }
}

extension ExportLanguage: ExpressibleByArgument {}
