import ArgumentParser
import Espalier

struct SkeletonCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "skeleton",
    abstract: "Print a checkpoint's names, shapes and element types as a skeleton, without values.",
    discussion: "A skeleton is a destination for a model that exists only as code.")

  @Argument(help: "A file or a folder of shards.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("Only what is below this path.", valueName: "path"))
  var root: String?

  func execute() throws -> ExitStatus {
    let checkpoint = try Checkpoint.open(FilePath(file), options: OpenOptions(root: root))
    var out = StandardStream.output()
    out.write(bytes: Skeleton.text(of: checkpoint.tree, below: checkpoint.root))
    out.flush()
    return .done
  }
}
