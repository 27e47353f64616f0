/// What the interface shows: a grid of cells, as a value.
///
/// Views write into it, tests read it as text, and only the terminal turns it into bytes. Writing
/// outside the grid does nothing, so views need no arithmetic for small windows.
public struct Screen: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// Row by row, `width * height` cells.
  public private(set) var cells: [Cell]

  public init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  /// The cell there; a blank outside the grid.
  public subscript(x: Int, y: Int) -> Cell {
    contains(x, y) ? cells[y * width + x] : .blank
  }

  public func contains(_ x: Int, _ y: Int) -> Bool {
    0..<width ~= x && 0..<height ~= y
  }

  /// Writes text from a column on and returns the column after it.
  ///
  /// The text is cut at a cell boundary: never half of a wide character, neither at `maxWidth` nor
  /// at an edge of the grid. What lies left of column 0 is skipped, so a line can be scrolled
  /// sideways by a negative `x`. Control characters become U+FFFD and other invisible ones are
  /// dropped: names come here through `visibleText`, and this is the second lock on that door.
  @discardableResult
  public mutating func put(
    _ text: some StringProtocol, at x: Int, _ y: Int, _ style: Style = .plain,
    maxWidth: Int = .max
  ) -> Int {
    let end = min(width, edge(x, maxWidth))
    var column = x
    for scalar in text.unicodeScalars {
      let shown = isControl(scalar) ? "\u{fffd}" : scalar
      let size = cellWidth(of: shown)
      if size == 0 {
        addMark(shown, left: column, y)
      } else if column < end, column &+ size <= end {
        set(shown, size, column, y, style)
        column += size
      } else {
        break
      }
    }
    return column
  }

  /// Fills a rectangle with one narrow character.
  public mutating func fill(
    x: Int, y: Int, width: Int, height: Int, with scalar: Unicode.Scalar = " ",
    _ style: Style = .plain
  ) {
    let narrow = cellWidth(of: scalar) == 1 && !isControl(scalar) ? scalar : "\u{fffd}"
    forEachRow(x, y, width, height) { screen, columns, row in
      screen.splitWide(at: columns.lowerBound, row)
      screen.splitWide(at: columns.upperBound, row)
      let cell = Cell(narrow, style: style)
      for column in columns { screen.cells[row * screen.width + column] = cell }
    }
  }

  /// Changes the style of what is already there: the cursor's row, a search hit.
  public mutating func restyle(
    x: Int, y: Int, width: Int, height: Int = 1, _ change: (inout Style) -> Void
  ) {
    forEachRow(x, y, width, height) { screen, columns, row in
      for column in columns { change(&screen.cells[row * screen.width + column].style) }
    }
  }

  /// Lays another screen over this one.
  public mutating func draw(_ other: Screen, at x: Int, _ y: Int) {
    forEachRow(x, y, other.width, other.height) { screen, columns, row in
      screen.splitWide(at: columns.lowerBound, row)
      screen.splitWide(at: columns.upperBound, row)
      for column in columns {
        screen.cells[row * screen.width + column] = other[column - x, row - y]
      }
      // The overlay itself may have been cut in the middle of a wide character.
      screen.closeHalf(at: columns.lowerBound, row)
      screen.closeHalf(at: columns.upperBound - 1, row)
    }
  }
}

extension Screen {
  private mutating func set(
    _ scalar: Unicode.Scalar, _ size: Int, _ x: Int, _ y: Int, _ style: Style
  ) {
    guard 0..<height ~= y, x + size > 0 else { return }
    let row = y * width
    splitWide(at: x, y)
    splitWide(at: x + size, y)
    if x < 0 {
      // The right half of a wide character at the left edge.
      cells[row] = Cell(" ", style: style)
    } else {
      cells[row + x] = Cell(scalar, style: style)
      if size == 2 { cells[row + x + 1] = .continuation(style: style) }
    }
  }

  /// Makes sure that no wide character lies across the left edge of a column.
  private mutating func splitWide(at x: Int, _ y: Int) {
    guard x > 0, contains(x, y), self[x, y].width == 0 else { return }
    let index = y * width + x
    cells[index - 1] = Cell(" ", style: cells[index - 1].style)
    cells[index] = Cell(" ", style: cells[index].style)
  }

  private mutating func closeHalf(at x: Int, _ y: Int) {
    guard contains(x, y) else { return }
    let cell = self[x, y]
    let lostLeft = cell.width == 0 && (x == 0 || self[x - 1, y].width != 2)
    let lostRight = cell.width == 2 && (x + 1 == width || self[x + 1, y].width != 0)
    if lostLeft || lostRight { cells[y * width + x] = Cell(" ", style: cell.style) }
  }

  private mutating func addMark(_ mark: Unicode.Scalar, left x: Int, _ y: Int) {
    let base = self[x - 1, y].width == 0 ? x - 2 : x - 1
    guard contains(base, y), isShownMark(mark) else { return }
    cells[y * width + base].add(mark: mark)
  }

  private mutating func forEachRow(
    _ x: Int, _ y: Int, _ width: Int, _ height: Int,
    _ body: (inout Screen, Range<Int>, _ row: Int) -> Void
  ) {
    let columns = (x..<edge(x, width)).clamped(to: 0..<self.width)
    let rows = (y..<edge(y, height)).clamped(to: 0..<self.height)
    guard !columns.isEmpty else { return }
    for row in rows { body(&self, columns, row) }
  }
}

/// Where a stretch ends that may be given as "all there is" by `.max`.
private func edge(_ start: Int, _ length: Int) -> Int {
  let (end, overflow) = start.addingReportingOverflow(max(0, length))
  return overflow ? .max : end
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value < 0x20 || 0x7f..<0xa0 ~= scalar.value
}

/// Among the characters that take no cell, those that draw something on the one before.
private func isShownMark(_ scalar: Unicode.Scalar) -> Bool {
  let properties = scalar.properties
  return properties.generalCategory != .format && !properties.isDefaultIgnorableCodePoint
}
