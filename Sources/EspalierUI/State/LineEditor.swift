/// One line of text being typed.
public struct LineEditor: Equatable, Sendable {
  public private(set) var characters: [Character]
  public private(set) var cursor: Int

  public init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  public var text: String { String(characters) }
  public var isEmpty: Bool { characters.isEmpty }

  mutating func insert(_ text: String) {
    // A pasted text with line breaks stays one line.
    let clean = text.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) }
    characters.insert(contentsOf: clean, at: cursor)
    cursor += clean.count
  }

  mutating func replace(with text: String) { self = LineEditor(text) }

  mutating func deleteBackward() {
    guard cursor > 0 else { return }
    cursor -= 1
    characters.remove(at: cursor)
  }

  mutating func deleteForward() {
    if cursor < characters.count { characters.remove(at: cursor) }
  }

  mutating func deleteWord() {
    while cursor > 0, Self.isBreak(characters[cursor - 1]) { deleteBackward() }
    while cursor > 0, !Self.isBreak(characters[cursor - 1]) { deleteBackward() }
  }

  mutating func deleteToStart() {
    characters.removeFirst(cursor)
    cursor = 0
  }

  mutating func move(by count: Int) {
    cursor = min(max(0, cursor + count), characters.count)
  }
  mutating func moveToStart() { cursor = 0 }
  mutating func moveToEnd() { cursor = characters.count }

  private static func isBreak(_ character: Character) -> Bool { " ./".contains(character) }
}
