import ArgumentParser
import Espalier

struct Load: Command {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Load the source's values into the destination and save the result.",
    discussion: """
      Strict (the default): everything fits, or every issue is listed and nothing is written. \
      Lenient: what fits is loaded, the rest keeps the destination's values and is reported. \
      The two files are never changed; the result goes to the output, in the destination's format.
      """)

  @OptionGroup var pair: PairArguments

  @Option(
    name: [.customShort("o"), .long], help: "Where the result is saved.", completion: .file())
  var output: String?

  @OptionGroup var chosen: FormatOption

  @Flag(help: "Load what fits and report the rest.")
  var lenient = false

  @Flag(help: "Say what would happen; write nothing.")
  var dryRun = false

  @Flag(help: "Replace the output if there is one, and load even where nothing fits.")
  var force = false

  @OptionGroup var printing: JSONOption
  var printsJSON: Bool { printing.json }

  func validate() throws {
    if output == nil, !dryRun {
      throw ValidationError("Name the output with -o, or ask for a --dry-run.")
    }
  }

  func execute() throws -> ExitStatus {
    let pair = try Pair(self.pair, mode: lenient ? .lenient : .strict, allowsEmptyLoad: force)
    var report = LoadReport(pair.plan)
    var saved: SaveReport?
    if pair.plan.isApplicable, !dryRun, let output {
      let loaded = try LoadedSource(pair.plan, destination: pair.destination, source: pair.values)
      saved = try save(loaded, pair, to: FilePath(output))
      report = LoadReport(applied: loaded)
    }
    var out = StandardStream.output()
    if printing.json {
      report.writeJSON(
        output: saved == nil ? nil : output,
        extra: { writeExtras(pair, saved, &$0) }, source: pair.sourceWriter,
        flush: { out.write(bytes: $0) })
      out.line()
    } else {
      for note in pair.notes { out.line("note: \(note)") }
      for preview in pair.repaired?.previews ?? [] { out.line("rule: \(preview)") }
      out.line(report.text())
      if let saved { describe(saved, to: &out) }
      for note in saved?.notes ?? [] { complain(note, prefix: "note: ") }
    }
    out.flush()
    return pair.plan.isApplicable ? .done : .differs
  }

  /// - Throws: ``NotSaved``, unless it is one of the inputs that cannot be read.
  private func save(
    _ loaded: LoadedSource, _ pair: Pair, to path: FilePath
  ) throws -> SaveReport {
    do {
      return try Checkpoint.save(
        SaveRequest(
          loaded, like: pair.destination, to: path, format: chosen.name, replace: force,
          inputs: pair.destination.files + pair.source.files))
    } catch let error as CheckpointError {
      let isInput = (pair.destination.files + pair.source.files).contains { $0.path == error.file }
      throw isInput && error.file != path ? error : NotSaved(error: error)
    }
  }

  /// The rules, what the format of the output cannot hold, and what opening the files has shown.
  private func writeExtras(_ pair: Pair, _ saved: SaveReport?, _ json: inout JSONWriter) {
    pair.writeRules(&json)
    json.texts("losses", saved?.losses ?? [])
    json.texts("file_notes", pair.notes)
    json.texts("save_notes", saved?.notes ?? [])
  }

  private func describe(_ saved: SaveReport, to out: inout StandardStream) {
    for loss in saved.losses { out.line("note: \(loss)") }
    for file in saved.files { out.line("saved \(file.path), \(sizeText(file.size))") }
  }
}

extension JSONWriter {
  /// A list of sentences under a key.
  fileprivate mutating func texts(_ key: String, _ texts: [String]) {
    self.key(key)
    beginArray()
    for text in texts { string(text) }
    endArray()
  }
}
