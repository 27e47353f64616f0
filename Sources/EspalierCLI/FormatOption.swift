import ArgumentParser
import Espalier

/// The format that a command is to write, by its name or by one of its extensions.
struct FormatOption: ParsableArguments {
  @Option(
    name: .customLong("format"),
    help: ArgumentHelp(
      "Write this format: its name, or an extension that its files have (see formats).",
      valueName: "name"),
    completion: .list(Formats.writable.map(\.name)))
  var given: String?

  func validate() throws {
    guard let given, name == nil else { return }
    let names = Formats.writable.map { format in
      let others = format.extensions.filter {
        $0 != format.name && Formats.named($0)?.name == format.name
      }
      return format.name + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
    }
    throw ValidationError(
      "--format: there is no format “\(visibleText(given.utf8))”; those that are written: "
        + names.joined(separator: ", ") + ".")
  }

  /// As ``CheckpointFormat/name`` has it; nil where none is asked for.
  var name: String? { given.flatMap { Formats.named($0)?.name } }
}
