import EspalierTree

/// Reads the part of TOML that rules are written in: `key = value` with strings, whole numbers and
/// lists of strings, and `[[rule]]` tables. Strict: whatever else a file says is refused with its
/// line, so that no rule is read as another.
struct TOMLReader {
  enum Value: Equatable {
    case text(String)
    case number(Int)
    case list([String])
  }

  struct Entry {
    var key: String
    var value: Value
    var line: Int
  }

  struct Table {
    var line: Int
    var entries: [Entry] = []
  }

  private let bytes: [UInt8]
  private let file: String
  private var at = 0
  private var line = 1

  /// What stands before the first table, and each `[[name]]` in order.
  static func read(
    _ bytes: [UInt8], file: String, table name: String
  ) throws(RuleError) -> (top: Table, tables: [Table]) {
    var reader = TOMLReader(bytes: bytes, file: file)
    return try reader.run(name)
  }

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  func error(_ found: String, _ expected: String, line: Int? = nil) -> RuleError {
    RuleError(file: file, line: line ?? self.line, found: found, expected: expected)
  }

  private mutating func run(_ name: String) throws(RuleError) -> (top: Table, tables: [Table]) {
    if String(validating: bytes, as: UTF8.self) == nil {
      throw error("bytes that are not UTF-8", "a text file")
    }
    var top = Table(line: 1)
    var tables: [Table] = []
    while true {
      skipBlank(newlines: true)
      guard let byte = peek else { return (top, tables) }
      if byte == UInt8(ascii: "[") {
        try header(name)
        tables.append(Table(line: line))
      } else {
        let entry = try self.entry()
        let old = tables.last?.entries ?? top.entries
        if let first = old.first(where: { $0.key == entry.key }) {
          throw error(
            "a second “\(entry.key)” (the first is in line \(first.line))", "each key once",
            line: entry.line)
        }
        if tables.isEmpty {
          top.entries.append(entry)
        } else {
          tables[tables.count - 1].entries.append(entry)
        }
      }
      try endOfLine()
    }
  }

  private mutating func header(_ name: String) throws(RuleError) {
    let wanted = Array("[[\(name)]]".utf8)
    guard bytes[at...].starts(with: wanted) else {
      throw error("“\(restOfLine)”", "“[[\(name)]]”")
    }
    at += wanted.count
  }

  private mutating func entry() throws(RuleError) -> Entry {
    let start = at
    while let byte = peek, isKey(byte) { at += 1 }
    let key = String(decoding: bytes[start..<at], as: UTF8.self)
    skipBlank()
    guard !key.isEmpty, peek == UInt8(ascii: "=") else {
      at = start
      throw error("“\(restOfLine)”", "“key = value”, “[[rule]]” or a comment that begins with “#”")
    }
    at += 1
    skipBlank()
    let own = line
    return Entry(key: key, value: try value(), line: own)
  }

  private mutating func value() throws(RuleError) -> Value {
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try string())
    case UInt8(ascii: "["): return .list(try list())
    default:
      let start = at
      if peek == UInt8(ascii: "-") { at += 1 }
      while let byte = peek, byte >= 0x30, byte <= 0x39 { at += 1 }
      guard let number = Int(String(decoding: bytes[start..<at], as: UTF8.self)) else {
        at = start
        throw error("“\(restOfLine)”", "text in quotes, a whole number or a list")
      }
      return .number(number)
    }
  }

  private mutating func list() throws(RuleError) -> [String] {
    at += 1
    var items: [String] = []
    while true {
      skipBlank(newlines: true)
      if peek == UInt8(ascii: "]") { break }
      guard peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") else {
        throw error(
          peek == nil ? "the end of the file" : "“\(restOfLine)”", "text in quotes or “]”")
      }
      items.append(try string())
      skipBlank(newlines: true)
      if peek == UInt8(ascii: ",") {
        at += 1
      } else if peek != UInt8(ascii: "]") {
        throw error(peek == nil ? "the end of the file" : "“\(restOfLine)”", "“,” or “]”")
      }
    }
    at += 1
    return items
  }

  private mutating func string() throws(RuleError) -> String {
    let quote = bytes[at]
    at += 1
    var out: [UInt8] = []
    while let byte = peek, byte != quote {
      guard byte >= 0x20, byte != 0x7F else {
        throw error("text without its closing quote", "one line between quotes")
      }
      at += 1
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        out += try escape()
      } else {
        out.append(byte)
      }
    }
    guard peek == quote else { throw error("the end of the file inside of text", "a quote") }
    at += 1
    return String(decoding: out, as: UTF8.self)
  }

  private mutating func escape() throws(RuleError) -> [UInt8] {
    guard let byte = peek else { throw error("the end of the file inside of text", "a quote") }
    at += 1
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): return [byte]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = byte == UInt8(ascii: "u") ? 4 : 8
      let digits = String(decoding: bytes[at..<min(at + count, bytes.count)], as: UTF8.self)
      guard digits.utf8.count == count, let code = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw error("“\\\(digits)”", "a Unicode scalar with \(count) digits") }
      at += count
      return Array(String(scalar).utf8)
    default:
      throw error(
        "“\\\(visibleText([byte]))” in text",
        "one of \\\\ \\\" \\n \\t \\r \\u; or single quotes, which take backslashes as they are")
    }
  }

  // MARK: Characters

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func isKey(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == 0x5F || byte == 0x2D
      || byte >= 0x30 && byte <= 0x39
  }

  private var restOfLine: String {
    visibleText(Array(bytes[at...].prefix { $0 != 0x0A }.prefix(60)))
  }

  /// Blanks and comments.
  private mutating func skipBlank(newlines: Bool = false) {
    while let byte = peek {
      if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        at += 1
      } else if byte == UInt8(ascii: "#") {
        while let next = peek, next != 0x0A {
          _ = next
          at += 1
        }
      } else if byte == 0x0A, newlines {
        at += 1
        line += 1
      } else {
        return
      }
    }
  }

  private mutating func endOfLine() throws(RuleError) {
    skipBlank()
    guard let byte = peek else { return }
    guard byte == 0x0A else { throw error("“\(restOfLine)”", "the end of the line") }
  }
}
