import ArgumentParser
import Espalier

struct Hash: Command {
  static let configuration = CommandConfiguration(
    commandName: "hash",
    abstract: "One hash of a checkpoint's names, shapes, types and values, whatever its format.")

  @Argument(help: "Files or folders of shards.", completion: .file())
  var files: [String]

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func execute() throws -> ExitStatus {
    var out = StandardStream.output()
    for file in files {
      let sum = try total(Checkpoint.open(FilePath(file)))
      if output.json {
        out.object { json in
          json.key("file")
          json.name(Array(file.utf8))
          json.key("sha256")
          json.string(sum)
        }
      } else {
        out.line("\(sum)  \(visibleText(file.utf8))")
      }
    }
    out.flush()
    return .done
  }

  /// Over all arrays below the root in order of their names: name, type, shape, values.
  private func total(_ checkpoint: Checkpoint) throws -> String {
    let tree = checkpoint.tree
    var lines: [[UInt8]] = []
    for leaf in checkpoint.leaves(below: checkpoint.root) {
      guard let sum = try digest(checkpoint, leaf) else { continue }
      let name = tree.path(of: tree.node(of: leaf), below: checkpoint.root).flatName.bytes
      lines.append(
        name + [0] + Array("\(tree.dtype(of: leaf)) \(tree.shape(of: leaf)) \(sum)\n".utf8))
    }
    var hash = SHA256()
    for line in lines.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      line.withUnsafeBytes { hash.update($0) }
    }
    return hexadecimal(hash.finalize())
  }
}
