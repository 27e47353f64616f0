extension Key: CustomStringConvertible, LosslessStringConvertible {
  /// The key as the help screen and a configuration file write it: `j`, `]`, `Space`, `C-d`,
  /// `M-x`, `S-Up`, `PgUp`, `F1`.
  public var description: String {
    if self == .backTab { return "BackTab" }
    return Self.prefixes.reduce("") { modifiers.contains($1.modifier) ? $0 + $1.spelling : $0 }
      + name
  }

  /// Reads a spelling; upper and lower case are the same except for single characters.
  public init?(_ spelling: String) {
    var rest = Substring(spelling)
    var modifiers: Modifiers = []
    while rest.count > 2,
      let prefix = Self.prefixes.first(where: {
        rest.lowercased().hasPrefix($0.spelling.lowercased())
      }),
      !modifiers.contains(prefix.modifier)
    {
      modifiers.insert(prefix.modifier)
      rest = rest.dropFirst(prefix.spelling.count)
    }
    if rest.lowercased() == "backtab" {
      (modifiers, rest) = (modifiers.union(.shift), "Tab")
    }
    guard let code = Self.code(named: String(rest)) else { return nil }
    if case .character(let scalar) = code {
      // No terminal can send these: Shift on a character is another character, and Ctrl reaches
      // only letters and a few signs.
      if modifiers.contains(.shift) { return nil }
      if modifiers.contains(.control), !Self.takesControl(scalar) { return nil }
    }
    self.init(code, modifiers)
  }

  /// Reads keys pressed one after another, separated by spaces: `z o`, `] c`.
  public static func sequence(_ spelling: String) -> [Key]? {
    var keys: [Key] = []
    for word in spelling.split(separator: " ") {
      guard let key = Key(String(word)) else { return nil }
      keys.append(key)
    }
    return keys.isEmpty ? nil : keys
  }

  private static let prefixes: [(modifier: Modifiers, spelling: String)] = [
    (.control, "C-"), (.alt, "M-"), (.shift, "S-"),
  ]

  /// The first name of a code is the one that is printed.
  private static let names: [(name: String, code: Code)] = [
    ("Up", .up), ("Down", .down), ("Left", .left), ("Right", .right),
    ("Home", .home), ("End", .end), ("PgUp", .pageUp), ("PgDn", .pageDown),
    ("Insert", .insert), ("Delete", .delete), ("Backspace", .backspace),
    ("Enter", .enter), ("Tab", .tab), ("Esc", .escape), ("Space", .character(" ")),
    ("PageUp", .pageUp), ("PageDown", .pageDown), ("Ins", .insert), ("Del", .delete),
    ("Return", .enter), ("Escape", .escape),
  ]

  private var name: String {
    if let known = Self.names.first(where: { $0.code == code }) { return known.name }
    switch code {
    case .character(let scalar): return String(Character(scalar))
    case .function(let number): return "F\(number)"
    default: return ""
    }
  }

  private static func code(named name: String) -> Code? {
    let scalars = name.unicodeScalars
    if let only = scalars.first, scalars.count == 1 {
      let invisible = only == " " || only.properties.generalCategory == .control
      return invisible ? nil : .character(only)
    }
    let lower = name.lowercased()
    if let known = names.first(where: { $0.name.lowercased() == lower }) { return known.code }
    guard lower.first == "f", let number = Int(lower.dropFirst()), 1...12 ~= number,
      lower == "f\(number)"
    else { return nil }
    return .function(number)
  }

  private static func takesControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", " ", "@", "[", "\\", "]", "^", "_", "?": true
    default: false
    }
  }
}
