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
    let tree = checkpoint.tree
    var out = StandardStream.output()
    out.write("{\"metadata\":{},\n\"tensors\":[")
    var firstOfTie: [Int: TreePath] = [:]
    var separator = "\n"
    for leaf in checkpoint.leaves(below: checkpoint.root) where tree.kind(of: leaf) == .array {
      let path = tree.path(of: tree.node(of: leaf), below: checkpoint.root)
      var json = JSONWriter()
      json.beginObject()
      json.key("name")
      json.name(path.flatName.bytes)
      json.key("shape")
      json.beginArray()
      for dimension in tree.shape(of: leaf).dimensions { json.integer(dimension) }
      json.endArray()
      json.key("dtype")
      json.string(tree.dtype(of: leaf).name)
      json.key("tied_to")
      if let tie = tree.tie(of: leaf), let first = firstOfTie[tie] {
        json.name(first.flatName.bytes)
      } else {
        if let tie = tree.tie(of: leaf) { firstOfTie[tie] = path }
        json.null()
      }
      json.endObject()
      out.write(separator)
      out.write(bytes: json.drain())
      separator = ",\n"
    }
    out.line("\n]}")
    out.flush()
    return .done
  }
}
