import CNcurses
import EspalierUI

enum KeyCode {
  // Numbers for sequences that we teach ncurses. Its own keys end at KEY_MAX (511), and the extended
  // capabilities of a terminal description are numbered from there on; these lie far above both.
  static let mouseReport: Int32 = 0o4000
  static let oldMouseReport: Int32 = 0o4001
  static let pasteBegin: Int32 = 0o4002
  static let pasteEnd: Int32 = 0o4003

  static let taught: [(sequence: String, code: Int32)] = [
    ("\u{1b}[<", mouseReport), ("\u{1b}[M", oldMouseReport),
    ("\u{1b}[200~", pasteBegin), ("\u{1b}[201~", pasteEnd),
  ]
}

/// The key of a character as a terminal sends it, control characters included.
func key(typed scalar: Unicode.Scalar) -> Key? {
  switch scalar.value {
  case 0: return .control(" ")
  case 0x08, 0x7f: return .backspace
  case 0x09: return .tab
  case 0x0a, 0x0d: return .enter
  case 0x1b: return .escape
  case 0x01...0x1f: return Unicode.Scalar(scalar.value + 0x40).map { .control($0) }
  case 0x80..<0xa0: return nil
  default: return .character(scalar)
  }
}

/// The key of a number that ncurses has for it.
func key(code: Int32) -> Key? {
  if let key = standardKeys[code] { return key }
  let function = Int(code - KEY_F0)
  if 1...60 ~= function {
    // Terminal descriptions count on: F13 is Shift-F1, F25 Ctrl-F1, F37 both, F49 Alt-F1.
    let held: [Modifiers] = [[], .shift, .control, [.control, .shift], .alt]
    return Key(.function((function - 1) % 12 + 1), held[(function - 1) / 12])
  }
  return code > KEY_MAX ? keyname(code).flatMap { key(capability: String(cString: $0)) } : nil
}

private let standardKeys: [Int32: Key] = [
  KEY_UP: .up, KEY_DOWN: .down, KEY_LEFT: .left, KEY_RIGHT: .right,
  KEY_HOME: .home, KEY_END: .end, KEY_PPAGE: .pageUp, KEY_NPAGE: .pageDown,
  KEY_A1: .home, KEY_A3: .pageUp, KEY_C1: .end, KEY_C3: .pageDown,
  KEY_IC: .insert, KEY_DC: .delete, KEY_BACKSPACE: .backspace, KEY_ENTER: .enter,
  KEY_BTAB: .backTab,
  KEY_SR: .up.with(.shift), KEY_SF: .down.with(.shift),
  KEY_SLEFT: .left.with(.shift), KEY_SRIGHT: .right.with(.shift),
  KEY_SHOME: .home.with(.shift), KEY_SEND: .end.with(.shift),
  KEY_SPREVIOUS: .pageUp.with(.shift), KEY_SNEXT: .pageDown.with(.shift),
  KEY_SIC: .insert.with(.shift), KEY_SDC: .delete.with(.shift),
]

/// The key of an extended capability: `kUP5` is Ctrl-Up, by xterm's numbers for held keys.
func key(capability name: String) -> Key? {
  guard let digit = name.last?.wholeNumberValue, let held = modifiers(number: digit) else {
    return nil
  }
  let codes: [String: Key.Code] = [
    "kUP": .up, "kDN": .down, "kLFT": .left, "kRIT": .right, "kHOM": .home, "kEND": .end,
    "kPRV": .pageUp, "kNXT": .pageDown, "kIC": .insert, "kDC": .delete,
  ]
  return codes[String(name.dropLast())].map { Key($0, held) }
}

/// The key of a sequence `ESC [ numbers final` in the form that most terminals share.
func key(sequence numbers: [Int], final: UInt8) -> Key? {
  let letters: [UInt8: Key.Code] = [
    UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right,
    UInt8(ascii: "D"): .left, UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end,
    UInt8(ascii: "P"): .function(1), UInt8(ascii: "Q"): .function(2),
    UInt8(ascii: "R"): .function(3), UInt8(ascii: "S"): .function(4), UInt8(ascii: "M"): .enter,
  ]
  let tildes: [Int: Key.Code] = [
    1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5),
    17: .function(6), 18: .function(7), 19: .function(8), 20: .function(9), 21: .function(10),
    23: .function(11), 24: .function(12),
  ]
  if final == UInt8(ascii: "Z") { return .backTab }
  let code = final == UInt8(ascii: "~") ? numbers.first.flatMap { tildes[$0] } : letters[final]
  guard let code, let held = modifiers(number: numbers.count > 1 ? numbers[1] : 1) else {
    return nil
  }
  return Key(code, held)
}

/// 1 and a bit for each held key.
private func modifiers(number: Int) -> Modifiers? {
  guard 1...8 ~= number else { return nil }
  var held: Modifiers = []
  if (number - 1) & 1 != 0 { held.insert(.shift) }
  if (number - 1) & 2 != 0 { held.insert(.alt) }
  if (number - 1) & 4 != 0 { held.insert(.control) }
  return held
}

extension Key {
  func with(_ held: Modifiers) -> Key { Key(code, modifiers.union(held)) }
}
