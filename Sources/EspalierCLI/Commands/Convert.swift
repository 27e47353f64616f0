import ArgumentParser
import Espalier

struct Convert: Command {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint's arrays in another format.",
    discussion: """
      What is converted is the container that holds the weights, such as state_dict; --whole takes \
      everything in the file, --root what is below a path. What the other format cannot hold is \
      said before anything is written. Blocks of GGUF that the other format does not have become \
      F32; --dequantise unpacks other quantised weights, too. Input and output may be the same path, with --force.
      """)

  @Argument(help: "A file or a folder of shards.", completion: .file())
  var input: String

  @Argument(
    help: "The new file; its extension says the format, unless --format does.",
    completion: .file())
  var output: String

  @OptionGroup var chosen: FormatOption

  @Option(
    help: ArgumentHelp("Convert only what is below this path.", valueName: "path"),
    completion: .pathsInside(argument: 0))
  var root: String?

  @Flag(help: "Convert the whole file, not only the container that holds the weights.")
  var whole = false

  @Flag(help: "Write tied arrays once for each name, where the format has no ties of its own.")
  var untied = false

  @OptionGroup var packed: PackedOption

  @Flag(help: "Say what would be left out; write nothing.")
  var dryRun = false

  @Flag(help: "Replace the output if there is one.")
  var force = false

  @OptionGroup var printing: JSONOption
  var printsJSON: Bool { printing.json }

  func validate() throws {
    if whole, root != nil {
      throw ValidationError("--whole and --root exclude each other.")
    }
  }

  func execute() throws -> ExitStatus {
    let target = FilePath(output)
    guard let format = chosen.name ?? Formats.meant(by: target)?.name else {
      throw UsageError(
        sentence: "the extension of “\(visibleText(output.utf8))” is no format's; name one with "
          + "--format: \(Formats.writable.map(\.name).joined(separator: ", "))")
    }
    let checkpoint = try Checkpoint.open(FilePath(input), options: OpenOptions(root: root))
    var request = SaveRequest(
      checkpoint, to: target, format: format,
      metadata: checkpoint.format.metadataIsAboutTheFile ? [] : checkpoint.metadata,
      root: whole ? .root : checkpoint.root, replace: force, inputs: checkpoint.files)
    request.untied = untied
    let outside = outside(request.root, of: checkpoint)
    let unpacked = try packed.unpacked(request, of: checkpoint)
    request = unpacked.request
    let losses = try outside + Checkpoint.losses(request)
    var out = StandardStream.output()
    if !printing.json {
      for note in checkpoint.notes where !whole { out.line("note: \(note)") }
      for note in unpacked.notes { out.line("note: \(note)") }
      for loss in losses { out.line("note: \(loss)") }
      // Large files take a while; this is to be read before.
      out.flush()
    }
    if dryRun { try Checkpoint.checkTarget(of: request) }
    let saved = dryRun ? nil : try Checkpoint.save(request)
    if printing.json {
      out.object { json in
        describe(checkpoint, request, losses, saved, in: &json)
        unpacked.write(to: &json)
      }
    } else if let saved {
      for file in saved.files {
        out.line(
          "saved \(file.path), \(saved.format), \(counted(saved.arrays, "array")), "
            + sizeText(file.size))
      }
    } else {
      out.line("\(format): nothing written (--dry-run)")
    }
    out.flush()
    return .done
  }

  /// What lies outside the container that is converted, as a sentence.
  private func outside(_ root: NodeID, of checkpoint: Checkpoint) -> [String] {
    let tree = checkpoint.tree
    let inside = root.index..<tree.end(of: root)
    let others = tree.leafIDs.filter { !inside.contains(tree.node(of: $0).index) }
    guard let first = others.first else { return [] }
    return [
      "\(others.count) \(others.count == 1 ? "leaf" : "leaves") outside “\(tree.path(of: root))” "
        + "\(others.count == 1 ? "is" : "are") left out, \(tree.path(of: first)) "
        + "\(others.count == 1 ? "alone" : "first"); --whole takes everything"
    ]
  }

  private func describe(
    _ checkpoint: Checkpoint, _ request: SaveRequest, _ losses: [String], _ saved: SaveReport?,
    in json: inout JSONWriter
  ) {
    json.key("file")
    json.name(checkpoint.path.bytes)
    json.key("output")
    json.name(request.path.bytes)
    json.key("from")
    json.string(checkpoint.format.name)
    json.key("format")
    json.string(request.format ?? "")
    json.key("root")
    json.beginArray()
    for component in checkpoint.tree.path(of: request.root).components {
      json.name(component.bytes)
    }
    json.endArray()
    json.strings("losses", losses)
    json.key("saved")
    json.bool(saved != nil)
    json.key("arrays")
    if let saved { json.integer(saved.arrays) } else { json.null() }
    json.key("files")
    json.beginArray()
    for file in saved?.files ?? [] {
      json.beginObject()
      json.key("path")
      json.name(file.path.bytes)
      json.key("size")
      json.integer(file.size)
      json.endObject()
    }
    json.endArray()
  }
}
