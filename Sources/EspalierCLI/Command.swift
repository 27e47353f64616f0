import ArgumentParser
import Espalier

/// What every command of the program is.
protocol Command: ParsableCommand {
  /// Whether standard output is for programs.
  var printsJSON: Bool { get }

  func execute() throws -> ExitStatus
}

extension Command {
  var printsJSON: Bool { false }
}

struct EspalierCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "espalier",
    abstract: "Two neural network checkpoints side by side: what does not fit, load, save.",
    discussion: """
      Without a subcommand it opens the interface: the destination (the model that is loaded into) \
      on the left, the source (the checkpoint that is loaded from) on the right. With one file it \
      is a browser.

      Formats, told apart by content: \(Formats.all.map(\.name).joined(separator: ", ")).

      Exit status: 0 done, and for diff the same; 1 differences, or a load refused; 2 usage; 3 a \
      file refused; 4 not saved, the old file untouched; 5 changed on disk or locked; 70 a defect; \
      128+n ended by signal n.

      Options and keys of the interface: $XDG_CONFIG_HOME/espalier/settings.toml, or \
      ~/.config/espalier/settings.toml; “espalier settings” prints one to start from.
      """,
    version: "0.1.0",
    subcommands: [
      Browse.self, List.self, Diff.self, Explain.self, Load.self, Convert.self, Check.self,
      Hash.self, Stats.self,
      SkeletonCommand.self,
      FormatList.self, Demo.self, SettingsCommand.self,
    ],
    defaultSubcommand: Browse.self)
}

struct JSONOption: ParsableArguments {
  @Flag(name: .long, help: "Print JSON for programs instead of text for people.")
  var json = false
}

/// The two files of a load, and which part of it is meant.
struct PairArguments: ParsableArguments {
  @Argument(
    help: "The model that is loaded into: a file, a folder of shards, or a skeleton.",
    completion: .file())
  var destination: String

  @Argument(help: "The checkpoint that is loaded from.", completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp(
      "Begin at this path of the destination instead of the container that is entered by itself.",
      valueName: "path"), completion: .pathsInside(argument: 0))
  var into: String?

  @Option(
    help: ArgumentHelp(
      "Begin at this path of the source instead of the container that is entered by itself.",
      valueName: "path"), completion: .pathsInside(argument: 1))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "Apply this rules file to the source first (see explain --write-rules).", valueName: "file"),
    completion: .file())
  var rules: String?

  @OptionGroup var filter: FilterOption

  @Flag(help: "A “nothing” in the source keeps the destination's array.")
  var nothingKeeps = false

  @Flag(help: "Pass over arrays that the destination has switched off with false.")
  var ignoreInactive = false
}

/// Which part of both sides a command looks at.
struct FilterOption: ParsableArguments {
  @Option(
    name: .customLong("filter"),
    help: ArgumentHelp(
      """
      Take only what this pattern names on both sides, or with a ! leave that out; may be given \
      several times. * stands for any part of a name, ** for any path, {a,b} for one of several; a \
      branch stands for all below it. Paths begin where --into and --from do.
      """, valueName: "pattern"))
  var patterns: [String] = []

  func validate() throws {
    do { _ = try PathSelection(patterns) } catch { throw ValidationError("--filter: \(error)") }
  }

  /// The patterns, which have to name something; notes on exclusions that do not.
  func selection(
    _ destination: (tree: Tree, root: NodeID), _ source: (tree: Tree, root: NodeID)
  ) throws -> (filter: TreeFilter?, notes: [String]) {
    guard !patterns.isEmpty else { return (nil, []) }
    let selection = try PathSelection(patterns)
    let unused = selection.unused(in: [destination, source])
    if let first = unused.included.first {
      throw UsageError(
        sentence:
          "--filter: “\(visibleText(first.description.utf8))” names nothing on either side; "
          + "patterns begin below the container that was entered, and ** stands for any path")
    }
    let notes = unused.excluded.map {
      "--filter: there is no “\(visibleText($0.description.utf8))” to leave out on either side"
    }
    return (selection.filter, notes)
  }
}

/// Both files opened, aligned and planned.
struct Pair {
  let destination: Checkpoint
  let source: Checkpoint
  /// The source with the rules applied, where there are rules.
  let repaired: RepairedSource?
  /// What is loaded from.
  let values: any TensorSource
  let plan: LoadPlan
  private let filterNotes: [String]

  init(_ arguments: PairArguments, mode: LoadMode, allowsEmptyLoad: Bool = false) throws {
    destination = try Checkpoint.open(
      FilePath(arguments.destination), options: OpenOptions(root: arguments.into))
    source = try Checkpoint.open(
      FilePath(arguments.source), options: OpenOptions(root: arguments.from))
    if let path = arguments.rules {
      repaired = try RuleSet(contentsOf: FilePath(path)).repairing(
        source.repairSide(below: arguments.from == nil ? .root : source.root),
        destination: destination.repairSide(below: destination.root))
    } else {
      repaired = nil
    }
    values = repaired ?? source
    let sourceRoot = repaired?.root ?? source.root
    let selection = try arguments.filter.selection(
      (destination.tree, destination.root), (values.tree, sourceRoot))
    filterNotes = selection.notes
    let alignment = Alignment(
      destination.tree, values.tree, destinationRoot: destination.root, sourceRoot: sourceRoot,
      filter: selection.filter)
    plan = try LoadPlan(
      alignment, mode: mode,
      options: LoadOptions(
        nothingKeeps: arguments.nothingKeeps || repaired?.hasSkips == true,
        ignoreInactive: arguments.ignoreInactive,
        allowsEmptyLoad: allowsEmptyLoad),
      destination: destination, source: values)
  }

  /// The rules as `"rules": [{"rule":…, "side":…, "tensors":…, "first":[…]}]`, where there are some.
  func writeRules(_ json: inout JSONWriter) {
    guard let repaired else { return }
    json.key("rules")
    json.beginArray()
    for preview in repaired.previews {
      json.beginObject()
      json.key("rule")
      json.string(preview.rule.description)
      json.key("side")
      json.string(preview.side.rawValue)
      json.key("tensors")
      json.integer(preview.count)
      json.strings("first", preview.firstNames)
      json.endObject()
    }
    json.endArray()
  }

  /// Names a node of the source as its file does, whatever rules call it.
  var sourceWriter: SourceWriter? {
    repaired.map { repaired in { node, json in repaired.writeJSON(node, to: &json) } }
  }

  /// What the user should know about how the files were opened.
  var notes: [String] {
    (repaired?.notes ?? [])
      + [destination, source].flatMap { file in
        file.notes.map { "\(file.path): \($0)" }
          + file.findings.filter { $0.severity == .danger }.map { "\(file.path): \($0.sentence)" }
      } + filterNotes
  }
}
