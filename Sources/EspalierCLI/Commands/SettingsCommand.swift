import ArgumentParser
import EspalierUI

struct SettingsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "settings",
    abstract: "Print a settings file with every option and key as it is without one.",
    discussion: """
      The file is $XDG_CONFIG_HOME/espalier/settings.toml, or ~/.config/espalier/settings.toml. A \
      line that cannot be obeyed is refused with its number before the interface opens.
      """)

  @Flag(help: "Print where the file is instead.")
  var path = false

  func execute() throws -> ExitStatus {
    print(path ? SettingsFile.path : Settings.standardText, terminator: path ? "\n" : "")
    return .done
  }
}
