/// One object of a pickle. The same number is the same object: sharing and cycles are kept.
package struct PickleID: Hashable, Sendable {
  let index: Int32
}

/// What an object of a pickle is, as far as can be said without importing or calling anything.
package enum PickleKind: Sendable {
  case none, bool, integer, float
  /// An integer beyond 64 bits.
  case bigInteger
  case bytes, byteArray
  /// Unicode text, as UTF-8.
  case text
  /// A `str` of Python 2, which may be text or bytes.
  case legacyString
  case list, tuple, dictionary, set, frozenSet
  /// A class or function, by module and name.
  case global
  /// What calling something would have returned.
  case call
  /// An instance of a class, made without calling it.
  case object
  /// What the program that wrote the pickle keeps elsewhere: PyTorch's storages.
  case persistentID
  /// Bytes kept outside the pickle (protocol 5).
  case buffer
  /// A class or function by its number in a registry that only its program has.
  case extensionCode
}

/// A pickle read symbolically: what it would build, as data. Objects lie in one array and refer to each
/// other by number, so depth and cycles cost nothing.
package struct PickleDocument: Sendable {
  package internal(set) var root = PickleID(index: 0)
  /// Every class and function that the pickle names, once each.
  package internal(set) var globals: [PickleGlobal] = []
  /// Where the next byte after the pickle is, in bytes from where reading began.
  package internal(set) var end = 0
  package internal(set) var protocolVersion = 0
  package let origin: ByteOrigin

  struct Node {
    var kind: PickleKind
    /// Whether the content was unescaped and lies in `decoded`.
    var isDecoded = false
    /// A value, the start of content, or the place of the children.
    var first: Int = 0
    var count: Int = 0
  }

  /// What is done to an object after it was made: items appended and set, states given.
  struct Additions {
    var items: [PickleID] = []
    var pairs: [(PickleID, PickleID)] = []
    var states: [PickleID] = []
  }

  var nodes: [Node] = []
  var children: [[PickleID]] = []
  var additions: [PickleID: Additions] = [:]
  /// The pickle itself, and content that had to be unescaped.
  var source: [UInt8] = []
  var decoded: [UInt8] = []

  // MARK: Values

  package func kind(_ id: PickleID) -> PickleKind { nodes[Int(id.index)].kind }
  package func isNone(_ id: PickleID) -> Bool { kind(id) == .none }

  package func bool(_ id: PickleID) -> Bool? {
    let node = nodes[Int(id.index)]
    return node.kind == .bool ? node.first != 0 : nil
  }

  /// An integer that fits 64 bits.
  package func integer(_ id: PickleID) -> Int? {
    let node = nodes[Int(id.index)]
    return node.kind == .integer ? node.first : nil
  }

  package func float(_ id: PickleID) -> Double? {
    let node = nodes[Int(id.index)]
    guard node.kind == .float else { return nil }
    return Double(bitPattern: UInt64(bitPattern: Int64(node.first)))
  }

  /// The content of text or bytes; of a big integer, its two's complement, least significant byte first.
  package func bytes(_ id: PickleID) -> [UInt8]? {
    let node = nodes[Int(id.index)]
    switch node.kind {
    case .bytes, .byteArray, .text, .legacyString, .bigInteger:
      let range = node.first..<(node.first + node.count)
      return Array(node.isDecoded ? decoded[range] : source[range])
    default: return nil
    }
  }

  /// The content of text of either kind.
  package func text(_ id: PickleID) -> [UInt8]? {
    switch kind(id) {
    case .text, .legacyString: bytes(id)
    default: nil
    }
  }

  /// Where such content lies in the file, to be read in place; nil where it is not there as it is.
  package func fileRange(_ id: PickleID) -> Range<Int>? {
    let node = nodes[Int(id.index)]
    guard bytesKinds.contains(node.kind), !node.isDecoded, let start = origin.offset else {
      return nil
    }
    return (start + node.first)..<(start + node.first + node.count)
  }

  private var bytesKinds: [PickleKind] { [.bytes, .byteArray, .text, .legacyString] }

  // MARK: Structure

  /// The elements of a list, tuple or set; of any other object, what was appended to it.
  package func elements(_ id: PickleID) -> [PickleID] {
    switch kind(id) {
    case .list, .tuple, .set, .frozenSet: children[nodes[Int(id.index)].first]
    default: additions[id]?.items ?? []
    }
  }

  /// The pairs of a dictionary, or those set on any other object (an `OrderedDict` is the result of a
  /// call), in order. Where a key occurs again, the later one counts.
  package func pairs(_ id: PickleID) -> [(key: PickleID, value: PickleID)] {
    guard kind(id) == .dictionary else {
      return additions[id]?.pairs.map { (key: $0.0, value: $0.1) } ?? []
    }
    let flat = children[nodes[Int(id.index)].first]
    return stride(from: 0, to: flat.count - 1, by: 2).map { (key: flat[$0], value: flat[$0 + 1]) }
  }

  /// The value of a text key; nil where there is none.
  package func value(_ id: PickleID, key: String) -> PickleID? {
    let wanted = Array(key.utf8)
    return pairs(id).last { text($0.key) == wanted }?.value
  }

  /// Of a call, what is called with what; of an object, its class and arguments.
  package func call(_ id: PickleID) -> (callable: PickleID, arguments: PickleID)? {
    guard [.call, .object].contains(kind(id)) else { return nil }
    let parts = children[nodes[Int(id.index)].first]
    return parts.count >= 2 ? (parts[0], parts[1]) : nil
  }

  /// The keyword arguments with which an object is made; nil where there are none.
  package func keywordArguments(_ id: PickleID) -> PickleID? {
    guard kind(id) == .object else { return nil }
    let parts = children[nodes[Int(id.index)].first]
    return parts.count > 2 ? parts[2] : nil
  }

  package func global(_ id: PickleID) -> PickleGlobal? {
    let node = nodes[Int(id.index)]
    return node.kind == .global ? globals[node.first] : nil
  }

  /// What names a persistent object: in PyTorch a tuple.
  package func persistentID(_ id: PickleID) -> PickleID? {
    let node = nodes[Int(id.index)]
    return node.kind == .persistentID ? PickleID(index: Int32(truncatingIfNeeded: node.first)) : nil
  }

  /// The number of an out-of-band buffer or of an extension.
  package func number(_ id: PickleID) -> Int? {
    let node = nodes[Int(id.index)]
    return node.kind == .buffer || node.kind == .extensionCode ? node.first : nil
  }

  /// The state given to an object last (`__setstate__` or `__dict__`).
  package func state(_ id: PickleID) -> PickleID? { additions[id]?.states.last }

  // MARK: Walking

  /// Everything that an object refers to.
  package func references(_ id: PickleID) -> [PickleID] {
    let node = nodes[Int(id.index)]
    var found: [PickleID] = []
    switch node.kind {
    case .list, .tuple, .set, .frozenSet, .dictionary, .call, .object: found = children[node.first]
    case .persistentID: found = [PickleID(index: Int32(truncatingIfNeeded: node.first))]
    default: break
    }
    guard let added = additions[id] else { return found }
    return found + added.items + added.pairs.flatMap { [$0.0, $0.1] } + added.states
  }

  /// Visits each object that can be reached, once, parents first, however the pickle is nested.
  /// `visit` returns whether to go on below.
  package func walk(
    from start: PickleID, maxDepth: Int = .max, _ visit: (PickleID, _ depth: Int) -> Bool
  ) {
    var waiting: [(PickleID, Int)] = [(start, 0)]
    var seen: Set<PickleID> = [start]
    while let (id, depth) = waiting.popLast() {
      guard visit(id, depth), depth < maxDepth else { continue }
      for next in references(id).reversed() where seen.insert(next).inserted {
        waiting.append((next, depth + 1))
      }
    }
  }
}
