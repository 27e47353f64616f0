import ArgumentParser
import Espalier

struct List: Command {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List what a checkpoint holds.")

  @Argument(help: "A file or a folder of shards.", completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp("List only what is below this path.", valueName: "path"),
    completion: .pathsInside(argument: 0))
  var root: String?

  @Flag(help: "Hash the values of every array (SHA-256; reads the whole file).")
  var hash = false

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func execute() throws -> ExitStatus {
    let checkpoint = try Checkpoint.open(FilePath(file), options: OpenOptions(root: root))
    let leaves = checkpoint.leaves(below: root == nil ? .root : checkpoint.root)
    var out = StandardStream.output()
    if output.json {
      try writeJSON(checkpoint, leaves, to: &out)
    } else {
      try writeText(checkpoint, leaves, to: &out)
    }
    out.flush()
    return .done
  }

  private func writeText(
    _ checkpoint: Checkpoint, _ leaves: [LeafID], to out: inout StandardStream
  ) throws {
    let tree = checkpoint.tree
    var table = LeafTable(tree, leaves)
    for leaf in leaves {
      out.write(bytes: table.line(leaf))
      if hash, let sum = try digest(checkpoint, leaf) { out.write("  \(sum)") }
      out.line()
    }
    let summary = TreeSummary(tree, leaves)
    out.line(
      "\(checkpoint.format.name), \(counted(summary.arrays, "array")), "
        + "\(counted(summary.parameters, "parameter")), \(sizeText(summary.bytes))")
    for line in MetadataLines(checkpoint.metadata).lines { out.line(line) }
    for note in checkpoint.notes { out.line("note: \(note)") }
    for finding in checkpoint.findings { out.line("\(finding.severity): \(finding.sentence)") }
  }

  private func writeJSON(
    _ checkpoint: Checkpoint, _ leaves: [LeafID], to out: inout StandardStream
  ) throws {
    var json = JSONWriter()
    json.beginObject()
    json.key("schema")
    json.integer(1)
    json.key("file")
    json.name(checkpoint.path.bytes)
    json.key("format")
    json.string(checkpoint.format.name)
    json.key("root")
    json.beginArray()
    for component in checkpoint.rootPath.components { json.name(component.bytes) }
    json.endArray()
    json.key("metadata")
    json.beginObject()
    for entry in checkpoint.metadata {
      json.key(entry.key.bytes)
      switch entry.value {
      case .value(let value): json.value(value)
      case .json(let text): json.name(text)
      }
    }
    json.endObject()
    json.key("leaves")
    json.beginArray()
    for leaf in leaves {
      let sum = hash ? try digest(checkpoint, leaf) : nil
      json.leaf(leaf, of: checkpoint.tree) { json in
        guard let sum else { return }
        json.key("sha256")
        json.string(sum)
      }
      if json.bytes.count > 1 << 16 { out.write(bytes: json.drain()) }
    }
    json.endArray()
    json.endObject()
    out.write(bytes: json.drain())
    out.line()
  }
}

/// The hash of an array's elements, little-endian, in C order of its shape; nil where there is none.
func digest(_ source: any TensorSource, _ leaf: LeafID) throws -> String? {
  guard source.tree.kind(of: leaf) == .array, source.hasValues(leaf) else { return nil }
  var hash = SHA256()
  try source.withChunks(of: leaf) { hash.update($0) }
  return hexadecimal(hash.finalize())
}
