/// What the terminal reports: the input of the interface.
public enum InputEvent: Hashable, Sendable {
  case key(Key)
  /// Columns and rows count from 0.
  case mouse(Mouse, x: Int, y: Int, modifiers: Modifiers)
  /// Text pasted in one piece; the only control characters in it are line feed and tab.
  case paste(String)
  case resize(width: Int, height: Int)
  /// Ctrl-C.
  case interrupt
  /// Ctrl-Z, or a request of the shell to stop.
  case suspend

  public enum Mouse: Hashable, Sendable {
    case pressLeft, pressMiddle, pressRight
    case wheelUp, wheelDown
  }
}
