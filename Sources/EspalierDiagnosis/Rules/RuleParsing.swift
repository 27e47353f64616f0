/// The one-line form of rules, read back. `Rule.description` writes it.
extension Rule {
  /// Nil where the line is no rule; a rules file says so with file and line.
  public init?(parsing line: String) {
    for (word, make) in [
      ("enter ", Rule.enter), ("strip ", Rule.strip), ("remove ", Rule.remove), ("add ", Rule.add),
    ] where line.hasPrefix(word) && !line.contains(" = ") {
      let name = String(line.dropFirst(word.count))
      guard !name.isEmpty else { return nil }
      self = make(name)
      return
    }
    for (word, make) in [("skip ", Rule.skip), ("drop ", Rule.drop)]
    where line.hasPrefix(word) && !line.contains(" = ") {
      guard let pattern = NamePattern(parsing: String(line.dropFirst(5))) else { return nil }
      self = make(pattern)
      return
    }
    let sides = Rule.split(line, " = ")
    guard sides.count == 2, let destination = NamePattern(parsing: sides[0]) else { return nil }
    let parts = Rule.split(sides[1], " : ")
    guard parts.count == 2 else { return nil }
    let sources = Rule.split(parts[0], " + ").map { NamePattern(parsing: $0) }
    guard !sources.contains(nil) else { return nil }
    let operation = Rule.split(parts[1], " at ")
    var layer: Int?
    if operation.count == 2 {
      guard let variable = Int(operation[1].dropFirst().dropLast()), variable >= 0 else {
        return nil
      }
      layer = variable
    }
    guard let first = operation.first, operation.count <= 2, let steps = Operation(parsing: first)
    else { return nil }
    self = .take(
      destination: destination, sources: sources.compactMap { $0 }, operation: steps,
      layerVariable: layer)
  }

  /// Splits at a separator with blanks around it; blanks inside of names are escaped.
  private static func split(_ text: String, _ separator: String) -> [String] {
    var parts: [[UInt8]] = [[]]
    let bytes = Array(text.utf8)
    let mark = Array(separator.utf8)
    var at = 0
    while at < bytes.count {
      if bytes[at...].starts(with: mark), at == 0 || bytes[at - 1] != 0x5C {
        parts.append([])
        at += mark.count
      } else {
        parts[parts.count - 1].append(bytes[at])
        at += 1
      }
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }
}

extension NamePattern {
  /// Reads `blocks.{0}.norm{-1+3}` and `blocks.{0}.*`; backslash takes the next byte as it is.
  public init?(parsing text: String) {
    var pieces: [Piece] = []
    var plain: [UInt8] = []
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case 0x5C:
        guard at + 1 < bytes.count else { return nil }
        if let byte = NamePattern.hexadecimal(bytes[at...]) {
          plain.append(byte)
          at += 4
        } else {
          plain.append(bytes[at + 1])
          at += 2
        }
      case 0x7B:
        guard let end = bytes[at...].firstIndex(of: 0x7D),
          let hole = Hole(parsing: bytes[(at + 1)..<end])
        else { return nil }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        plain = []
        pieces.append(.hole(hole))
        at = end + 1
      case 0x2A:
        guard at + 1 == bytes.count, plain.last.map(NamePattern.isJoint) ?? false else {
          return nil
        }
        pieces += [.text(plain), .rest]
        plain = []
        at += 1
      default:
        plain.append(bytes[at])
        at += 1
      }
    }
    if !plain.isEmpty { pieces.append(.text(plain)) }
    guard !pieces.isEmpty else { return nil }
    self.init(pieces)
  }

  /// Bytes with a meaning in the one-line form are escaped; those that are no text are spelt out.
  static func escape(_ text: [UInt8]) -> String {
    var out: [UInt8] = []
    let isText = String(validating: text, as: UTF8.self) != nil
    for byte in text {
      if byte >= 0x80 && !isText || byte < 0x20 || byte == 0x7F {
        let digits = String(byte, radix: 16)
        out += Array("\\x\(digits.count == 1 ? "0" : "")\(digits)".utf8)
        continue
      }
      if byte == 0x5C || byte == 0x7B || byte == 0x7D || byte == 0x20 || byte == 0x2A {
        out.append(0x5C)
      }
      out.append(byte)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The byte that `\x` and two digits spell.
  private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt8? {
    let start = text.startIndex
    guard text.count >= 4, text[start + 1] == 0x78 else { return nil }
    return UInt8(String(decoding: text[(start + 2)..<(start + 4)], as: UTF8.self), radix: 16)
  }
}

extension NamePattern.Hole {
  init?(parsing bytes: ArraySlice<UInt8>) {
    var text = String(decoding: bytes, as: UTF8.self)
    let down = text.hasPrefix("-")
    if down { text.removeFirst() }
    let digits = text.prefix { $0.isNumber }
    guard let variable = Int(digits), variable < 64 else { return nil }
    let rest = text.dropFirst(digits.count)
    if rest.isEmpty {
      self.init(variable: variable, countsDown: down)
      return
    }
    guard rest.hasPrefix("+") || rest.hasPrefix("-"), let offset = Int(rest) else { return nil }
    self.init(variable: variable, offset: offset, countsDown: down)
  }
}
