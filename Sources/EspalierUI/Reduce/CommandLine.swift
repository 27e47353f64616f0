import EspalierLoad
import EspalierTree

/// One line of the palette.
public struct PaletteEntry: Equatable, Sendable {
  public var command: Command
  public var name: String
  public var help: String
  public var keys: [String]
  /// Why it can do nothing now.
  public var disabled: String?
}

/// The verbs that take words of their own, beside the names of commands.
enum CommandLine {
  static let verbs: [(name: String, help: String)] = [
    ("q", "quit; q! without asking"), ("w", "w PATH: save the result; w! replaces"),
    ("wq", "save and quit"), ("open", "open dst|src PATH: another file"),
    ("goto", "goto NAME: to the row with this key path"), ("set", "set OPTION: as in the o menu"),
    ("filter", "filter TERMS"), ("search", "search TEXT"),
    ("load", "load strict|lenient"),
    ("rules", "rules PATH: save the rules; rules! replaces"),
    ("apply", "apply PATH: read a rules file and apply it"),
  ]

  /// Whether the first word of a line is a verb, a command or a number.
  static func isKnown(_ line: String) -> Bool {
    guard let word = line.split(separator: " ").first.map(String.init) else { return false }
    let bare = word.last == "!" ? String(word.dropLast()) : word
    return Int(word) != nil || Command(rawValue: word) != nil
      || verbs.contains { $0.name == bare }
  }

  /// The path being typed, for verbs that take one.
  static func pathArgument(of line: String) -> String? {
    for start in [
      "w ", "w! ", "open dst ", "open src ", "rules ", "rules! ", "apply ",
    ] where line.hasPrefix(start) {
      return String(line.dropFirst(start.count))
    }
    return nil
  }
}

extension AppState {
  /// Commands that fit what has been typed, best first.
  public func palette(_ prompt: Prompt) -> [PaletteEntry] {
    guard prompt.kind == .command else { return [] }
    let typed = prompt.line.text
    let pattern = Pattern(typed, .fuzzy)
    var seen: Set<Command> = []
    let entries = keyMap.rows.compactMap { row, keys -> PaletteEntry? in
      guard row.section != .prompt, seen.insert(row.command).inserted else { return nil }
      let name = row.command.rawValue
      guard typed.isEmpty || pattern?.matches(name + " " + row.help) == true else { return nil }
      return PaletteEntry(
        command: row.command, name: name, help: row.help, keys: keys,
        disabled: row.whyDisabled(self))
    }
    // Names that begin so, then names that contain it, then everything else.
    let exact = Pattern(typed)
    return entries.filter { $0.name.hasPrefix(typed) }
      + entries.filter { !$0.name.hasPrefix(typed) && exact?.matches($0.name) == true }
      + entries.filter { !$0.name.hasPrefix(typed) && exact?.matches($0.name) != true }
  }

  /// Does what a line says.
  mutating func run(line: String) -> [Effect] {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard let first = words.first else { return [] }
    let rest = words.count > 1 ? words[1] : ""
    if let number = Int(first) {
      count = number
      return perform(.top)
    }
    switch first {
    case "q": return perform(.quit)
    case "q!": return [.quit]
    case "w", "w!", "wq": return write(first, rest)
    case "open": return open(rest)
    case "rules", "rules!": return writeRules(first, rest)
    case "apply": return applyRules(rest)
    case "goto": go(to: rest)
    case "set": return set(option: rest)
    case "filter": return setFilter(rest)
    case "search":
      let effects = startSearch(rest)
      return effects
    case "load":
      switch rest {
      case "strict": return perform(.loadStrict)
      case "lenient": return perform(.loadLenient)
      default: return perform(.load)
      }
    default:
      if let command = Command(rawValue: first) { return perform(command) }
      message = Message("there is no command “\(first)”; : lists them all", .warning)
    }
    return []
  }

  private mutating func write(_ verb: String, _ path: String) -> [Effect] {
    if let row = KeyRow.table.first(where: { $0.command == .save }),
      let reason = row.whyDisabled(self)
    {
      message = Message(reason, .warning)
      return []
    }
    if path.isEmpty { return perform(.save) }
    let format = saveFormats.first { $0.isEnding(of: path) }
    return save(to: path, format: format?.name, replace: verb == "w!")
  }

  private mutating func writeRules(_ verb: String, _ path: String) -> [Effect] {
    if let reason = KeyRow.noRules(self) {
      message = Message(reason, .warning)
      return []
    }
    return path.isEmpty ? perform(.saveRules) : saveRules(to: path, replace: verb == "rules!")
  }

  private mutating func applyRules(_ path: String) -> [Effect] {
    if let reason = KeyRow.cannotLoad(self) {
      message = Message(reason, .warning)
      return []
    }
    guard !path.isEmpty, let left = destination.file, let right = source.file else {
      message = Message("apply: say which rules file: apply fix.toml", .warning)
      return []
    }
    return [.readRules(path: path, destination: left, source: right)]
  }

  private mutating func open(_ rest: String) -> [Effect] {
    let words = rest.split(separator: " ", maxSplits: 1).map(String.init)
    let sides: [String: Side] = [
      "dst": .destination, "destination": .destination, "src": .source, "source": .source,
    ]
    guard words.count == 2, let side = sides[words[0]] else {
      message = Message("open: say which side and which file: open src trained.pt", .warning)
      return []
    }
    if let result, !result.isSaved {
      message = Message("the result has not been saved; w saves it", .warning)
      return []
    }
    if let file = self.side(side).file { replaced[side] = .open(file) }
    let state = SideState.opening(path: words[1], done: 0, total: 0)
    if side == .destination { destination = state } else { source = state }
    return [.open(side, path: words[1], root: nil)]
  }

  private mutating func go(to name: String) {
    guard var browse else { return }
    let alignment = browse.comparison.alignment
    let node = alignment.destination.node(named: Name(name))
    var row = node.flatMap { alignment.row(ofDestination: $0) }
    if row == nil, let other = alignment.source.node(named: Name(name)) {
      row = alignment.row(at: alignment.source.path(of: other, below: alignment.sourceRoot))
    }
    guard let row, row > 0 else {
      message = Message("there is no “\(name)” on either side", .warning)
      return
    }
    if !browse.reveal(row) {
      filter = nil
      browse.setFilter(nil)
      browse.setHidesEqual(false)
      browse.reveal(row)
      message = Message("what was hidden is shown, to get there")
    }
    self.browse = browse
  }

  private mutating func set(option: String) -> [Effect] {
    guard let item = optionItems.first(where: { $0.name == option }) else {
      message = Message(
        "set: there is no option “\(option)”; there are "
          + optionItems.map(\.name).joined(separator: ", "), .warning)
      return []
    }
    return change(item.option)
  }
}
