/// A name with numbers that vary, `blocks.{0}.norm{1}.weight`, or all names below one,
/// `blocks.{0}.*`.
///
/// A hole holds a variable, and a number to add to it; `{-0+3}` counts down from 3.
public struct NamePattern: Hashable, Sendable, CustomStringConvertible {
  /// A number in a name.
  public struct Hole: Hashable, Sendable {
    /// Which of the pattern's variables it holds, from 0.
    public var variable: Int
    /// What is added to the variable, or what it is taken from.
    public var offset: Int
    /// Whether the number is the offset less the variable.
    public var countsDown: Bool

    /// A hole with the number `variable + offset`, or `offset - variable` where it counts down.
    public init(variable: Int, offset: Int = 0, countsDown: Bool = false) {
      self.variable = variable
      self.offset = offset
      self.countsDown = countsDown
    }

    func value(_ variables: [Int]) -> Int? {
      guard variables.indices.contains(variable) else { return nil }
      let base = variables[variable]
      let (sum, overflow) =
        countsDown
        ? offset.subtractingReportingOverflow(base) : base.addingReportingOverflow(offset)
      return overflow || sum < 0 ? nil : sum
    }
  }

  /// A part of a pattern.
  public enum Piece: Hashable, Sendable {
    /// Bytes that stand there as they are.
    case text([UInt8])
    /// A number that varies.
    case hole(Hole)
    /// What is left of a name; the last piece, after a dot or a slash.
    case rest

    /// A text is hashed in one go, not byte by byte.
    public func hash(into hasher: inout Hasher) {
      switch self {
      case .text(let text): text.withUnsafeBytes { hasher.combine(bytes: $0) }
      case .hole(let hole): hasher.combine(hole)
      case .rest: hasher.combine(0)
      }
    }
  }

  /// What the variable pieces of a pattern stand for.
  public struct Match: Hashable, Sendable {
    /// The variables, by their number.
    public var numbers: [Int]
    /// What ``Piece/rest`` stands for.
    public var rest: [UInt8]

    /// Numbers, and what is left.
    public init(numbers: [Int], rest: [UInt8] = []) {
      self.numbers = numbers
      self.rest = rest
    }
  }

  /// From left to right; no two texts are neighbours.
  public var pieces: [Piece]

  /// Neighbouring texts become one, so that equal patterns are equal values.
  public init(_ pieces: [Piece]) {
    self.pieces = []
    for piece in pieces {
      if case .text(let text) = piece, case .text(let before)? = self.pieces.last {
        self.pieces[self.pieces.count - 1] = .text(before + text)
      } else {
        self.pieces.append(piece)
      }
    }
  }

  /// That under which the pattern spells `name`; nil where it does not. Only for patterns whose
  /// holes are plain, as those of destinations are.
  public func match(_ name: [UInt8]) -> Match? {
    var at = 0
    var variables: [Int] = []
    for piece in pieces {
      switch piece {
      case .text(let text):
        guard at + text.count <= name.count, name[at..<(at + text.count)].elementsEqual(text) else {
          return nil
        }
        at += text.count
      case .hole(let hole):
        var end = at
        while end < name.count, NamePattern.isDigit(name[end]) { end += 1 }
        // A number is spelt in one way only.
        guard end - at == 1 || (end > at && name[at] != 0x30),
          let value = Int(String(decoding: name[at..<end], as: UTF8.self))
        else { return nil }
        while variables.count <= hole.variable { variables.append(value) }
        guard variables[hole.variable] == value else { return nil }
        at = end
      case .rest:
        guard at < name.count else { return nil }
        return Match(numbers: variables, rest: Array(name[at...]))
      }
    }
    return at == name.count ? Match(numbers: variables) : nil
  }

  /// The name that a match gives; nil where it lacks a variable.
  public func spell(_ match: Match) -> [UInt8]? {
    var out: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let text): out.append(contentsOf: text)
      case .hole(let hole):
        guard let value = hole.value(match.numbers) else { return nil }
        out.append(contentsOf: Array(String(value).utf8))
      case .rest: out.append(contentsOf: match.rest)
      }
    }
    return out
  }

  public var description: String {
    pieces.map { piece in
      switch piece {
      case .text(let text): return NamePattern.escape(text)
      case .hole(let hole):
        let sign = hole.offset > 0 ? "+\(hole.offset)" : hole.offset < 0 ? "\(hole.offset)" : ""
        return "{\(hole.countsDown ? "-" : "")\(hole.variable)\(sign)}"
      case .rest: return "*"
      }
    }.joined()
  }

  /// The one name that fits, where there is only one.
  package var literal: [UInt8]? {
    guard pieces.count == 1, case .text(let name) = pieces[0] else { return nil }
    return name
  }

  /// A name that fits, or the start of one, with 0 for each number.
  package var withZeros: [UInt8] {
    spell(Match(numbers: [Int](repeating: 0, count: 64))) ?? []
  }

  /// Whether it fits all names below one.
  public var isOpen: Bool { pieces.last == .rest }

  /// Between a name's components.
  static func isJoint(_ byte: UInt8) -> Bool { byte == 0x2E || byte == 0x2F }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// A name with its numbers taken out, for grouping; names that differ in numbers only have equal
  /// templates. A number is the bytes 0, 1 there, and a byte 0 of the name is 0, 2.
  static func template(_ name: [UInt8]) -> (text: [UInt8], numbers: [Int]) {
    var text: [UInt8] = []
    text.reserveCapacity(name.count + 16)
    var numbers: [Int] = []
    var at = 0
    while at < name.count {
      guard isDigit(name[at]) else {
        text.append(name[at])
        if name[at] == 0 { text.append(2) }
        at += 1
        continue
      }
      var end = at
      var value = 0
      while end < name.count, isDigit(name[end]) {
        if end - at < 9 { value = value * 10 + Int(name[end] - 0x30) }
        end += 1
      }
      if end - at == 1 || (name[at] != 0x30 && end - at < 10) {
        numbers.append(value)
        text.append(0)
        text.append(1)
      } else {
        text.append(contentsOf: name[at..<end])
      }
      at = end
    }
    return (text, numbers)
  }

  /// Text and numbers of a name, alternating, text first. Numbers with leading zeros are text.
  static func parts(_ name: [UInt8]) -> (texts: [[UInt8]], numbers: [Int]) {
    var texts: [[UInt8]] = [[]]
    var numbers: [Int] = []
    var at = 0
    while at < name.count {
      var end = at
      while end < name.count, isDigit(name[end]) { end += 1 }
      let run = name[at..<end]
      if !run.isEmpty, run.count == 1 || run.first != 0x30, run.count < 10,
        let value = Int(String(decoding: run, as: UTF8.self))
      {
        numbers.append(value)
        texts.append([])
        at = end
      } else {
        let stop = max(end, at + 1)
        texts[texts.count - 1].append(contentsOf: name[at..<stop])
        at = stop
      }
    }
    return (texts, numbers)
  }
}
