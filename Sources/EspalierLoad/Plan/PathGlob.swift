import EspalierTree

/// A pattern for key paths, as people type them: `encoder.*.bias`, `**.running_{mean,var}`.
///
/// - `*` any characters within one part of a name, `?` one character
/// - `**` any characters, separators too
/// - `{a,b}` one of several
/// - `\` takes the next character as it is
///
/// Names are compared as bytes; `.` and `/` in a pattern are the same separator. A pattern that
/// names a branch stands for everything below it.
public struct PathGlob: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it was typed.
  public let description: String
  /// The pattern without braces, in all its forms.
  private let forms: [[GlobToken]]

  /// Patterns with more forms than this are refused.
  static let maximumForms = 1024

  /// - Throws: ``BadGlob`` when a brace is not closed or braces give too many forms.
  public init(_ pattern: String) throws {
    description = pattern
    forms = try Self.expand(Array(pattern.utf8), pattern).map(Self.tokens)
  }

  /// Whether the pattern is this name.
  public func matches(_ name: Name) -> Bool {
    walks.contains { walk in
      var walk = walk
      walk.take(name.bytes)
      return walk.isAtEnd
    }
  }

  /// The pattern before the first byte of a name, in all its forms.
  var walks: [GlobWalk] { forms.map(GlobWalk.init) }

  // MARK: Inside

  private static func expand(_ bytes: [UInt8], _ pattern: String) throws -> [[UInt8]] {
    var finished: [[UInt8]] = []
    var pending = [bytes]
    while let next = pending.popLast() {
      guard let open = firstBrace(next) else {
        finished.append(next)
        continue
      }
      guard let parts = alternatives(next, from: open) else {
        throw BadGlob(pattern: pattern, reason: "a { is not closed")
      }
      for choice in parts.choices {
        pending.append(next[..<open] + choice + next[parts.end...])
      }
      guard pending.count + finished.count <= maximumForms else {
        throw BadGlob(pattern: pattern, reason: "it has more than \(maximumForms) forms")
      }
    }
    return finished
  }

  private static func firstBrace(_ bytes: [UInt8]) -> Int? {
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "{") { return at }
      at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  /// The choices between a brace and its partner, and where the pattern goes on.
  private static func alternatives(
    _ bytes: [UInt8], from open: Int
  ) -> (choices: [[UInt8]], end: Int)? {
    var choices: [[UInt8]] = [[]]
    var depth = 0
    var at = open + 1
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\\") where at + 1 < bytes.count:
        choices[choices.count - 1].append(byte)
        at += 1
        choices[choices.count - 1].append(bytes[at])
      case UInt8(ascii: ",") where depth == 0: choices.append([])
      case UInt8(ascii: "}") where depth == 0: return (choices, at + 1)
      default:
        if byte == UInt8(ascii: "{") { depth += 1 }
        if byte == UInt8(ascii: "}") { depth -= 1 }
        choices[choices.count - 1].append(byte)
      }
      at += 1
    }
    return nil
  }

  private static func tokens(_ bytes: [UInt8]) -> [GlobToken] {
    var result: [GlobToken] = []
    var at = 0
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "*"):
        let isDouble = at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "*")
        result.append(isDouble ? .any : .part)
        if isDouble { at += 1 }
      case UInt8(ascii: "?"): result.append(.one)
      case UInt8(ascii: "\\") where at + 1 < bytes.count:
        at += 1
        result.append(.byte(bytes[at]))
      case let byte: result.append(.byte(byte))
      }
      at += 1
    }
    return result
  }
}

/// A pattern that cannot be read.
public struct BadGlob: Error, Hashable, Sendable, CustomStringConvertible {
  /// The pattern as it was typed.
  public var pattern: String
  /// What is wrong with it.
  public var reason: String
  public var description: String {
    "the pattern \(visibleText(pattern.utf8)) cannot be read: \(reason); "
      + "write \\ before a character that stands for itself"
  }
}
