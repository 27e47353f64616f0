import EspalierTerminal
import EspalierUI
import Glibc

/// What the probe has seen so far.
struct Probe {
  private var count = 0
  private var log: [String] = []

  mutating func note(_ activity: Terminal.Activity) {
    if activity.woken { add("woken") }
    for event in activity.events { add(describe(event)) }
  }

  private mutating func add(_ line: String) {
    count += 1
    log.append("\(count) \(line)")
  }

  private func describe(_ event: InputEvent) -> String {
    switch event {
    case .key(let key): "key \(key)"
    case .mouse(let mouse, let x, let y, let modifiers):
      "mouse \(mouse) \(x),\(y) held \(modifiers.rawValue)"
    case .paste(let text): "paste \(text.debugDescription)"
    case .resize(let width, let height): "resize \(width)x\(height)"
    case .interrupt: "interrupt"
    case .suspend: "suspend"
    }
  }

  /// False if the key asks to leave.
  func obey(_ key: Key, _ terminal: Terminal) -> Bool {
    switch key {
    case .character("q"): return false
    case .character("y"): terminal.copy("copied 漢")
    case .character("w"): wakeFromThreads()
    case .character("T"): trap()
    case .character("O"): _ = overflow(0)
    case .character("E"): exit(7)
    case .character("M"): complain()
    case .character("m"): terminal.setMouse(false)
    case .control("l"): terminal.redraw()
    default: break
    }
    return true
  }

  func draw(on terminal: Terminal) {
    let (width, height) = terminal.size
    var screen = Screen(width: width, height: height)
    frame(&screen)
    let title = " probe \(width)x\(height) colors \(terminal.depth) "
    screen.put(title, at: 2, 0, Style(bold: true), maxWidth: width - 4)
    screen.put("wide 漢字 テスト 한국어 🌳 📦 e\u{301} | END", at: 2, 1, maxWidth: width - 4)
    for x in 0..<min(16, max(0, width - 4)) {
      screen.put("█", at: 2 + x, 2, Style(.palette(UInt8(x))))
      screen.put("▄", at: 2 + x, 3, Style(.rgb(UInt8(16 * x), 32, 200), on: .palette(236)))
    }
    screen.put("reverse", at: 2, 4, Style(.palette(2), reverse: true))
    screen.put("under", at: 10, 4, Style(italic: true, underline: true))
    let lines = log.suffix(max(0, height - 6))
    for (row, line) in lines.enumerated() { screen.put(line, at: 2, 5 + row, maxWidth: width - 4) }
    // A cursor that can be seen in the corner, once something has happened.
    terminal.draw(screen, cursor: count > 0 ? (x: width - 1, y: height - 1) : nil)
  }

  private func frame(_ screen: inout Screen) {
    let (width, height) = (screen.width, screen.height)
    screen.fill(x: 1, y: 0, width: width - 2, height: 1, with: "─")
    screen.fill(x: 1, y: height - 1, width: width - 2, height: 1, with: "─")
    screen.fill(x: 0, y: 1, width: 1, height: height - 2, with: "│")
    screen.fill(x: width - 1, y: 1, width: 1, height: height - 2, with: "│")
    screen.put("╭", at: 0, 0)
    screen.put("╮", at: width - 1, 0)
    screen.put("╰", at: 0, height - 1)
    screen.put("╯", at: width - 1, height - 1)
  }
}

private func wakeFromThreads() {
  for _ in 0..<4 {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        for _ in 0..<1000 { Terminal.wake() }
        return nil
      }, nil)
    pthread_detach(thread)
  }
}

/// As a library does that knows nothing of the screen.
private func complain() {
  let message = Array("a complaint\r\n".utf8)
  _ = write(STDERR_FILENO, message, message.count)
}

private func trap() {
  let empty: [Int] = []
  print(empty[Int(getpid())])
}

private func overflow(_ depth: Int) -> Int {
  depth == .max ? 0 : overflow(depth + 1) + overflow(depth + 2)
}
