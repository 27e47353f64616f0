extension Screen {
  /// The characters of one row without the blanks at its end.
  public func line(_ y: Int) -> String {
    guard 0..<height ~= y else { return "" }
    var scalars = String.UnicodeScalarView()
    for cell in cells[y * width..<(y + 1) * width] { cell.forEachScalar { scalars.append($0) } }
    while scalars.last == " " { scalars.removeLast() }
    return String(scalars)
  }

  /// The screen as tests compare it: its rows, blanks at their ends removed.
  public var text: String { (0..<height).map(line).joined(separator: "\n") }
}
