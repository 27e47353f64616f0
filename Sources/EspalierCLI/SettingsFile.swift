import EspalierUI
import Foundation

/// Where the settings are: one file that may be missing.
enum SettingsFile {
  /// `$XDG_CONFIG_HOME/espalier/settings.toml`, below `~/.config` where that is not set.
  static var path: String {
    let environment = ProcessInfo.processInfo.environment
    // As the base directory specification says, a relative path counts for nothing.
    let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (folder ?? (environment["HOME"] ?? "") + "/.config") + "/espalier/settings.toml"
  }

  /// - Throws: ``UsageError`` with the file and the line that cannot be obeyed.
  static func read() throws -> Settings {
    let path = path
    guard FileManager.default.fileExists(atPath: path) else { return Settings() }
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20,
      let text = String(validating: data, as: UTF8.self)
    else { throw UsageError(sentence: "\(path): this settings file cannot be read as text") }
    do throws(KeyMap.Refusal) {
      return try Settings(text)
    } catch {
      throw UsageError(sentence: "\(path):\(error.line): \(error.sentence)")
    }
  }
}
