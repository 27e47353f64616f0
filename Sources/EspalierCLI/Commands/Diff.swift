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
    let rows = try DiffRows(pair, comparesValues: values)
    var out = StandardStream.output()
    if output.json {
      rows.writeJSON(to: &out)
    } else {
      rows.writeText(to: &out, all: all, notes: pair.notes)
    }
    out.flush()
    return rows.isSame ? .done : .differs
  }
}
