import ArgumentParser
import Espalier

struct Diff: Command {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare the structure of two checkpoints; with --values their values as well.")

  @OptionGroup var pair: PairArguments

  @Flag(help: "Compare values, too, where names, shapes and types agree.")
  var values = false

  @Flag(help: "List equal rows as well.")
  var all = false

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func execute() throws -> ExitStatus {
    let pair = try Pair(self.pair, mode: .lenient)
    let differences =
      values
      ? try ValueDifferences(of: pair.plan, destination: pair.destination, source: pair.values)
      : ValueDifferences()
    var out = StandardStream.output()
    if output.json {
      pair.plan.writeDiffJSON(
        differences: differences, extra: pair.writeRules, source: pair.sourceWriter
      ) { out.write(bytes: $0) }
      out.line()
    } else {
      for preview in pair.repaired?.previews ?? [] { out.line("rule: \(preview)") }
      DiffText(pair.plan, differences).write(to: &out, all: all, notes: pair.notes)
    }
    out.flush()
    return pair.plan.isSame(differences: differences) ? .done : .differs
  }
}
