/// What the settings file says: how things are shown and loaded at the start, and which keys do what.
///
///     [options]
///     units = "binary"
///     bytes = true
///
///     [keys]
///     next-issue = ["] c", "F8"]
public struct Settings: Equatable, Sendable {
  public var view = ViewOptions()
  public var plan = PlanOptions()
  /// At most these colours, whatever the terminal has.
  public var colors = ViewOptions.ColorDepth.trueColor
  public var keyMap = KeyMap.standard

  public init() {}

  /// - Throws: the first line that cannot be obeyed, and why. Nothing is passed over.
  public init(_ text: String) throws(KeyMap.Refusal) {
    var section: Substring?
    var given: [String: Int] = [:]
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      let line = trimmed(raw)
      if line.isEmpty || line.first == "#" { continue }
      if line.first == "[" {
        guard line == "[options]" || line == "[keys]" else {
          throw KeyMap.Refusal(
            line: number, sentence: "there is no section “\(line)”; there are [options] and [keys]")
        }
        section = line
      } else if section == nil {
        throw KeyMap.Refusal(
          line: number, sentence: "expected [options] or [keys] before “\(line)”")
      } else if section == "[options]" {
        let (row, value) = try SettingRow.parse(line, number)
        if let before = given[row.name] {
          throw KeyMap.Refusal(
            line: number, sentence: "\(row.name) has been given a value in line \(before)")
        }
        given[row.name] = number
        row.set(&self, value)
      }
    }
    if section != nil { keyMap = try KeyMap.standard.applying(text) }
  }

  /// A settings file that changes nothing: every option and every key as it is without one.
  public static var standardText: String {
    var lines = ["[options]"]
    for row in SettingRow.table {
      let values = row.values.joined(separator: " or ")
      lines.append("\(row.name) = \(row.get(Settings()))  # \(row.help): \(values)")
    }
    lines += ["", "[keys]"]
    var named: Set<Command> = []
    for row in KeyRow.table where row.contexts != [.prompt] && named.insert(row.command).inserted {
      let keys = KeyRow.table.filter { $0.command == row.command && $0.contexts != [.prompt] }
        .flatMap(\.keys)
      var seen: Set<String> = []
      let quoted = keys.filter { seen.insert($0).inserted }.map { "\"\($0)\"" }
      lines.append("\(row.command.rawValue) = [\(quoted.joined(separator: ", "))]  # \(row.help)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// One option of the settings file.
struct SettingRow: Sendable {
  let name: String
  let help: String
  /// As the file writes them.
  let values: [String]
  let get: @Sendable (Settings) -> String
  let set: @Sendable (inout Settings, String) -> Void

  static let table: [SettingRow] = [
    toggle("types", "show element types", \.view.showsDtype),
    toggle("shapes", "show shapes", \.view.showsShape),
    toggle("bytes", "show the sizes of arrays", \.view.showsBytes),
    word("units", "how sizes are written", \.view.units),
    toggle("ascii", "draw with ASCII characters only", \.view.ascii),
    word("background", "the terminal's background", \.view.background),
    word("colors", "at most these colours", \.colors),
    toggle("mouse", "take the mouse", \.view.mouse),
    toggle("file-order", "children in the file's order, not in natural order", \.plan.fileOrder),
    toggle("nothing-keeps", "a nothing in the source keeps the array", \.plan.nothingKeeps),
    toggle("ignore-inactive", "an array for a false is no issue", \.plan.ignoreInactive),
  ]

  private static func toggle(
    _ name: String, _ help: String, _ path: WritableKeyPath<Settings, Bool> & Sendable
  ) -> SettingRow {
    SettingRow(
      name: name, help: help, values: ["true", "false"], get: { "\($0[keyPath: path])" },
      set: { $0[keyPath: path] = $1 == "true" })
  }

  private static func word<Word: CaseIterable & RawRepresentable<String> & Sendable>(
    _ name: String, _ help: String, _ path: WritableKeyPath<Settings, Word> & Sendable
  ) -> SettingRow {
    SettingRow(
      name: name, help: help, values: Word.allCases.map { "\"\($0.rawValue)\"" },
      get: { "\"\($0[keyPath: path].rawValue)\"" },
      set: { settings, value in
        if let word = Word(rawValue: String(value.dropFirst().dropLast())) {
          settings[keyPath: path] = word
        }
      })
  }

  /// A line `name = value`, perhaps with a comment after it.
  static func parse(
    _ line: Substring, _ number: Int
  ) throws(KeyMap.Refusal) -> (row: SettingRow, value: String) {
    func refusal(_ sentence: String) -> KeyMap.Refusal {
      KeyMap.Refusal(line: number, sentence: sentence)
    }
    guard let equals = line.firstIndex(of: "=") else {
      throw refusal("expected a line like units = \"binary\", found “\(line)”")
    }
    let name = trimmed(line[..<equals])
    guard let row = table.first(where: { $0.name == name }) else {
      throw refusal(
        "there is no option “\(name)”; there are \(table.map(\.name).joined(separator: ", "))")
    }
    // No value contains a number sign.
    let rest = line[line.index(after: equals)...]
    let value = trimmed(rest[..<(rest.firstIndex(of: "#") ?? rest.endIndex)])
    guard row.values.contains(String(value)) else {
      throw refusal(
        "\(name) is \(row.values.joined(separator: " or ")), found “\(value)”")
    }
    return (row, String(value))
  }
}
