import EspalierDiagnosis
import EspalierTree

/// Rules as a file that people read and edit.
///
///     version = 1
///
///     [[rule]]
///     strip = "module"
///
///     [[rule]]
///     to = "layers.{0}.attn.qkv.weight"
///     from = ["blocks.{0}.q.weight", "blocks.{0}.k.weight", "blocks.{0}.v.weight"]
///     do = "concat(0)"
///
/// `{0}` is a number that varies; `{0+1}` is one more, `{-0+3}` counts down from 3. Blanks, braces
/// and backslashes of a name are written with a backslash before them.
public struct RuleSet: Sendable {
  /// In the order in which they apply.
  public var rules: [Rule]
  /// The file that the rules were read from.
  public private(set) var file: String?
  private var lines: [Int] = []

  /// The largest file that is read.
  public static let sizeLimit = 256 << 20

  /// Rules that come from no file.
  public init(_ rules: [Rule]) { self.rules = rules }

  /// - Throws: ``RuleError`` with file, line, what was found and what was expected.
  public init(toml: String, file: String) throws(RuleError) {
    try self.init(toml: Array(toml.utf8), file: file)
  }

  /// Reads the text of a rules file.
  ///
  /// - Parameter file: its name, for errors.
  /// - Throws: ``RuleError`` with file, line, what was found and what was expected.
  public init(toml: [UInt8], file: String) throws(RuleError) {
    let (top, tables) = try TOMLReader.read(toml, file: file, table: "rule")
    rules = []
    self.file = file
    for entry in top.entries where entry.key != "version" || entry.value != .number(1) {
      throw RuleError(
        file: file, line: entry.line,
        found: entry.key == "version"
          ? "another “version”" : "“\(entry.key)” before any “[[rule]]”",
        expected: entry.key == "version"
          ? "“version = 1”" : "“[[rule]]” in a line above the keys of each rule")
    }
    for table in tables {
      rules.append(try RuleReader(table, file: file).rule())
      lines.append(table.line)
    }
  }

  /// The line of a rule in its file, nil where it has none.
  public func line(of rule: Int) -> Int? { lines.indices.contains(rule) ? lines[rule] : nil }

  /// A refusal of one of these rules with its file and line.
  public func place(_ error: RepairError) -> String {
    guard let file else { return error.description }
    let at = error.rule.flatMap(line).map { "\(file):\($0)" } ?? file
    return "\(at): \(error.sentence)"
  }

  /// The source with these rules applied.
  ///
  /// - Throws: ``RefusedRules``, which says file and line.
  public func repairing(
    _ source: RepairSide, destination: RepairSide
  ) throws(RefusedRules) -> RepairedSource {
    do throws(RepairError) {
      return try RepairedSource(source, rules: rules, destination: destination)
    } catch {
      throw RefusedRules(error: error, sentence: place(error))
    }
  }

  /// The rules as the text of a rules file.
  public var toml: String { RuleFileWriter(rules).text }

  /// The same with each diagnosis above the rules that repair it.
  public func toml(explaining diagnoses: [Diagnosis]) -> String {
    RuleFileWriter(rules, diagnoses).text
  }
}

extension RuleSet: Equatable {
  /// The same rules, from whatever file.
  public static func == (a: RuleSet, b: RuleSet) -> Bool { a.rules == b.rules }
}

/// Rules of a file that cannot be applied to a pair of checkpoints. Nothing has been read.
public struct RefusedRules: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which rule it is, and why.
  public var error: RepairError
  /// With file and line.
  public var sentence: String

  public var description: String { sentence }
}
