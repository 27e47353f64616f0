import ArgumentParser
import Espalier
import EspalierBrowser
import EspalierUI
import Foundation

struct Browse: Command {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Open the interface (the default).")

  @Argument(help: "The model that is loaded into, or the one file to browse.", completion: .file())
  var destination: String

  @Argument(help: "The checkpoint that is loaded from.", completion: .file())
  var source: String?

  @Option(
    help: ArgumentHelp("Begin at this path of the destination.", valueName: "path"),
    completion: .pathsInside(argument: 0))
  var into: String?

  @Option(
    help: ArgumentHelp("Begin at this path of the source.", valueName: "path"),
    completion: .pathsInside(argument: 1))
  var from: String?

  @Option(
    help: ArgumentHelp("Apply this rules file; W saves the rules of a session.", valueName: "file"),
    completion: .file())
  var rules: String?

  @OptionGroup var filter: FilterOption

  @OptionGroup var look: LookOptions

  func validate() throws {
    if source == nil, !filter.patterns.isEmpty {
      throw ValidationError("--filter takes part of two files; with one, f finds its rows.")
    }
  }

  func execute() throws -> ExitStatus {
    var options = try look.options()
    options.destinationRoot = into
    options.sourceRoot = from
    options.rulesFile = rules
    options.selection = try PathSelection(filter.patterns)
    try browse(destination, source, options: options)
    return .done
  }
}

struct LookOptions: ParsableArguments {
  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Flag(help: "Leave the mouse to the terminal.")
  var noMouse = false

  @Flag(help: "Colours for a light background.")
  var light = false

  /// The settings file, and over it the command line.
  func options() throws -> BrowseOptions {
    var options = BrowseOptions()
    options.settings = try SettingsFile.read()
    if ascii { options.settings.view.ascii = true }
    if noMouse { options.settings.view.mouse = false }
    if light { options.settings.view.background = .light }
    // The convention of no-color.org: set and not empty.
    let noColor = ProcessInfo.processInfo.environment["NO_COLOR"] ?? ""
    if !noColor.isEmpty { options.settings.colors = .none }
    return options
  }
}
