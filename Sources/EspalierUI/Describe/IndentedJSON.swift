import EspalierTree

/// JSON text laid out for reading: what fits into a line stays in one, what does not opens up, a
/// member a line. Works on the bytes as they are, cut off or malformed, to any depth; only the
/// space between words changes.
struct IndentedJSON {
  private enum Token {
    case open(end: Int?)
    case close
    case comma
    /// A name of a member, with its colon.
    case key
    /// A string, a number or a word.
    case scalar
  }

  private let bytes: [UInt8]
  private var tokens: [(token: Token, range: Range<Int>)] = []
  private let width: Int
  private var line = ""
  private var depth = 0
  private(set) var lines: [String] = []

  /// Deeper levels are not indented any further.
  private static let deepestIndent = 8

  /// Whether a text is an object or a list, by how it begins.
  static func isLikely(_ bytes: [UInt8]) -> Bool {
    let start = Array(bytes.lazy.filter { !isSpace($0) }.prefix(2))
    guard start.count == 2 else { return false }
    switch start[0] {
    case UInt8(ascii: "{"): return "\"}".utf8.contains(start[1])
    case UInt8(ascii: "["): return "\"{[]-0123456789tfn".utf8.contains(start[1])
    default: return false
    }
  }

  /// - Parameter width: cells to a line.
  init(_ bytes: [UInt8], width: Int) {
    self.bytes = bytes
    self.width = width
    readTokens()
    writeLines()
  }

  // MARK: Reading

  private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }

  private mutating func readTokens() {
    var opened: [Int] = []
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        opened.append(tokens.count)
        tokens.append((.open(end: nil), at..<at + 1))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if let start = opened.popLast() { tokens[start].token = .open(end: tokens.count) }
        tokens.append((.close, at..<at + 1))
      case UInt8(ascii: ","): tokens.append((.comma, at..<at + 1))
      case UInt8(ascii: ":"):
        if let last = tokens.indices.last, case .scalar = tokens[last].token {
          tokens[last].token = .key
        } else {
          tokens.append((.scalar, at..<at + 1))
        }
      case let byte where Self.isSpace(byte): break
      default:
        let end = endOfScalar(at)
        tokens.append((.scalar, at..<end))
        at = end - 1
      }
      at += 1
    }
  }

  private func endOfScalar(_ start: Int) -> Int {
    var at = start + 1
    if bytes[start] == UInt8(ascii: "\"") {
      while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
        at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
      }
      return min(at + 1, bytes.count)
    }
    while at < bytes.count, !Self.isSpace(bytes[at]), !",:{}[]\"".utf8.contains(bytes[at]) {
      at += 1
    }
    return at
  }

  // MARK: Writing

  private var indent: Int { 2 * min(depth, Self.deepestIndent) }

  private mutating func writeLines() {
    var at = 0
    while at < tokens.count {
      switch tokens[at].token {
      case .open(let end):
        if let end, let text = oneLine(at...end) {
          line += text
          at = end
        } else {
          line += text(at)
          endLine()
          depth += 1
        }
      case .close:
        endLine()
        depth = max(0, depth - 1)
        line = text(at)
      case .comma:
        line += ","
        if isListOfScalars(around: at), room > cellWidth(of: text(at + 1)) + 1 {
          line += " "
        } else {
          endLine()
        }
      case .key, .scalar: line += text(at)
      }
      at += 1
    }
    endLine()
  }

  private var room: Int { width - indent - cellWidth(of: line) }

  /// A whole list or object, if the line has room for it and for what follows.
  private func oneLine(_ range: ClosedRange<Int>) -> String? {
    // No token takes less than a cell.
    guard range.count < room else { return nil }
    var text = ""
    for at in range {
      text += self.text(at)
      if case .comma = tokens[at].token { text += " " }
      if text.utf8.count > 8 * width { return nil }
    }
    return cellWidth(of: text) < room ? text : nil
  }

  private func isListOfScalars(around comma: Int) -> Bool {
    guard comma > 0, comma + 1 < tokens.count, case .scalar = tokens[comma - 1].token,
      case .scalar = tokens[comma + 1].token
    else { return false }
    return true
  }

  private func text(_ at: Int) -> String {
    let text = visibleText(bytes[tokens[at].range])
    if case .key = tokens[at].token { return text + ": " }
    return text
  }

  private mutating func endLine() {
    guard !line.isEmpty else { return }
    let space = String(repeating: " ", count: min(indent, width / 2))
    lines += folded(line, to: width - space.count).map { space + $0 }
    line = ""
  }
}
