import ArgumentParser
import Espalier

struct Check: Command {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a checkpoint: its header, and what another program might do with it.")

  @Argument(help: "A file or a folder of shards.", completion: .file())
  var file: String

  @Flag(help: "Read all values, too.")
  var values = false

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func execute() throws -> ExitStatus {
    let checkpoint = try Checkpoint.open(FilePath(file))
    if values {
      for leaf in checkpoint.tree.leafIDs where checkpoint.hasValues(leaf) {
        try checkpoint.withChunks(of: leaf) { _ in }
      }
    }
    let isSafe = !checkpoint.findings.contains { $0.severity == .danger }
    var out = StandardStream.output()
    if output.json {
      out.object { json in
        json.key("ok")
        json.bool(isSafe)
        json.key("format")
        json.string(checkpoint.format.name)
        json.key("findings")
        json.beginArray()
        for finding in checkpoint.findings {
          json.beginObject()
          json.key("severity")
          json.string(finding.severity.rawValue)
          json.key("code")
          json.string(finding.code)
          json.key("place")
          json.name(finding.place)
          json.key("message")
          json.string(finding.sentence)
          json.endObject()
        }
        json.endArray()
      }
    } else {
      for finding in checkpoint.findings {
        out.line("\(finding.severity.rawValue): \(finding.sentence)")
      }
      out.line("\(file): \(checkpoint.format.name), \(isSafe ? "nothing wrong" : "take care")")
    }
    out.flush()
    return isSafe ? .done : .differs
  }
}
