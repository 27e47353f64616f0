/// What the user may ask of the terminal.
public struct TerminalOptions: Sendable {
  /// Draw with ASCII characters only.
  public var ascii = false
  /// Take clicks and the wheel. Without it the terminal's own selection works undisturbed.
  public var mouse = true
  /// At most so many colours.
  public var colors = ColorDepth.direct

  public init() {}
}

/// Why there is no interface.
public enum TerminalError: Error, Equatable, Sendable {
  /// Output does not go to a terminal, or input cannot come from one.
  case notATerminal
  /// The terminal's description is missing, or says that it cannot move its cursor.
  case unknownType(String)
  case cannotDraw(String)
  case system(call: String, code: Int32)
}

extension TerminalError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notATerminal:
      "The interface needs a terminal for input and output; without one, use a command such as "
        + "\"espalier diff\"."
    case .unknownType(let name):
      "TERM is \"\(name)\", which this system has no description of; install it (package "
        + "ncurses-term) or try TERM=xterm-256color."
    case .cannotDraw(let name):
      "TERM is \"\(name)\", a terminal that cannot place its cursor; use a command such as "
        + "\"espalier diff\", or set TERM to what the terminal really is."
    case .system(let call, let code):
      "The terminal could not be opened: \(call) failed with error \(code)."
    }
  }
}
