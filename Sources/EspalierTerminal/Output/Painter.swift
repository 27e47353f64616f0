import CNcurses
import EspalierUI

/// Puts screens into ncurses' own picture of the terminal, cell by cell where they differ.
struct Painter {
  let depth: ColorDepth
  let ascii: Bool
  private var shown: Screen?
  /// The last pair of colours looked up: neighbours mostly share their style.
  private var lookedUp: (style: Style, attributes: attr_t, pair: Int32)?

  init(depth: ColorDepth, ascii: Bool) {
    self.depth = depth
    self.ascii = ascii
  }

  /// Forgets what is on the terminal: the next screen is put there whole.
  mutating func forget() { shown = nil }

  /// True if anything has to be written.
  mutating func paint(_ screen: Screen) -> Bool {
    guard let window = curses_screen(), screen != shown else { return false }
    let width = min(screen.width, Int(getmaxx(window)))
    let height = min(screen.height, Int(getmaxy(window)))
    let before = shown?.width == screen.width && shown?.height == screen.height ? shown : nil
    if before == nil { werase(window) }
    for row in 0..<height {
      let start = row * screen.width
      for column in 0..<width where before?.cells[start + column] != screen.cells[start + column] {
        put(screen.cells[start + column], window, row, column, room: width - column)
      }
    }
    shown = screen
    return true
  }

  private mutating func put(
    _ cell: Cell, _ window: Window, _ row: Int, _ column: Int, room: Int
  ) {
    // ncurses fills the right half of a wide character by itself.
    if cell.width == 0 { return }
    let (attributes, pair) = look(of: cell.style)
    let characters = wideCharacters(of: cell, room: room)
    for (offset, text) in characters.enumerated() {
      text.withUnsafeBufferPointer {
        _ = curses_put(
          window, Int32(row), Int32(column + offset), $0.baseAddress, attributes, pair)
      }
    }
  }

  /// The cell as ncurses takes it: one text, or two of one column each where a wide character
  /// cannot be shown.
  private func wideCharacters(of cell: Cell, room: Int) -> [[wchar_t]] {
    var text: [wchar_t] = []
    cell.forEachScalar { text.append(wchar_t(bitPattern: $0.value)) }
    text.append(0)
    if ascii, let first = text.first, first >= 0x80 {
      let standIn = Unicode.Scalar(UInt32(bitPattern: first)).map(asciiStandIn) ?? "?"
      return Array(
        repeating: [wchar_t(bitPattern: standIn.value), 0], count: min(cell.width, room))
    }
    if ascii, text.count > 2 { return [[text[0], 0]] }
    // What ncurses draws is as wide as the C library thinks. Where its Unicode is older than ours
    // the picture would shift, so the character is replaced.
    if cell.width <= room, let first = text.first, wcwidth(first) == Int32(cell.width) {
      return [text]
    }
    return Array(repeating: [0xfffd, 0], count: min(cell.width, room))
  }

  private mutating func look(of style: Style) -> (attr_t, Int32) {
    if let known = lookedUp, known.style == style { return (known.attributes, known.pair) }
    var attributes: attr_t = 0
    if style.bold || depth.needsBold(style.foreground) { attributes |= CURSES_BOLD }
    if style.dim { attributes |= CURSES_DIM }
    if style.italic { attributes |= CURSES_ITALIC }
    if style.underline { attributes |= CURSES_UNDERLINE }
    if style.reverse { attributes |= CURSES_REVERSE }
    let pair = pair(style)
    lookedUp = (style, attributes, pair)
    return (attributes, pair)
  }

  private func pair(_ style: Style) -> Int32 {
    let foreground = depth.number(of: style.foreground)
    let background = depth.number(of: style.background)
    // Without colours alloc_pair would crash inside ncurses; pair 0 is the default colours.
    guard depth > .none, foreground >= 0 || background >= 0 else { return 0 }
    return max(0, alloc_pair(foreground, background))
  }
}
