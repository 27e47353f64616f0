import CNcurses
import CSystem
import EspalierUI
import Glibc

/// The real terminal: screens in, events out.
///
/// Belongs to the thread that opened it; only `wake` may be called from others. One at a time can
/// be open in a process. Whatever ends the process gives the terminal back.
public final class Terminal {
  /// How many colours are in use.
  public let depth: ColorDepth

  private let device: TerminalDevice
  private let screen: OpaquePointer
  /// Keys are read from a window of their own: reading from the screen would also refresh it.
  private let keys: Window
  private let signals: Int32
  private let knowsModes: Bool
  private var hasMouse: Bool
  private let modesOff: String
  private var painter: Painter
  private var decoder = InputDecoder()
  private var cursor: (x: Int, y: Int)?
  private var isOpen = true

  /// Takes the terminal: alternate screen, keys one by one, no echo.
  public init(_ options: TerminalOptions = TerminalOptions()) throws(TerminalError) {
    let canShowUnicode = useUnicodeLocale()
    device = try TerminalDevice()
    // Before the first byte is written: from here on every way out restores what was found.
    let guardError = terminal_guard_install(device.output)
    guard guardError == 0 else { throw .system(call: "tcgetattr", code: guardError) }
    signals = terminal_signals_open()
    guard signals >= 0 else { throw .system(call: "pipe2", code: -signals) }
    do throws(TerminalError) {
      (screen, keys) = try startCurses(device, wantsDirectColor: options.colors == .direct)
    } catch {
      terminal_signals_close()
      terminal_guard_remove()
      throw error
    }
    // Terminals that are described as having a mouse are the ones that know xterm's modes.
    knowsModes = curses_capability("kmous") != nil
    hasMouse = options.mouse
    modesOff = knowsModes ? ControlSequence.mouseOff + ControlSequence.pasteOff : ""
    let farewell = Array(ControlSequence.farewell(modesOff: modesOff).utf8)
    terminal_guard_set_farewell(farewell, farewell.count)

    depth = startColors(limit: options.colors)
    painter = Painter(depth: depth, ascii: options.ascii || !canShowUnicode)
    setModes(device, keys: keys)
    device.write(modesOn)
    // Without it messages only look untidy.
    _ = terminal_stderr_keep()
  }

  deinit { close() }

  /// Gives the terminal back. More calls do nothing.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    device.write(modesOff)
    endwin()
    terminal_stderr_release()
    terminal_guard_remove()
    terminal_signals_close()
    delwin(keys)
    delscreen(screen)
  }

  public var size: (width: Int, height: Int) {
    guard isOpen, let window = curses_screen() else { return (0, 0) }
    return (Int(getmaxx(window)), Int(getmaxy(window)))
  }

  /// Shows a screen. Only what differs from the last one is written, as one frame; the cursor is
  /// hidden unless it has a place.
  public func draw(_ screen: Screen, cursor: (x: Int, y: Int)? = nil) {
    guard isOpen, let window = curses_screen() else { return }
    let cursor = cursor.flatMap { screen.contains($0.x, $0.y) ? $0 : nil }
    let cursorMoved = cursor?.x != self.cursor?.x || cursor?.y != self.cursor?.y
    guard painter.paint(screen) || cursorMoved else { return }
    self.cursor = cursor
    device.write(ControlSequence.frameBegin)
    curs_set(cursor == nil ? 0 : 1)
    if let cursor { wmove(window, Int32(cursor.y), Int32(cursor.x)) }
    wnoutrefresh(window)
    doupdate()
    device.write(ControlSequence.frameEnd)
  }

  /// Asks the terminal to put a text into the clipboard (OSC 52). Terminals do not answer, so
  /// whether it worked is unknown; false means that the text is longer than any of them takes.
  @discardableResult
  public func copy(_ text: String) -> Bool {
    let encoded = base64(text.utf8)
    guard isOpen, encoded.utf8.count <= 100_000 else { return false }
    device.write("\u{1b}]52;c;\(encoded)\u{07}")
    return true
  }

  /// Takes clicks and the wheel, or leaves them to the terminal's own selection.
  public func setMouse(_ on: Bool) {
    guard isOpen, knowsModes, on != hasMouse else { return }
    hasMouse = on
    device.write(on ? ControlSequence.mouseOn : ControlSequence.mouseOff)
  }

  /// Draws every cell anew at the next `draw`, whatever another program has left there.
  public func redraw() {
    if isOpen { redrawAll() }
  }

  private var modesOn: String {
    guard knowsModes else { return "" }
    return ControlSequence.pasteOn + (hasMouse ? ControlSequence.mouseOn : "")
  }

  /// Makes `wait` return. From any thread, at any time.
  public static func wake() { terminal_wake() }
}

extension Terminal {
  /// What ended a wait. Nothing at all: the time was up.
  public struct Activity: Equatable, Sendable {
    public var events: [InputEvent] = []
    /// `wake` was called.
    public var woken = false
    /// The terminal is gone; no more events will come.
    public var closed = false
  }

  /// Waits for input, a change of the window or `wake`, at most so many milliseconds.
  public func wait(milliseconds: Int? = nil) -> Activity {
    guard isOpen else { return Activity(closed: true) }
    var polled = [
      pollfd(fd: device.input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
    ]
    let limit = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
    // Interrupted by a signal: if it is one of ours, the pipe is readable by now.
    if poll(&polled, 2, limit) < 0, errno != EINTR { return Activity(closed: true) }

    var activity = Activity()
    if poll(&polled[1], 1, 0) > 0 { take(terminal_signals_take(), into: &activity) }
    if polled[0].revents != 0 {
      // Readable without a byte to read, in raw mode: the other side has hung up.
      activity.closed = polled[0].revents & Int16(POLLIN) == 0 || device.bytesWaiting == 0
      if !activity.closed { readKeys() }
    }
    activity.events += decoder.takeEvents()
    return activity
  }

  /// Gives the terminal to the shell until it continues this program. Draw afterwards.
  public func suspend() {
    guard isOpen else { return }
    device.write(modesOff)
    endwin()
    terminal_guard_arm(0)
    terminal_stop()
    terminal_guard_arm(1)
    enterAgain()
  }

  private func take(_ signals: UInt32, into activity: inout Activity) {
    func has(_ signal: terminal_signal) -> Bool { signals & signal.rawValue != 0 }
    activity.woken = has(TERMINAL_WOKEN)
    if has(TERMINAL_STOP) { activity.events.append(.suspend) }
    if has(TERMINAL_CONTINUED) {
      // Stopped without notice; the shell has used the terminal meanwhile.
      endwin()
      enterAgain()
    }
    let resized = has(TERMINAL_RESIZED) && adoptSize()
    if resized || has(TERMINAL_CONTINUED) {
      activity.events.append(.resize(width: size.width, height: size.height))
    }
  }

  private func enterAgain() {
    reset_prog_mode()
    device.write(ControlSequence.frameBegin)
    doupdate()
    device.write(modesOn + ControlSequence.frameEnd)
    _ = adoptSize()
    redrawAll()
  }

  /// However often the window changed, only its size now counts.
  private func adoptSize() -> Bool {
    guard let new = device.windowSize, new != size else { return false }
    resizeterm(Int32(new.height), Int32(new.width))
    redrawAll()
    return true
  }

  private func redrawAll() {
    painter.forget()
    cursor = nil
    clearok(curses_physical_screen(), true)
  }

  private func readKeys() {
    while true {
      let value = wgetch(keys)
      if value == ERR { break }
      decoder.feed(UInt8(exactly: value).map { .byte($0) } ?? .code(value))
    }
    decoder.flush()
  }
}
