/// A screen being drawn, with the theme and the alphabet to draw it in.
struct Canvas {
  var screen: Screen
  let theme: Theme
  let glyphs: Glyphs
  let numbers: NumberStyle

  init(_ state: AppState) {
    screen = Screen(width: state.width, height: state.height)
    theme = Theme(state.options)
    glyphs = Glyphs(ascii: state.options.ascii)
    numbers = NumberStyle(units: state.options.units)
  }

  @discardableResult
  mutating func put(
    _ text: String, _ x: Int, _ y: Int, _ role: Role = .text, width: Int = .max
  ) -> Int {
    screen.put(glyphs.plain(text), at: x, y, theme[role], maxWidth: width)
  }

  /// Puts a text so that it ends before a column.
  mutating func putRight(_ text: String, before end: Int, _ y: Int, _ role: Role = .text) {
    put(text, end - cellWidth(of: text), y, role)
  }

  mutating func rule(_ x: Int, _ y: Int, _ width: Int) {
    screen.fill(x: x, y: y, width: width, height: 1, with: glyphs.rule, theme[.faint])
  }

  /// A bar that is filled to a share of its width.
  mutating func bar(_ x: Int, _ y: Int, _ width: Int, _ part: Int, of whole: Int) {
    let share = whole > 0 ? Double(part) / Double(whole) : 0
    var filled = Int((share * Double(width)).rounded())
    // A bar is full only when nothing is missing, empty only when there is nothing.
    if part < whole { filled = min(filled, width - 1) }
    if part > 0 { filled = max(filled, 1) }
    screen.fill(x: x, y: y, width: filled, height: 1, with: glyphs.bar, theme[.bar])
    screen.fill(
      x: x + filled, y: y, width: width - filled, height: 1, with: glyphs.barEmpty,
      theme[.barEmpty])
  }

  /// Text over several lines, broken at spaces.
  ///
  /// - Returns: the line after the last.
  @discardableResult
  mutating func paragraph(
    _ text: String, _ rect: Rect, from y: Int, _ role: Role = .text, indent: Int = 0
  ) -> Int {
    var line = y
    for piece in wrapped(text, rect.width - indent) {
      if line >= rect.y + rect.height { break }
      if line >= rect.y { put(piece, rect.x + indent, line, role, width: rect.width - indent) }
      line += 1
    }
    return line
  }
}

/// Breaks a text at spaces; a word that is too long is broken inside.
func wrapped(_ text: String, _ width: Int) -> [String] {
  guard width > 0 else { return [] }
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: true) {
    var rest = String(word)
    if !line.isEmpty, cellWidth(of: line) + 1 + cellWidth(of: rest) <= width {
      line += " " + rest
      continue
    }
    if !line.isEmpty { lines.append(line) }
    line = ""
    while cellWidth(of: rest) > width {
      var head = ""
      for character in rest {
        if !head.isEmpty, cellWidth(of: head + String(character)) > width { break }
        head.append(character)
      }
      lines.append(head)
      rest.removeFirst(head.count)
    }
    line = rest
  }
  if !line.isEmpty { lines.append(line) }
  return lines.isEmpty ? [""] : lines
}
