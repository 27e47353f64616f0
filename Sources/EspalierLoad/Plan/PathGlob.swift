import EspalierTree
import Synchronization

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
  public let description: String
  /// The pattern without braces, in all its forms.
  private let forms: [[Token]]

  private enum Token: Sendable, Hashable {
    case byte(UInt8)
    case one
    case part
    case any
  }

  /// Patterns with more forms than this are refused.
  static let maximumForms = 1024

  /// - Throws: ``BadGlob`` when a brace is not closed or braces give too many forms.
  public init(_ pattern: String) throws {
    description = pattern
    forms = try Self.expand(Array(pattern.utf8), pattern).map(Self.tokens)
  }

  /// Whether the pattern is this name.
  public func matches(_ name: Name) -> Bool {
    forms.contains { Self.match($0, name.bytes) }
  }

  /// Whether the pattern is a path or one of the branches above it.
  public func covers(_ path: TreePath) -> Bool {
    (0...path.segments.count).reversed().contains { count in
      matches(TreePath(Array(path.segments.prefix(count))).flatName)
    }
  }

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

  private static func tokens(_ bytes: [UInt8]) -> [Token] {
    var result: [Token] = []
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

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
  }

  private static func match(_ tokens: [Token], _ name: [UInt8]) -> Bool {
    var states = beginning(tokens)
    var next = states
    for byte in name { step(tokens, &states, byte, &next) }
    return states[tokens.count]
  }

  /// Where the pattern can be before the first byte.
  private static func beginning(_ tokens: [Token]) -> [Bool] {
    var states = [Bool](repeating: false, count: tokens.count + 1)
    states[0] = true
    close(tokens, &states)
    return states
  }

  /// Follows all ways through the pattern at once, so that no pattern takes long.
  private static func step(
    _ tokens: [Token], _ states: inout [Bool], _ byte: UInt8, _ next: inout [Bool]
  ) {
    for index in next.indices { next[index] = false }
    for (index, token) in tokens.enumerated() where states[index] {
      switch token {
      case .byte(let wanted):
        let isSame = wanted == byte || (isSeparator(wanted) && isSeparator(byte))
        if isSame { next[index + 1] = true }
      case .one: if !isSeparator(byte), byte & 0xC0 != 0x80 { next[index + 1] = true }
      case .part: if !isSeparator(byte) { next[index] = true }
      case .any: next[index] = true
      }
    }
    // Bytes that continue a character belong to the `?` that took its first one.
    if byte & 0xC0 == 0x80 {
      for (index, token) in tokens.enumerated() where token == .one && states[index + 1] {
        next[index + 1] = true
      }
    }
    close(tokens, &next)
    swap(&states, &next)
  }

  private static func close(_ tokens: [Token], _ states: inout [Bool]) {
    for (index, token) in tokens.enumerated()
    where states[index] && (token == .any || token == .part) { states[index + 1] = true }
  }
}

// MARK: - Whole trees

extension PathGlob {
  /// How far the patterns have come along one path.
  fileprivate struct Progress {
    private var forms: [(tokens: [Token], states: [Bool])]

    init(_ patterns: [PathGlob]) {
      forms = patterns.flatMap(\.forms).map { ($0, beginning($0)) }
    }

    var isMatch: Bool { forms.contains { $0.states[$0.tokens.count] } }

    mutating func read(_ bytes: some Sequence<UInt8>) {
      for index in forms.indices {
        var next = forms[index].states
        for byte in bytes { step(forms[index].tokens, &forms[index].states, byte, &next) }
      }
    }
  }

  /// For every node of a tree whether it is named by a pattern, lies below such a node, or above.
  ///
  /// Each name is read once, from where its parent's ends.
  fileprivate static func kept(_ patterns: [PathGlob], in tree: Tree) -> [Bool] {
    var kept = [Bool](repeating: false, count: tree.nodeCount)
    var open: [(end: Int, isKept: Bool, progress: Progress)] = []
    for index in 0..<tree.nodeCount {
      let node = NodeID(Int32(truncatingIfNeeded: index))
      while let last = open.last, last.end <= index { open.removeLast() }
      var progress = open.last?.progress ?? Progress(patterns)
      var isKept = open.last?.isKept ?? false
      if !isKept {
        if open.count > 1 { progress.read(CollectionOfOne(UInt8(ascii: "."))) }
        if !open.isEmpty { tree.withName(of: node) { progress.read($0) } }
        isKept = progress.isMatch
      }
      kept[index] = isKept
      if tree.hasChildren(node) { open.append((tree.end(of: node), isKept, progress)) }
    }
    // A branch stays for what is kept below it.
    for index in (0..<tree.nodeCount).reversed() where kept[index] {
      if let parent = tree.parent(of: NodeID(Int32(truncatingIfNeeded: index))) {
        kept[parent.index] = true
      }
    }
    return kept
  }
}

/// A pattern that cannot be read.
public struct BadGlob: Error, Hashable, Sendable, CustomStringConvertible {
  public var pattern: String
  public var reason: String
  public var description: String {
    "the pattern \(visibleText(pattern.utf8)) cannot be read: \(reason); "
      + "write \\ before a character that stands for itself"
  }
}

extension TreeFilter {
  /// Removes what one of the patterns names, and everything below it.
  ///
  /// Patterns are held against paths from the root of the file.
  public static func removing(_ patterns: [PathGlob]) -> TreeFilter {
    TreeFilter { tree, node in
      let name = tree.path(of: node).flatName
      return !patterns.contains { $0.matches(name) }
    }
  }

  /// Keeps leaves that one of the patterns names, or that lie below what one names.
  public static func keeping(_ patterns: [PathGlob]) -> TreeFilter {
    let known = KeptNodes()
    return TreeFilter { tree, node in
      known.contains(node, of: tree) { PathGlob.kept(patterns, in: tree) }
    }
  }

  /// Removes what the producer marks as beside the weights (optimiser state).
  public static let withoutHidden = TreeFilter { tree, node in !tree.isHidden(node) }

  /// Keeps what both filters keep.
  public func and(_ other: TreeFilter) -> TreeFilter {
    let first = self
    return TreeFilter { tree, node in first.keep(tree, node) && other.keep(tree, node) }
  }
}

/// Which nodes of the last two trees are kept: a filter is asked for the nodes of both sides in turn.
private final class KeptNodes: Sendable {
  private let trees = Mutex<[(tree: Tree, kept: [Bool])]>([])

  func contains(_ node: NodeID, of tree: Tree, _ find: () -> [Bool]) -> Bool {
    trees.withLock { trees in
      if let known = trees.first(where: { $0.tree.isIdentical(to: tree) }) {
        return known.kept[node.index]
      }
      let kept = find()
      trees = trees.suffix(1) + [(tree, kept)]
      return kept[node.index]
    }
  }
}
