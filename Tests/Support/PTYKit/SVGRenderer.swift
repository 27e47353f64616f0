/// Draws a screen as SVG: every cell at its column, frames and blocks as shapes, so that lines join.
///
/// The same screen gives the same bytes.
public struct SVGRenderer: Sendable {
  public var cellWidth = 9.0
  public var cellHeight = 19.0
  public var padding = 8.0
  public var theme = SVGTheme()

  public init() {}

  public func render(_ screen: VTScreen) -> String {
    let width = Double(screen.width) * cellWidth + 2 * padding
    let height = Double(screen.height) * cellHeight + 2 * padding
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(number(width))\""
        + " height=\"\(number(height))\" viewBox=\"0 0 \(number(width)) \(number(height))\""
        + " font-family=\"DejaVu Sans Mono, Noto Sans Mono CJK JP, monospace\" font-size=\"15\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"\(theme.background)\"/>",
    ]
    for y in 0..<screen.height {
      lines += backgrounds(screen, y)
      lines += (0..<screen.width).compactMap { glyph(screen, $0, y) }
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  /// One rectangle for each run of cells with the same background.
  private func backgrounds(_ screen: VTScreen, _ y: Int) -> [String] {
    var shapes: [String] = []
    var start = 0
    for x in 1...screen.width {
      let color = background(screen, start, y)
      if x < screen.width, background(screen, x, y) == color { continue }
      if color != theme.background {
        shapes.append(
          rectangle(left(start), top(y), Double(x - start) * cellWidth, cellHeight, color))
      }
      start = x
    }
    return shapes
  }

  private func background(_ screen: VTScreen, _ x: Int, _ y: Int) -> String {
    colors(screen, x, y).background
  }

  /// A cursor that shows is a reversed cell.
  private func colors(_ screen: VTScreen, _ x: Int, _ y: Int) -> (front: String, background: String)
  {
    let style = screen.rows[y][x].style
    let isCursor = screen.isCursorVisible && screen.cursor == (x, y)
    let front = theme.color(style.foreground, default: theme.foreground)
    let back = theme.color(style.background, default: theme.background)
    return style.reverse != isCursor ? (back, front) : (front, back)
  }

  private func glyph(_ screen: VTScreen, _ x: Int, _ y: Int) -> String? {
    let cell = screen.rows[y][x]
    guard cell.width > 0, cell.text != " " || cell.style.underline else { return nil }
    let color = colors(screen, x, y).front
    let opacity = cell.style.dim ? " opacity=\"0.6\"" : ""
    if let shape = shape(cell.text, left(x), top(y), color) {
      return opacity.isEmpty ? shape : "<g\(opacity)>\(shape)</g>"
    }
    var attributes = opacity
    if cell.style.bold { attributes += " font-weight=\"bold\"" }
    if cell.style.italic { attributes += " font-style=\"italic\"" }
    if cell.style.underline { attributes += " text-decoration=\"underline\"" }
    if cell.width == 2 {
      attributes += " textLength=\"\(number(2 * cellWidth))\" lengthAdjust=\"spacingAndGlyphs\""
    }
    return "<text x=\"\(number(left(x)))\" y=\"\(number(top(y) + 14.5))\" fill=\"\(color)\""
      + "\(attributes) xml:space=\"preserve\">\(escaped(cell.text))</text>"
  }

  private func left(_ x: Int) -> Double { padding + Double(x) * cellWidth }
  private func top(_ y: Int) -> Double { padding + Double(y) * cellHeight }
}

extension SVGRenderer {
  /// Frames, blocks and shades; nil for everything that is text.
  private func shape(_ text: String, _ x: Double, _ y: Double, _ color: String) -> String? {
    if let path = frame(text, x, y) {
      let weight = "━┃┏┓┗┛".contains(text) ? "2.4" : "1.2"
      let dash = "┄┆╌╎".contains(text) ? " stroke-dasharray=\"2.5 2\"" : ""
      return
        "<path d=\"\(path)\" stroke=\"\(color)\" stroke-width=\"\(weight)\" fill=\"none\"\(dash)/>"
    }
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else { return nil }
    let eighth = Double(scalar.value & 0xf)
    switch scalar.value {
    case 0x2580: return rectangle(x, y, cellWidth, cellHeight / 2, color)
    case 0x2581...0x2588:  // ▁ to █, from below
      let height = cellHeight * eighth / 8
      return rectangle(x, y + cellHeight - height, cellWidth, height, color)
    case 0x2589...0x258f:  // ▉ to ▏, from the left
      return rectangle(x, y, cellWidth * (16 - eighth) / 8, cellHeight, color)
    case 0x2590: return rectangle(x + cellWidth / 2, y, cellWidth / 2, cellHeight, color)
    case 0x2591...0x2593:  // ░ ▒ ▓
      return "<g opacity=\"\(number((eighth) / 4))\">"
        + rectangle(x, y, cellWidth, cellHeight, color) + "</g>"
    default: return nil
    }
  }

  private func frame(_ text: String, _ x: Double, _ y: Double) -> String? {
    let (left, right, top, bottom) = (x, x + cellWidth, y, y + cellHeight)
    let (middleX, middleY) = (x + cellWidth / 2, y + cellHeight / 2)
    func points(_ parts: Any...) -> String {
      parts.map { ($0 as? Double).map { number($0) } ?? "\($0)" }.joined(separator: " ")
    }
    let across = points("M", left, middleY, "H", right)
    let down = points("M", middleX, top, "V", bottom)
    func corner(_ fromX: Double, _ toY: Double, round: Bool = false) -> String {
      round
        ? points("M", fromX, middleY, "Q", middleX, middleY, middleX, toY)
        : points("M", fromX, middleY, "H", middleX, "V", toY)
    }
    switch text {
    case "─", "━", "┄", "╌": return across
    case "│", "┃", "┆", "╎": return down
    case "┌", "┏": return corner(right, bottom)
    case "┐", "┓": return corner(left, bottom)
    case "└", "┗": return corner(right, top)
    case "┘", "┛": return corner(left, top)
    case "╭": return corner(right, bottom, round: true)
    case "╮": return corner(left, bottom, round: true)
    case "╰": return corner(right, top, round: true)
    case "╯": return corner(left, top, round: true)
    case "├": return down + points("M", middleX, middleY, "H", right)
    case "┤": return down + points("M", middleX, middleY, "H", left)
    case "┬": return across + points("M", middleX, middleY, "V", bottom)
    case "┴": return across + points("M", middleX, middleY, "V", top)
    case "┼": return across + down
    default: return nil
    }
  }

  private func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ color: String
  ) -> String {
    "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\""
      + " height=\"\(number(height))\" fill=\"\(color)\" shape-rendering=\"crispEdges\"/>"
  }
}

/// Without a needless ".0", and never in scientific form: sizes are multiples of 1/1000.
private func number(_ value: Double) -> String {
  let rounded = (value * 1000).rounded() / 1000
  let whole = Int(rounded)
  return Double(whole) == rounded ? String(whole) : "\(rounded)"
}

private func escaped(_ text: String) -> String {
  var out = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": out += "&amp;"
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out
}
