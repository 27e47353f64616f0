import CNcurses
import EspalierUI
import Glibc

/// A window of ncurses.
typealias Window = UnsafeMutablePointer<WINDOW>

/// Sets the character set; false if there is no way to UTF-8.
///
/// A locale that is unset, or set to one that is not installed, means ASCII to the C library. The
/// terminals of today take UTF-8 all the same.
func useUnicodeLocale() -> Bool {
  func isUnicode() -> Bool { wcwidth(0x6f22) == 2 }
  setlocale(LC_CTYPE, "")
  if isUnicode() { return true }
  setlocale(LC_CTYPE, "C.UTF-8")
  return isUnicode()
}

/// Starts ncurses on the terminal that TERM names, with a window to read keys from.
func startCurses(
  _ device: TerminalDevice, wantsDirectColor: Bool
) throws(TerminalError) -> (screen: OpaquePointer, keys: Window) {
  for name in descriptions(wantsDirectColor: wantsDirectColor) {
    guard let screen = newterm(name, device.outputStream, device.inputStream) else { continue }
    if curses_capability("cup") != nil, let keys = newpad(1, 1) { return (screen, keys) }
    endwin()
    delscreen(screen)
    throw .cannotDraw(name)
  }
  throw .unknownType(environment("TERM") ?? "")
}

/// The descriptions to try. A terminal that says COLORTERM=truecolor is mostly described as one of
/// 256 colours; a second description, where installed, has all colours and the same keys.
private func descriptions(wantsDirectColor: Bool) -> [String] {
  guard let name = environment("TERM") else { return [] }
  let direct = ["xterm-256color": "xterm-direct", "tmux-256color": "tmux-direct"][name]
  let hasDirect = ["truecolor", "24bit"].contains(environment("COLORTERM"))
  if wantsDirectColor, hasDirect, environment("NO_COLOR") == nil, let direct {
    return [direct, name]
  }
  return [name]
}

/// The value of an environment variable that is set and not empty.
private func environment(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

/// Switches colours on, as many as the terminal has and the user wants (NO_COLOR).
func startColors(limit: ColorDepth) -> ColorDepth {
  guard limit > .none, environment("NO_COLOR") == nil, has_colors(), start_color() == OK else {
    return .none
  }
  use_default_colors()
  return min(limit, ColorDepth(colors: Int(curses_colors())))
}

/// Keys one by one and unchanged, no echo, the cursor hidden.
func setModes(_ device: TerminalDevice, keys: Window) {
  raw()
  noecho()
  nonl()
  curs_set(0)
  // Input that waits must not cut a frame short.
  typeahead(-1)
  // How long an escape may take to become a sequence, in milliseconds.
  set_escdelay(25)
  keypad(keys, true)
  nodelay(keys, true)
  for (sequence, code) in KeyCode.taught { define_key(sequence, code) }

  // Ctrl-\ keeps its meaning, a way out even if the program should hang. (0 is "no such key".)
  var settings = termios()
  guard tcgetattr(device.input, &settings) == 0 else { return }
  settings.c_lflag |= tcflag_t(ISIG)
  withUnsafeMutableBytes(of: &settings.c_cc) {
    for index in [VINTR, VSUSP] { $0[Int(index)] = 0 }
  }
  tcsetattr(device.input, TCSANOW, &settings)
  def_prog_mode()
}
