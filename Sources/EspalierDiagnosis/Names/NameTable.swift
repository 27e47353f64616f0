/// Path components as small integers, each with its text and its split into words and numbers.
///
/// A component such as `layer12`, `block_3` or `block1_conv2` hides list positions; splitting it
/// lets `layer1.0` and `stages.0.layers.0` be compared as lists.
final class NameTable {
  private var ids = NameIndex()
  private(set) var texts: [String] = []
  private(set) var tokens: [[Int]] = []
  /// What is looked up when first asked for; most components of a large tree are never asked about.
  private var roles: [Vocabulary.Role?] = []
  private var meanings: [ComponentWords?] = []
  private var bare: [Int?] = []

  /// A number for a component or a word of one; equal texts have equal numbers.
  func intern(_ bytes: [UInt8]) -> Int {
    let id = ids.place(of: bytes, orElse: texts.count)
    guard id == texts.count else { return id }
    texts.append(String(decoding: bytes, as: UTF8.self))
    tokens.append([Token.word(id)])
    roles.append(nil)
    meanings.append(nil)
    bare.append(nil)
    if hasParts(bytes) { tokens[id] = split(bytes) }
    return id
  }

  /// The component's words, split and looked up when first asked for.
  func words(of id: Int) -> ComponentWords {
    guard meanings.indices.contains(id) else {
      return ComponentWords("", role: .other, number: intern)
    }
    if let known = meanings[id] { return known }
    // Most words stand for themselves, and have a number.
    let text = texts[id]
    let words = ComponentWords(text, role: role(id)) { $0 == text ? id : intern($0) }
    meanings[id] = words
    return words
  }

  /// Paths of tensors. Neighbours share most of their path, so only what differs is looked up.
  func paths(of tensors: [TensorFacts]) -> [[Int]] {
    ids.reserve(tensors.count)
    var last: [[UInt8]] = []
    var path: [Int] = []
    return tensors.map { tensor in
      let components = Bounds.path(tensor.components)
      let length = min(last.count, components.count)
      let shared = (0..<length).first { last[$0] != components[$0] } ?? length
      var next: [Int] = []
      next.reserveCapacity(components.count)
      next.append(contentsOf: path[..<shared])
      for component in components[shared...] { next.append(intern(component)) }
      path = next
      last = components
      return next
    }
  }

  func intern(_ text: String) -> Int { intern(Array(text.utf8)) }

  func text(_ id: Int) -> String { texts.indices.contains(id) ? texts[id] : "" }

  /// What a parameter of this name is.
  func role(_ id: Int) -> Vocabulary.Role {
    guard roles.indices.contains(id) else { return .other }
    if let known = roles[id] { return known }
    let role = Vocabulary.role(texts[id])
    roles[id] = role
    return role
  }

  /// Flax and Keras call a matrix so, and keep it (in, out).
  func isKernel(_ path: [Int]) -> Bool { path.last.map { texts[$0] == "kernel" } ?? false }

  /// The component without its digits.
  func withoutDigits(_ id: Int) -> Int {
    guard bare.indices.contains(id) else { return id }
    if let known = bare[id] { return known }
    let bytes = texts[id].utf8
    let plain = bytes.contains(where: isDigit) ? intern(bytes.filter { !isDigit($0) }) : id
    bare[id] = plain
    return plain
  }

  func join(_ path: some Sequence<Int>) -> String {
    path.map { text($0) }.joined(separator: ".")
  }

  /// The component as a number, where it is one.
  func number(_ id: Int) -> Int? {
    let parts = tokens[id]
    return parts.count == 1 && Token.isNumber(parts[0]) ? Token.value(parts[0]) : nil
  }

  /// A number before the last module is that of a block.
  func isInBlock(_ path: [Int]) -> Bool {
    hasNumber(path.dropLast(2))
  }

  /// A number stands in one of the components.
  func hasNumber(_ path: some Sequence<Int>) -> Bool {
    path.contains { tokens[$0].contains(where: Token.isNumber) }
  }

  /// Words and numbers of a path; the last component stays whole unless it is a number.
  func tokens(of path: [Int]) -> [Int] {
    var out: [Int] = []
    out.reserveCapacity(path.count + 2)
    for (place, id) in path.enumerated() {
      if place + 1 == path.count, number(id) == nil {
        out.append(Token.word(id))
      } else {
        out.append(contentsOf: tokens[id])
      }
    }
    return out
  }

  func word(_ token: Int) -> String {
    Token.isNumber(token) ? String(Token.value(token)) : texts[token >> 1]
  }

  /// Does it hold more than one word as it stands?
  private func hasParts(_ bytes: [UInt8]) -> Bool {
    bytes.first == 0x5F || bytes.last == 0x5F || bytes.contains(where: isDigit)
  }

  private func split(_ bytes: [UInt8]) -> [Int] {
    var out: [Int] = []
    var word: [UInt8] = []
    var at = 0
    func flush() {
      while word.last == 0x5F { word.removeLast() }
      while word.first == 0x5F { word.removeFirst() }
      if !word.isEmpty { out.append(Token.word(intern(word))) }
      word = []
    }
    while at < bytes.count {
      guard isDigit(bytes[at]) else {
        word.append(bytes[at])
        at += 1
        continue
      }
      var end = at
      while end < bytes.count, isDigit(bytes[end]) { end += 1 }
      // A number inside a word (`w2v`, `h_to_4h`) is part of it; one at a boundary is a position.
      if end == bytes.count || bytes[end] == 0x5F, end - at < 10,
        let value = Int(String(decoding: bytes[at..<end], as: UTF8.self))
      {
        flush()
        out.append(Token.number(value))
      } else {
        word.append(contentsOf: bytes[at..<end])
      }
      at = end
    }
    flush()
    if out.isEmpty || out.count > Bounds.tokens {
      return [Token.word(intern(bytes))]
    }
    return out
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}

/// A word or a number in one integer, so that paths compare and hash cheaply.
enum Token {
  static func word(_ id: Int) -> Int { id << 1 }
  static func number(_ value: Int) -> Int { (value << 1) | 1 }
  static func isNumber(_ token: Int) -> Bool { token & 1 == 1 }
  static func value(_ token: Int) -> Int { token >> 1 }
  /// Stands for any number in a pattern.
  static let anyNumber = -1
}
