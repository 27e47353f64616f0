import ArgumentParser
import Espalier
import EspalierBrowser
import Foundation

struct Demo: Command {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Write a small pair of checkpoints with one of each kind of trouble, and open them.")

  @Option(
    help: ArgumentHelp("Write into this folder instead of a temporary one.", valueName: "folder"),
    completion: .directory)
  var folder: String?

  @Flag(help: "Write the files and print where they are; open nothing.")
  var writeOnly = false

  @OptionGroup var look: LookOptions

  func execute() throws -> ExitStatus {
    let options = try look.options()
    let folder = URL(
      fileURLWithPath: folder
        ?? FileManager.default.temporaryDirectory.appendingPathComponent("espalier-demo").path)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let destination = folder.appendingPathComponent("model.pt").path
    let source = folder.appendingPathComponent("trained.pt").path
    try save(DemoModel.destination(), to: destination)
    try save(DemoModel.source(), to: source)
    guard !writeOnly, isatty(STDIN_FILENO) != 0, isatty(STDOUT_FILENO) != 0 else {
      print("\(destination)\n\(source)")
      return .done
    }
    try browse(destination, source, options: options)
    print("The two files are \(destination) and \(source).")
    return .done
  }

  private func save(_ model: MemorySource, to path: String) throws {
    try Checkpoint.save(
      SaveRequest(model, to: FilePath(path), format: "pytorch", replace: true))
  }
}
