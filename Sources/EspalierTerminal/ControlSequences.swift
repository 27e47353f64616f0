import CNcurses

/// What is written to the terminal beside ncurses: modes that terminal descriptions do not know.
enum ControlSequence {
  // Synchronised output: the terminal shows a frame when it is complete. Others ignore it.
  static let frameBegin = "\u{1b}[?2026h"
  static let frameEnd = "\u{1b}[?2026l"
  static let pasteOn = "\u{1b}[?2004h"
  static let pasteOff = "\u{1b}[?2004l"
  // Presses and the wheel (1000), with positions as decimal numbers (1006).
  static let mouseOn = "\u{1b}[?1000h\u{1b}[?1006h"
  static let mouseOff = "\u{1b}[?1006l\u{1b}[?1000l"

  /// What undoes everything, for a process that ends without warning.
  static func farewell(modesOff: String) -> String {
    let undo = ["sgr0", "op", "rmkx", "rmcup", "cnorm"].map(capability)
    return frameEnd + modesOff + undo.joined()
  }

  /// A string of the terminal's description without its padding marks (`$<5>`).
  private static func capability(_ name: String) -> String {
    guard let value = curses_capability(name) else { return "" }
    var kept = ""
    var rest = Substring(String(cString: value))
    while let start = rest.firstRange(of: "$<"),
      let end = rest[start.upperBound...].firstIndex(of: ">")
    {
      kept += rest[..<start.lowerBound]
      rest = rest[rest.index(after: end)...]
    }
    return kept + rest
  }
}

/// Base64, for the clipboard (RFC 4648).
func base64(_ bytes: some Collection<UInt8>) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var out: [UInt8] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let group = Array(rest.prefix(3))
    rest = rest.dropFirst(3)
    let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
    for place in 0..<4 {
      let digit = Int(bits >> UInt32(18 - 6 * place)) & 63
      out.append(place <= group.count ? alphabet[digit] : UInt8(ascii: "="))
    }
  }
  return String(decoding: out, as: UTF8.self)
}
