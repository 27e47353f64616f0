/// One piece of a pattern.
enum GlobToken: Sendable, Hashable {
  case byte(UInt8)
  /// One character that is no separator.
  case one
  /// Any characters but separators.
  case part
  /// Any characters.
  case any
}

/// How far a pattern has come along a name.
///
/// It follows all ways through the pattern at once, so that no pattern takes long; and it is a
/// value, so that the names below one branch begin where the branch's own name ended.
struct GlobWalk: Sendable {
  private let tokens: [GlobToken]
  /// Whether the token of this index may come next.
  private var states: [Bool]
  private var next: [Bool]

  init(_ tokens: [GlobToken]) {
    self.tokens = tokens
    states = [Bool](repeating: false, count: tokens.count + 1)
    next = states
    states[0] = true
    Self.skipStars(tokens, &states)
  }

  /// Whether the name may end here.
  var isAtEnd: Bool { states[tokens.count] }

  mutating func take(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { take(byte) }
  }

  mutating func take(_ byte: UInt8) {
    for index in next.indices { next[index] = false }
    for (index, token) in tokens.enumerated() where states[index] {
      switch token {
      case .byte(let wanted):
        if wanted == byte || (isSeparator(wanted) && isSeparator(byte)) { next[index + 1] = true }
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
    Self.skipStars(tokens, &next)
    swap(&states, &next)
  }

  /// A star may stand for nothing.
  private static func skipStars(_ tokens: [GlobToken], _ states: inout [Bool]) {
    for (index, token) in tokens.enumerated()
    where states[index] && (token == .any || token == .part) { states[index + 1] = true }
  }
}

private func isSeparator(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
}
