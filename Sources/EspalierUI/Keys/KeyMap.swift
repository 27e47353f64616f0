/// Which keys do what, made from the one table and changed by a configuration.
public struct KeyMap: Equatable, Sendable {
  private var bindings: [KeyContext: [[Key]: Command]] = [:]
  /// Sequences that other sequences begin with.
  private var prefixes: [KeyContext: Set<[Key]>] = [:]
  /// Spellings for each row of the table, in its order.
  private var spellings: [[String]]

  public static let standard = KeyMap(spellings: KeyRow.table.map(\.keys))

  private init(spellings: [[String]]) {
    self.spellings = spellings
    for (row, keys) in zip(KeyRow.table, spellings) {
      for sequence in keys.compactMap(Key.sequence) { bind(sequence, row) }
    }
  }

  private mutating func bind(_ sequence: [Key], _ row: KeyRow) {
    for context in row.contexts {
      bindings[context, default: [:]][sequence] = row.command
      for length in 1..<max(1, sequence.count) {
        prefixes[context, default: []].insert(Array(sequence.prefix(length)))
      }
    }
  }

  // MARK: Looking up

  public func command(for sequence: [Key], in context: KeyContext) -> Command? {
    bindings[context]?[sequence]
  }

  /// Whether more keys may follow.
  public func isPrefix(_ sequence: [Key], in context: KeyContext) -> Bool {
    prefixes[context]?.contains(sequence) ?? false
  }

  /// How to press a command, the way that is shown first; nil when it has no key.
  public func spelling(of command: Command, in context: KeyContext = .tree) -> String? {
    for (row, keys) in zip(KeyRow.table, spellings)
    where row.command == command && row.contexts.contains(context) {
      if let first = keys.first { return Self.shown(first) }
    }
    return nil
  }

  /// Rows with their keys, for the help screen and the README.
  public var rows: [(row: KeyRow, keys: [String])] {
    zip(KeyRow.table, spellings).map { ($0, $1.map(Self.shown)) }
  }

  /// `z o` is written `zo`, as people say it.
  private static func shown(_ spelling: String) -> String {
    let words = spelling.split(separator: " ")
    return words.count > 1 && words.allSatisfy({ $0.count == 1 }) ? words.joined() : spelling
  }

  /// The table for the README.
  public var markdown: String {
    var lines: [String] = []
    for section in KeyRow.Section.allCases {
      lines += ["", "**\(section.rawValue)**", "", "| keys | |", "|---|---|"]
      for (row, keys) in rows where row.section == section && !keys.isEmpty {
        let spelled = keys.map { "`\($0 == "|" ? "\\|" : $0)`" }.joined(separator: " ")
        lines.append("| \(spelled) | \(row.help) |")
      }
    }
    return lines.dropFirst().joined(separator: "\n") + "\n"
  }

  // MARK: Configuring

  /// A line of a configuration that cannot be obeyed.
  public struct Refusal: Error, Equatable, Sendable {
    public var line: Int
    public var sentence: String
  }

  /// The map with the changes of a configuration: lines `next-issue = ["] c", "F8"]`, each naming
  /// all keys of a command. An empty list takes the keys away.
  ///
  /// - Parameter text: the lines of the section `[keys]`, or a whole file with that section.
  public func applying(_ text: String) throws(Refusal) -> KeyMap {
    var spellings = self.spellings
    var lines: [Command: Int] = [:]
    var inKeys = true
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      let line = trimmed(raw)
      if line.isEmpty || line.first == "#" { continue }
      if line.first == "[" {
        inKeys = line == "[keys]"
        continue
      }
      guard inKeys else { continue }
      let (command, keys) = try KeyConfigLine(line, number: number).parsed()
      if let before = lines[command] {
        throw Refusal(
          line: number, sentence: "\(command.rawValue) has been given keys in line \(before)")
      }
      lines[command] = number
      var isFirst = true
      for (place, row) in KeyRow.table.enumerated()
      where row.command == command && row.contexts != [.prompt] {
        spellings[place] = isFirst ? keys : []
        isFirst = false
      }
    }
    try Self.checkConflicts(spellings, lines)
    return KeyMap(spellings: spellings)
  }

  /// Two commands on one sequence, or a sequence that another one begins with.
  private static func checkConflicts(
    _ spellings: [[String]], _ lines: [Command: Int]
  ) throws(Refusal) {
    for context in KeyContext.allCases {
      var owners: [[Key]: Command] = [:]
      var all: [(keys: [Key], command: Command)] = []
      for (row, keys) in zip(KeyRow.table, spellings) where row.contexts.contains(context) {
        all += keys.compactMap(Key.sequence).map { ($0, row.command) }
      }
      // What the configuration says comes last, so that the conflict is found at its line.
      all.sort { (lines[$0.command] ?? 0) < (lines[$1.command] ?? 0) }
      for (sequence, command) in all {
        for (other, owner) in owners where owner != command {
          guard sequence.starts(with: other) || other.starts(with: sequence) else { continue }
          let line = max(lines[command] ?? 0, lines[owner] ?? 0)
          let spelled = sequence.map(\.description).joined(separator: " ")
          throw Refusal(
            line: line,
            sentence: sequence == other
              ? "“\(spelled)” is the key of \(owner.rawValue) and of \(command.rawValue); "
                + "give one of them another"
              : "“\(spelled)” (\(command.rawValue)) and “"
                + other.map(\.description).joined(separator: " ")
                + "” (\(owner.rawValue)) begin alike; give one of them another")
        }
        owners[sequence] = command
      }
    }
  }
}

/// `name = "key"` or `name = ["key", "key"]`.
private struct KeyConfigLine {
  let line: Substring
  let number: Int

  init(_ line: Substring, number: Int) {
    self.line = line
    self.number = number
  }

  func parsed() throws(KeyMap.Refusal) -> (Command, [String]) {
    guard let equals = line.firstIndex(of: "=") else {
      throw refusal("expected a line like next-issue = [\"] c\", \"F8\"], found “\(line)”")
    }
    let name = trimmed(line[..<equals])
    guard let command = Command(rawValue: String(name)) else {
      let near = Command.allCases.map(\.rawValue).filter { $0.hasPrefix(name.prefix(3)) }
      throw refusal(
        "there is no command “\(name)”"
          + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: ", "))?"))
    }
    let keys = try strings(trimmed(line[line.index(after: equals)...]))
    for key in keys where Key.sequence(key) == nil {
      throw refusal(
        "“\(key)” is no key; keys are written like j, C-d, S-Up, F5, PgDn, or z o for two")
    }
    return (command, keys)
  }

  private func strings(_ text: Substring) throws(KeyMap.Refusal) -> [String] {
    var rest = text
    let isList = rest.first == "["
    if isList { rest = rest.dropFirst() }
    var result: [String] = []
    while true {
      rest = trimmed(rest)
      if isList, rest.first == "]" || rest.first == "," {
        let isEnd = rest.first == "]"
        rest = trimmed(rest.dropFirst())
        if !isEnd { continue }
        guard rest.isEmpty || rest.first == "#" else { break }
        return result
      }
      guard rest.first == "\"" else { break }
      rest = rest.dropFirst()
      var word = ""
      while let next = rest.first, next != "\"" {
        rest = rest.dropFirst()
        guard next == "\\", let escaped = rest.first else {
          word.append(next)
          continue
        }
        word.append(escaped)
        rest = rest.dropFirst()
      }
      guard rest.first == "\"" else { break }
      rest = rest.dropFirst()
      result.append(word)
      if !isList { return result }
    }
    throw refusal("expected keys in quotes, like [\"] c\", \"F8\"], found “\(text)”")
  }

  private func refusal(_ sentence: String) -> KeyMap.Refusal {
    KeyMap.Refusal(line: number, sentence: sentence)
  }
}

func trimmed(_ text: Substring) -> Substring {
  var text = text
  while let first = text.first, " \t\r".contains(first) { text = text.dropFirst() }
  while let last = text.last, " \t\r".contains(last) { text = text.dropLast() }
  return text
}
