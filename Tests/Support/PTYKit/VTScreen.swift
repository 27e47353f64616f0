import CPTY

/// The screen of a terminal: what a program's output leaves on it.
///
/// Written from the standards and not from the program it tests, with the C library's widths, so
/// that the two cannot agree on a mistake.
public struct VTScreen: Sendable {
  public internal(set) var width: Int
  public internal(set) var height: Int
  public internal(set) var rows: [[VTCell]]
  public internal(set) var cursor = (x: 0, y: 0)

  public internal(set) var isCursorVisible = true
  public internal(set) var isAlternate = false
  public internal(set) var hasBracketedPaste = false
  public internal(set) var mouseModes: Set<Int> = []
  /// Inside a frame (synchronised output): what is shown is not meant to be looked at yet.
  public internal(set) var isInFrame = false
  /// Complete frames so far.
  public internal(set) var frames = 0
  /// What the program put into the clipboard (OSC 52), still in Base64.
  public internal(set) var clipboard: String?
  /// Sequences that the emulator does not know: a test may insist on none.
  public internal(set) var unknown: [String] = []

  var style = VTStyle()
  var region: ClosedRange<Int>
  /// After the last column is written, the next character goes to the next line.
  var isWrapPending = false
  var charset = VTCharset()
  var lastPut: Unicode.Scalar = " "
  var savedCursor = (x: 0, y: 0, style: VTStyle())
  var mainRows: [[VTCell]] = []
  var mainCursor = (x: 0, y: 0)
  var parser = VTParser()

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
    region = 0...height - 1
    rows = Array(repeating: Array(repeating: VTCell(), count: width), count: height)
  }

  public mutating func feed(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if let action = parser.step(byte) { perform(action) }
    }
  }

  public mutating func resize(width: Int, height: Int) {
    rows = Self.resized(rows, width, height)
    mainRows = mainRows.isEmpty ? [] : Self.resized(mainRows, width, height)
    self.width = width
    self.height = height
    region = 0...height - 1
    isWrapPending = false
    cursor = (min(cursor.x, width - 1), min(cursor.y, height - 1))
  }

  private static func resized(_ rows: [[VTCell]], _ width: Int, _ height: Int) -> [[VTCell]] {
    (0..<height).map { y in
      (0..<width).map { x in y < rows.count && x < rows[y].count ? rows[y][x] : VTCell() }
    }
  }
}

extension VTScreen {
  /// One row without the blanks at its end.
  public func line(_ y: Int) -> String {
    var text = rows[y].map(\.text).joined()
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }

  public var text: String { (0..<height).map(line).joined(separator: "\n") }

  public func contains(_ text: String) -> Bool {
    (0..<height).contains { line($0).contains(text) }
  }

  /// The column where a text starts in a row.
  public func column(of text: String, inRow y: Int) -> Int? {
    let wanted = Array(text.unicodeScalars.map(String.init))
    let cells = rows[y].enumerated().filter { $0.element.width > 0 }
    guard !wanted.isEmpty, cells.count >= wanted.count else { return nil }
    for start in 0...cells.count - wanted.count
    where zip(cells[start...], wanted).allSatisfy({ $0.element.text == $1 }) {
      return cells[start].offset
    }
    return nil
  }

  /// True if no mode of a full-screen program is left on.
  public var isGivenBack: Bool {
    !isAlternate && isCursorVisible && mouseModes.isEmpty && !hasBracketedPaste && !isInFrame
      && style == VTStyle()
  }
}

extension VTScreen {
  mutating func put(_ raw: Unicode.Scalar) {
    let scalar = charset.translated(raw)
    let columns = Int(cpty_width(scalar.value))
    if columns == 0 { return addMark(scalar) }
    let size = max(1, columns)
    if isWrapPending || cursor.x + size > width {
      cursor.x = 0
      lineFeed()
    }
    if size <= width { write(scalar, size) }
    lastPut = raw
    isWrapPending = cursor.x + size >= width
    cursor.x = isWrapPending ? width - 1 : cursor.x + size
  }

  private mutating func write(_ scalar: Unicode.Scalar, _ size: Int) {
    splitWide(at: cursor.x)
    splitWide(at: cursor.x + size)
    rows[cursor.y][cursor.x] = VTCell(text: String(scalar), style: style, width: size)
    if size == 2 { rows[cursor.y][cursor.x + 1] = VTCell(text: "", style: style, width: 0) }
  }

  /// A terminal never shows half of a wide character.
  private mutating func splitWide(at x: Int) {
    guard x > 0, x < width, rows[cursor.y][x].width == 0 else { return }
    for half in [x - 1, x] { rows[cursor.y][half] = VTCell(style: rows[cursor.y][half].style) }
  }

  private mutating func addMark(_ mark: Unicode.Scalar) {
    var x = isWrapPending ? cursor.x : cursor.x - 1
    if x > 0, rows[cursor.y][x].width == 0 { x -= 1 }
    if x >= 0 { rows[cursor.y][x].text.unicodeScalars.append(mark) }
  }

  mutating func lineFeed() {
    isWrapPending = false
    if cursor.y == region.upperBound {
      scroll(region, by: 1)
    } else {
      cursor.y = min(height - 1, cursor.y + 1)
    }
  }

  mutating func reverseLineFeed() {
    isWrapPending = false
    if cursor.y == region.lowerBound {
      scroll(region, by: -1)
    } else {
      cursor.y = max(0, cursor.y - 1)
    }
  }

  var blank: VTCell {
    var cell = VTCell()
    cell.style.background = style.background
    return cell
  }

  /// Moves the lines of a part of the screen up (positive) or down.
  mutating func scroll(_ part: ClosedRange<Int>, by count: Int) {
    let empty = Array(repeating: blank, count: width)
    for _ in 0..<min(abs(count), part.count) {
      rows.remove(at: count > 0 ? part.lowerBound : part.upperBound)
      rows.insert(empty, at: count > 0 ? part.upperBound : part.lowerBound)
    }
  }

  mutating func erase(_ y: Int, _ columns: Range<Int>) {
    for x in columns.clamped(to: 0..<width) { rows[y][x] = blank }
  }
}
