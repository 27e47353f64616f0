import EspalierDiagnosis
import EspalierTree

/// One thing that a file says about itself.
public struct FileFact: Hashable, Sendable {
  /// Its name; bytes from the file.
  public var key: Name
  /// What it says: text, or a number or word as text, or JSON.
  public var text: [UInt8]

  public init(_ key: Name, _ text: [UInt8]) {
    self.key = key
    self.text = text
  }
}

/// What the files say about themselves, broken into lines for one width of the window.
public struct MetadataPage: Equatable, Sendable {
  struct Line: Equatable, Sendable {
    var key = ""
    var text = ""
    var role = Role.text
    var indent = 4
  }

  private(set) var lines: [Line] = []
  /// Cells that the lines were broken for.
  private(set) var width = 0
  /// First line of the window.
  var scroll = 0

  /// Of one entry so many bytes are shown; what a file says may be a whole vocabulary.
  private static let byteLimit = 64 << 10
  /// Of all entries together.
  private var bytesLeft = 1 << 20

  init() {}

  private init(_ state: AppState) {
    width = state.width
    add(state.sizes)
    for side in Side.allCases {
      guard let file = state.side(side).file else { continue }
      if !lines.isEmpty { lines.append(Line()) }
      add(file, state.isSingle ? "" : "\(side.name)  ")
    }
  }

  /// Breaks the lines anew where the window has another width.
  mutating func settle(_ state: AppState, height: Int) {
    if width != state.width {
      let old = self
      self = MetadataPage(state)
      // What was in sight stays about where it was.
      if !old.lines.isEmpty { scroll = old.scroll * lines.count / old.lines.count }
    }
    scroll = min(max(0, scroll), max(0, lines.count - height))
  }

  // MARK: Lines

  /// Both models' sizes in three columns.
  private mutating func add(_ sizes: [SizeRow]) {
    guard !sizes.isEmpty else { return }
    let head = SizeRow(name: "", destination: "destination", source: "source")
    let names = min((sizes.map { cellWidth(of: $0.name) }.max() ?? 0), width / 2)
    let column = (sizes + [head]).map { cellWidth(of: $0.destination ?? "–") }.max() ?? 0
    lines.append(Line(text: "Sizes of both models", role: .accent, indent: 2))
    for row in [head] + sizes {
      let left = row.destination ?? "–"
      let gap = String(repeating: " ", count: column - cellWidth(of: left) + 2)
      lines.append(
        Line(
          key: fitted(row.name, to: names, cutting: .middle),
          text: left + gap + (row.source ?? "–"),
          role: row == head ? .dim : row.differs ? .warning : .text, indent: 4 + names + 2))
    }
  }

  private mutating func add(_ file: OpenFile, _ side: String) {
    let path = visibleText(Array(file.path.utf8))
    lines.append(Line(text: side + path, role: .accent, indent: 2))
    for note in file.notes {
      add(folded(visibleText(Array(note.utf8)), to: width - 6), .dim)
    }
    if file.metadata.isEmpty {
      lines.append(Line(text: "It says nothing about itself beside its arrays.", role: .dim))
    }
    let keys = file.metadata.map { cellWidth(of: visibleText($0.key.bytes)) }
    let keyWidth = keys.filter { $0 <= (width - 6) / 2 }.max() ?? 0
    for fact in file.metadata { add(fact, keyWidth) }
  }

  /// - Parameter keyWidth: cells for keys whose value stands beside them.
  private mutating func add(_ fact: FileFact, _ keyWidth: Int) {
    let key = visibleText(fact.key.bytes)
    let shown = Array(fact.text.prefix(min(Self.byteLimit, bytesLeft)))
    bytesLeft -= shown.count
    let indent = 6
    var values = Self.lines(of: shown, width: width - indent - 2)
    let column = 4 + keyWidth + 2
    if values.count == 1, cellWidth(of: key) <= keyWidth,
      cellWidth(of: values[0]) < width - column
    {
      lines.append(Line(key: key, text: values[0], indent: column))
      return
    }
    if shown.count < fact.text.count {
      values.append("… and \(grouped(fact.text.count - shown.count)) bytes more")
    }
    lines.append(Line(key: key))
    lines += values.map { Line(text: $0, indent: indent) }
  }

  private mutating func add(_ texts: [String], _ role: Role) {
    lines += texts.map { Line(text: $0, role: role) }
  }

  private static func lines(of text: [UInt8], width: Int) -> [String] {
    if IndentedJSON.isLikely(text) { return IndentedJSON(text, width: width).lines }
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    return lines.flatMap { folded(visibleText($0), to: width) }
  }
}
