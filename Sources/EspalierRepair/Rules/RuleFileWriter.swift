import EspalierDiagnosis
import EspalierTree

/// Writes rules as a file, with what they repair above them.
struct RuleFileWriter {
  private let rules: [Rule]
  private let diagnoses: [Diagnosis]

  init(_ rules: [Rule], _ diagnoses: [Diagnosis] = []) {
    self.rules = rules
    self.diagnoses = diagnoses
  }

  var text: String {
    var out = "version = 1\n"
    let owners = diagnoses.ownersOfRules
    var current: Int?
    for rule in inOrder(owners) {
      if let owner = owners[rule], owner != current {
        out += comment(owner) + choices(owner)
        current = owner
      } else if owners[rule] == nil, case .enter = rule, !diagnoses.isEmpty {
        out += "\n" + Self.wrapped("No cause: a load opens this entry of both files by itself.")
      }
      out += "\n[[rule]]\n" + lines(rule)
    }
    let repairing = Set(rules.compactMap { owners[$0] })
    for number in diagnoses.indices where !repairing.contains(number) {
      out += comment(number) + choices(number)
    }
    return out
  }

  /// Rules that change names apply in their order; those for single tensors may stand anywhere.
  private func inOrder(_ owners: [Rule: Int]) -> [Rule] {
    let rest = rules.enumerated().filter { !$0.element.changesNames }
    let sorted = rest.sorted { a, b in
      let (x, y) = (owners[a.element] ?? .max, owners[b.element] ?? .max)
      return (x, a.offset) < (y, b.offset)
    }
    return rules.filter(\.changesNames) + sorted.map(\.element)
  }

  private func comment(_ number: Int) -> String {
    let diagnosis = diagnoses[number]
    let sentence = "\(number + 1). \(diagnosis.sentence) (\(diagnosis.harm.rawValue))"
    return "\n" + Self.wrapped(sentence)
  }

  /// Rules that only somebody's wish brings into force, as comments.
  private func choices(_ number: Int) -> String {
    let diagnosis = diagnoses[number]
    guard !diagnosis.choices.isEmpty else { return "" }
    let instead = diagnosis.remedy.isEmpty ? "" : ", and the # goes before the rules of cause"
    let what = instead.isEmpty ? "" : "\(instead) \(number + 1)"
    let rules = diagnosis.choices.map { rule in
      "#\n# [[rule]]\n"
        + lines(rule).split(separator: "\n").map { "# \($0)\n" }.joined()
    }
    return "\n" + Self.wrapped("By choice for cause \(number + 1); take the # away\(what):")
      + rules.joined()
  }

  /// Comment lines of at most 98 characters.
  static func wrapped(_ text: String) -> String {
    var out = ""
    var line = "#"
    for word in text.split(separator: " ") {
      if line.count + word.count > 97, line.count > 1 {
        out += line + "\n"
        line = "#"
      }
      line += " " + word
    }
    return out + line + "\n"
  }

  private func lines(_ rule: Rule) -> String {
    switch rule {
    case .enter(let name): return "enter = \(Self.quoted(name))\n"
    case .strip(let name): return "strip = \(Self.quoted(name))\n"
    case .remove(let name): return "remove = \(Self.quoted(name))\n"
    case .add(let name): return "add = \(Self.quoted(name))\n"
    case .skip(let pattern): return "skip = \(Self.quoted(pattern.description))\n"
    case .drop(let pattern): return "drop = \(Self.quoted(pattern.description))\n"
    case .take(let destination, let sources, let operation, let layer):
      let names = sources.map { Self.quoted($0.description) }
      let from =
        names.count == 1
        ? names[0]
        : names.joined(separator: ", ").utf8.count < 86
          ? "[\(names.joined(separator: ", "))]"
          : "[\n" + names.map { "  \($0),\n" }.joined() + "]"
      var steps = operation.description
      if let layer {
        steps = operation.steps.map { step in
          if case .index(let axis, -1) = step { return "index(\(axis),{\(layer)})" }
          return step.description
        }.joined(separator: "|")
      }
      let what = steps == "rename" ? "" : "do = \(Self.quoted(steps))\n"
      return "to = \(Self.quoted(destination.description))\nfrom = \(from)\n\(what)"
    }
  }

  /// Text in quotes: single ones where a backslash is to stand for itself.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy(isVisible)
    if isPlain, text.contains("\\"), !text.contains("'") { return "'\(text)'" }
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case _ where isVisible(scalar): out.unicodeScalars.append(scalar)
      default: out += spelt(scalar)
      }
    }
    return out + "\""
  }
}
