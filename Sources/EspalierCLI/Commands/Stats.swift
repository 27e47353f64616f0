import ArgumentParser
import Espalier
import EspalierUI

struct Stats: Command {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Read the values of every array and say what they are like.",
    discussion: """
      Minimum, maximum, mean and standard deviation are those of the finite elements. Arrays whose \
      elements are not real numbers have no statistics.
      """)

  @Argument(help: "A file or a folder of shards.", completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp("Read only what is below this path.", valueName: "path"),
    completion: .pathsInside(argument: 0))
  var root: String?

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func execute() throws -> ExitStatus {
    let checkpoint = try Checkpoint.open(FilePath(file), options: OpenOptions(root: root))
    let tree = checkpoint.tree
    let arrays = checkpoint.leaves(below: root == nil ? .root : checkpoint.root).filter {
      tree.kind(of: $0) == .array
    }
    var out = StandardStream.output()
    if output.json {
      try writeJSON(checkpoint, arrays, to: &out)
    } else {
      var table = LeafTable(tree, arrays)
      for leaf in arrays {
        out.write(bytes: table.line(leaf))
        out.line("  \(try statistics(leaf, checkpoint).map(text) ?? "no numbers")")
      }
    }
    out.flush()
    return .done
  }

  /// Nil where the elements are not real numbers, or the file has only their description.
  private func statistics(_ leaf: LeafID, _ checkpoint: Checkpoint) throws -> Statistics? {
    do {
      return try Espalier.statistics(of: leaf, in: checkpoint, bins: 0)
    } catch is NoValues {
      return nil
    }
  }

  private func text(_ values: Statistics) -> String {
    func short(_ value: Double) -> String { value.isNaN ? "–" : shortNumber(value) }
    var text =
      "min \(short(values.minimum))  max \(short(values.maximum))  "
      + "mean \(short(values.mean))  std \(short(values.deviation))"
    for (count, name) in [
      (values.zeros, "zero"), (values.nans, "NaN"), (values.infinities, "Inf"),
    ] where count > 0 { text += "  \(count) \(name)" }
    return text
  }

  private func writeJSON(
    _ checkpoint: Checkpoint, _ arrays: [LeafID], to out: inout StandardStream
  ) throws {
    var json = JSONWriter()
    json.beginObject()
    json.key("schema")
    json.integer(1)
    json.key("file")
    json.name(checkpoint.path.bytes)
    json.key("leaves")
    json.beginArray()
    for leaf in arrays {
      let values = try statistics(leaf, checkpoint)
      json.leaf(leaf, of: checkpoint.tree) { json in
        json.key("statistics")
        if let values { json.statistics(values) } else { json.null() }
      }
      if json.bytes.count > 1 << 16 { out.write(bytes: json.drain()) }
    }
    json.endArray()
    json.endObject()
    out.write(bytes: json.drain())
    out.line()
  }
}

extension JSONWriter {
  fileprivate mutating func statistics(_ values: Statistics) {
    beginObject()
    key("count")
    integer(values.count)
    for (name, value) in [
      ("min", values.minimum), ("max", values.maximum), ("mean", values.mean),
      ("std", values.deviation),
    ] {
      key(name)
      if value.isNaN { null() } else { number(value) }
    }
    for (name, count) in [
      ("zeros", values.zeros), ("nan", values.nans), ("inf", values.infinities),
    ] {
      key(name)
      integer(count)
    }
    endObject()
  }
}
