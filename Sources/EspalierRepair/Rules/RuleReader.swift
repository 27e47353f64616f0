import EspalierDiagnosis

/// One `[[rule]]` table as a rule.
struct RuleReader {
  private let table: TOMLReader.Table
  private let file: String

  init(_ table: TOMLReader.Table, file: String) {
    self.table = table
    self.file = file
  }

  private static let verbs = ["enter", "strip", "remove", "add", "skip", "drop"]

  func rule() throws(RuleError) -> Rule {
    for entry in table.entries
    where !(Self.verbs + ["to", "from", "do"]).contains(entry.key) {
      throw error(
        "“\(entry.key)”", "one of \((Self.verbs + ["to", "from", "do"]).joined(separator: ", "))",
        entry.line)
    }
    if let first = table.entries.first(where: { Self.verbs.contains($0.key) }) {
      guard table.entries.count == 1 else {
        throw error("“\(first.key)” with other keys beside it", "a rule of its own", first.line)
      }
      return try named(first)
    }
    return try take()
  }

  private func named(_ entry: TOMLReader.Entry) throws(RuleError) -> Rule {
    guard case .text(let name) = entry.value, !name.isEmpty else {
      throw error("no name after “\(entry.key)”", "a name in quotes", entry.line)
    }
    switch entry.key {
    case "enter": return .enter(name)
    case "strip": return .strip(name)
    case "remove": return .remove(name)
    case "add": return .add(name)
    case "drop": return .drop(try pattern(name, entry.line))
    default: return .skip(try pattern(name, entry.line))
    }
  }

  private func take() throws(RuleError) -> Rule {
    guard let to = entry("to"), case .text(let destination) = to.value else {
      throw error("no “to”", "the destination tensor that the rule is for", table.line)
    }
    guard let from = entry("from") else {
      throw error("no “from”", "the source tensor or tensors that it takes", table.line)
    }
    var sources: [NamePattern] = []
    switch from.value {
    case .text(let name): sources = [try pattern(name, from.line)]
    case .list(let names) where !names.isEmpty:
      for name in names { sources.append(try pattern(name, from.line)) }
    default: throw error("no name after “from”", "a name or a list of names", from.line)
    }
    let (operation, layer) = try self.operation()
    let target = try pattern(destination, to.line)
    try checkVariables(target, sources, layer, from.line)
    return .take(
      destination: target, sources: sources, operation: operation, layerVariable: layer)
  }

  /// The steps, `rename` where there are none. A position `{0}` of `index` follows a number.
  private func operation() throws(RuleError) -> (Operation, layer: Int?) {
    guard let entry = entry("do") else { return (Operation([.rename]), nil) }
    guard case .text(let text) = entry.value else {
      throw error("no text after “do”", "steps in quotes, joined by “|”", entry.line)
    }
    var plain = text
    var layer: Int?
    if let open = text.firstIndex(of: "{") {
      guard let close = text[open...].firstIndex(of: "}"),
        let variable = Int(text[text.index(after: open)..<close]), variable >= 0, variable < 64
      else {
        throw error("“\(text)”", "a number in braces as in “index(0,{0})”", entry.line)
      }
      layer = variable
      plain.replaceSubrange(open...close, with: "-1")
    }
    for part in plain.split(separator: "|", omittingEmptySubsequences: false) {
      guard Operation(parsing: String(part)) != nil else {
        let text = part.filter { $0 != " " }
        throw error("“\(text)”", Self.form(of: text) ?? "one of \(Self.steps)", entry.line)
      }
    }
    guard let operation = Operation(parsing: plain) else {
      throw error("“\(text)”", "one of \(Self.steps)", entry.line)
    }
    if layer != nil,
      !operation.steps.contains(where: { if case .index(_, -1) = $0 { true } else { false } })
    {
      throw error("braces outside of “index”", "“index(axis,{0})”", entry.line)
    }
    return (operation, layer)
  }

  /// How a step is written whose name is right.
  private static func form(of text: String) -> String? {
    func name(_ step: some StringProtocol) -> String {
      String(step.prefix { $0 != "(" && $0 != "[" })
    }
    return steps.split(separator: ", ").first { name($0) == name(text) }.map {
      "“\($0)” with whole numbers"
    }
  }

  private static let steps =
    "rename, cast, tie, transpose, permute[2,0,1], reshape[3,-1], split(axis,index,of), "
    + "slice(axis,start,stop), index(axis,i), take(axis,[1,0]), flip[0], pad(axis,size), concat(axis), "
    + "stack(axis), resize, dequantise, weight_norm(dim), lora_merge, fold_bn"

  /// Numbers of the sources must be numbers of the destination.
  private func checkVariables(
    _ target: NamePattern, _ sources: [NamePattern], _ layer: Int?, _ line: Int
  ) throws(RuleError) {
    let known = Set(target.variables)
    if let open = sources.first(where: \.isOpen), !target.isOpen {
      throw error("“\(open)”", "“*” at the end of “to”, too", line)
    }
    if target.isOpen, !sources.contains(where: \.isOpen) {
      throw error("“\(target)” for one source", "“*” at the end of “from”, too", line)
    }
    for variable in sources.flatMap(\.variables) + (layer.map { [$0] } ?? [])
    where !known.contains(variable) {
      throw error("{\(variable)}", "a number that “to” has in braces", line)
    }
  }

  private func entry(_ key: String) -> TOMLReader.Entry? { table.entries.first { $0.key == key } }

  private func pattern(_ text: String, _ line: Int) throws(RuleError) -> NamePattern {
    guard let pattern = NamePattern(parsing: text) else {
      throw error(
        "“\(text)”",
        "a name; braces hold a number as in {0} or {0+1}, * stands at the end for all below, "
          + "and a backslash makes them plain",
        line)
    }
    return pattern
  }

  private func error(_ found: String, _ expected: String, _ line: Int) -> RuleError {
    RuleError(file: file, line: line, found: found, expected: expected)
  }
}

extension NamePattern {
  /// The numbers of its holes.
  var variables: [Int] {
    pieces.compactMap { piece in
      if case .hole(let hole) = piece { return hole.variable }
      return nil
    }
  }
}
