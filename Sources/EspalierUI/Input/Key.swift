/// Keys held together with another.
public struct Modifiers: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let control = Modifiers(rawValue: 1)
  public static let alt = Modifiers(rawValue: 2)
  public static let shift = Modifiers(rawValue: 4)
}

/// One key press as a terminal tells it apart from others.
public struct Key: Hashable, Sendable {
  public enum Code: Hashable, Sendable {
    case character(Unicode.Scalar)
    case up, down, left, right
    case home, end, pageUp, pageDown, insert, delete
    case backspace, enter, tab, escape
    /// F1 to F12.
    case function(Int)
  }

  public var code: Code
  public var modifiers: Modifiers

  /// A key; the combinations that terminals send as another key become that key, so that each
  /// key press has one value: Ctrl-I is Tab, Ctrl-M Enter, Ctrl-H Backspace, Ctrl-[ Escape.
  public init(_ code: Code, _ modifiers: Modifiers = []) {
    self.code = code
    self.modifiers = modifiers
    if case .character(let scalar) = code { simplify(scalar) }
  }

  public static let up = Key(.up), down = Key(.down), left = Key(.left), right = Key(.right)
  public static let home = Key(.home), end = Key(.end)
  public static let pageUp = Key(.pageUp), pageDown = Key(.pageDown)
  public static let insert = Key(.insert), delete = Key(.delete), backspace = Key(.backspace)
  public static let enter = Key(.enter), escape = Key(.escape)
  public static let tab = Key(.tab), backTab = Key(.tab, .shift)

  public static func character(_ scalar: Unicode.Scalar) -> Key { Key(.character(scalar)) }
  public static func control(_ scalar: Unicode.Scalar) -> Key { Key(.character(scalar), .control) }
  public static func alt(_ scalar: Unicode.Scalar) -> Key { Key(.character(scalar), .alt) }
  public static func function(_ number: Int) -> Key { Key(.function(number)) }

  /// What the key would type into a text field.
  public var typed: Unicode.Scalar? {
    if case .character(let scalar) = code, modifiers.isEmpty { return scalar }
    return nil
  }

  private mutating func simplify(_ scalar: Unicode.Scalar) {
    // Shift is part of the character: "G", not "S-g".
    modifiers.remove(.shift)
    guard modifiers.contains(.control) else { return }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    code = .character(scalar.isASCII ? lower : scalar)
    let named: [Unicode.Scalar: Code] = [
      "h": .backspace, "?": .backspace, "i": .tab, "j": .enter, "m": .enter, "[": .escape,
    ]
    if let same = named[lower] {
      code = same
      modifiers.remove(.control)
    } else if lower == "@" {
      code = .character(" ")
    }
  }
}
