import EspalierLoad
import EspalierTree

/// Everything that can be said about one row, in words.
struct RowDescriber {
  let comparison: Comparison
  let row: Int
  let numbers: NumberStyle

  private var alignment: Alignment { comparison.alignment }

  init(_ comparison: Comparison, _ row: Int, _ state: AppState) {
    self.comparison = comparison
    self.row = row
    numbers = NumberStyle(units: state.options.units)
  }

  /// The key path as a person types it.
  var path: String { alignment.path(row).description }

  func leaf(_ side: Side) -> LeafID? { alignment.leaf(row, side) }

  func shape(_ side: Side) -> String? {
    guard let leaf = leaf(side), alignment.tree(side).kind(of: leaf) == .array else { return nil }
    return alignment.tree(side).shape(of: leaf).description
  }

  /// What decided the row; nil without a plan, and for rows that are left out of it.
  var verdict: Verdict? {
    guard let plan = comparison.plan, comparison.mark(row) != .skipped else { return nil }
    return plannedRow(plan).map { plan.verdict(at: $0) }
  }

  /// Where ties decided the row: at which path its memory is loaded, and what contradicts it.
  var tieWords: String? {
    guard let plan = comparison.plan, let leaf = leaf(.destination) else { return nil }
    // What is left out by name may be loaded under another all the same.
    let isSkipped = comparison.mark(row) == .skipped
    return plan.tieWords(of: leaf, at: isSkipped ? nil : plannedRow(plan))
  }

  private func plannedRow(_ plan: LoadPlan) -> Int? {
    if plan.alignment.isIdentical(to: alignment) { return row }
    // The plan leaves rows out; those that it has are in the same order.
    if let node = alignment.destinationNode(row) { return plan.alignment.row(ofDestination: node) }
    return plan.alignment.row(at: alignment.path(row))
  }

  /// The row as one sentence, with both sides.
  var sentence: String {
    let sides = Side.allCases.map { "\($0.name) \(short($0))" }.joined(separator: ", ")
    guard let verdict else { return "\(path): \(sides)" }
    return "\(path): \(sides): \(ruleWords(verdict))"
  }

  /// One side in a few words: element type and shape, a value, or how much lies below.
  func short(_ side: Side) -> String {
    let tree = alignment.tree(side)
    guard let node = alignment.node(row, side) else { return "has nothing here" }
    guard let leaf = tree.leaf(at: node) else {
      return counted(comparison.totals(row, side).arrays, "array")
    }
    guard let array = tree.array(leaf) else { return (tree.value(leaf) ?? .nothing).description }
    return "\(array.dtype) \(array.shape)"
  }

  /// One side in full, a fact a line.
  func lines(_ side: Side) -> [String] {
    let tree = alignment.tree(side)
    guard let node = alignment.node(row, side) else { return ["nothing here"] }
    var lines: [String] = []
    if let label = tree.label(of: node) { lines.append("type \(visibleText(label))") }
    guard let leaf = tree.leaf(at: node) else { return lines + branchLines(side, tree, node) }
    guard let array = tree.array(leaf) else {
      let value = tree.value(leaf) ?? .nothing
      if case .bool(let on) = value {
        return lines + [on ? "true: means nothing for an array" : "false: an inactive parameter"]
      }
      return lines + ["\(value.kind.name) \(value.description)"]
    }
    lines.append("\(array.dtype) \(array.shape), \(layoutText(array))")
    lines.append(
      "\(counted(array.elementCount ?? 0, "element")), \(numbers.bytes(array.byteCount ?? 0))")
    if array.trainability != .unknown {
      lines.append(array.trainability == .trainable ? "trainable" : "frozen")
    }
    return lines + tieLines(tree, leaf)
  }

  /// Where rules have taken the source's array from, a fact a line; empty without rules.
  var ruleLines: [String] {
    guard let repair = comparison.repair, let leaf = alignment.sourceLeaf(row),
      repair.isChanged(leaf), let origin = repair.origin(of: leaf)
    else { return [] }
    let tree = repair.original.tree
    let sources = origin.sources.prefix(3).map { source -> String in
      let name = Name(repair.original.ruleName(of: tree.node(of: source)))
      return "\(name) \(tree.dtype(of: source)) \(tree.shape(of: source))"
    }
    let more = origin.sources.count > 3 ? " + \(origin.sources.count - 3) more" : ""
    let operation = origin.keepsValues ? "" : ": \(origin.operation)"
    return [
      "from \(sources.joined(separator: " + "))\(more)\(operation)", ruleText(repair, origin),
    ]
  }

  /// What rules have done with the values that are loaded here; nil where they are as in the file.
  var operation: String? {
    guard let repair = comparison.repair, comparison.mark(row) == .renamed,
      let origin = alignment.sourceLeaf(row).flatMap(repair.origin(of:))
    else { return nil }
    return origin.keepsValues ? "renamed" : "\(origin.operation)"
  }

  /// The rule for this leaf; for one that is found by its name, those that change names.
  private func ruleText(_ repair: Repair, _ origin: Repair.LeafOrigin) -> String {
    if let rule = origin.rule, repair.rules.indices.contains(rule) {
      return "rule \(rule + 1) of \(repair.rules.count): \(repair.rules[rule].shortDescription)"
    }
    let names = repair.rules.filter(\.changesNames).map(\.description)
    return "by name, with \(names.joined(separator: "; "))"
  }

  private func branchLines(_ side: Side, _ tree: Tree, _ node: NodeID) -> [String] {
    let total = comparison.totals(row, side)
    var lines = [
      "\(counted(total.arrays, "array")), \(numbers.bytes(total.bytes))",
      "\(numbers.count(total.parameters)) parameter\(total.parameters == 1 ? "" : "s")",
    ]
    if tree.kind(of: node) == .positional { lines.append("a list: children have places") }
    return lines
  }

  private func layoutText(_ array: ArrayDescription) -> String {
    switch array.layout {
    case .contiguous(let order): return "\(order.name) order"
    case .strided(let offset, let strides):
      let list = strides.map(String.init).joined(separator: ", ")
      return "strides [\(list)]" + (offset == 0 ? "" : ", offset \(offset)")
    }
  }

  private func tieLines(_ tree: Tree, _ leaf: LeafID) -> [String] {
    guard let group = tree.tie(of: leaf) else { return [] }
    let others = tree.tiedGroups[group].leaves.filter { $0 != leaf }
    // A group of thousands is counted, not listed.
    let named = others.prefix(3).map { other in
      tree.path(of: other).description + (tree.isSameArray(leaf, other) ? "" : " (a view)")
    }
    let more = others.count > 3 ? " and \(grouped(others.count - 3)) more" : ""
    return ["tied (\(tieLetters(group))) with \(named.joined(separator: ", "))\(more)"]
  }

  // MARK: JSON

  /// The row for another program, as `diff --json` writes rows.
  var json: String {
    let sides = Side.allCases.map { side in
      "\"\(side == .destination ? "dst" : "src")\":\(json(side))"
    }
    return "{\"path\":\(quoted(path)),\"status\":\(quoted(comparison.mark(row).filterName)),"
      + sides.joined(separator: ",") + ",\"message\":\(quoted(sentence))}"
  }

  private func json(_ side: Side) -> String {
    let tree = alignment.tree(side)
    guard let node = alignment.node(row, side) else { return "null" }
    let parts = tree.path(of: node).components.map { quoted($0.description) }
    var text = "{\"path\":[\(parts.joined(separator: ","))]"
    if let leaf = tree.leaf(at: node) {
      text += ",\"kind\":\(quoted(tree.kind(of: leaf).name))"
      if let array = tree.array(leaf) {
        text += ",\"dtype\":\(quoted(array.dtype.name))"
        text += ",\"shape\":[\(array.shape.dimensions.map(String.init).joined(separator: ","))]"
        text += ",\"order\":\(quoted(array.order.name)),\"bytes\":\(array.byteCount ?? 0)"
      } else if let value = tree.value(leaf) {
        text += ",\"value\":\(quoted(value.description))"
      }
    }
    return text + "}"
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
