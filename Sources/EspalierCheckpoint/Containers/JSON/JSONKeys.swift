/// The keys seen in the objects that are open, to refuse a second one. Few keys are compared one by
/// one, many go into a hash table whose hash a file cannot foresee.
struct JSONKeys {
  /// The keys of one object.
  struct Scope {
    fileprivate var firstKey: Int
    fileprivate var firstByte: Int
    /// Key numbers plus one, by hash; empty while there are few.
    fileprivate var table: [UInt32] = []
  }

  private struct Key {
    var start: Int
    var count: Int
    /// Whether the bytes are in `decoded` and not in the document.
    var isDecoded: Bool
    var hash: Int
  }

  private var keys: [Key] = []
  /// Unescaped forms of keys that needed it.
  private var decoded: [UInt8] = []

  private static let fewKeys = 8

  func openScope() -> Scope { Scope(firstKey: keys.count, firstByte: decoded.count) }

  mutating func close(_ scope: Scope) {
    keys.removeSubrange(scope.firstKey...)
    decoded.removeSubrange(scope.firstByte...)
  }

  /// False where the object has this key already.
  mutating func insert(_ string: JSONString, of bytes: [UInt8], in scope: inout Scope) -> Bool {
    var key = Key(
      start: string.range.lowerBound, count: string.range.count, isDecoded: string.isEscaped,
      hash: 0)
    if string.isEscaped {
      key.start = decoded.count
      string.appendUnescaped(from: bytes, to: &decoded)
      key.count = decoded.count - key.start
    }
    let count = keys.count - scope.firstKey
    if count < Self.fewKeys {
      for other in scope.firstKey..<keys.count where areEqual(keys[other], key, bytes) {
        return false
      }
      keys.append(key)
      return true
    }
    if (count + 1) * 2 > scope.table.count { grow(&scope, bytes) }
    key.hash = hash(key, bytes)
    let mask = scope.table.count - 1
    var slot = key.hash & mask
    while scope.table[slot] != 0 {
      let other = keys[scope.firstKey + Int(scope.table[slot]) - 1]
      if other.hash == key.hash, areEqual(other, key, bytes) { return false }
      slot = (slot + 1) & mask
    }
    keys.append(key)
    scope.table[slot] = UInt32(truncatingIfNeeded: count + 1)
    return true
  }

  private mutating func grow(_ scope: inout Scope, _ bytes: [UInt8]) {
    let wasEmpty = scope.table.isEmpty
    let size = wasEmpty ? 64 : scope.table.count * 4
    scope.table = [UInt32](repeating: 0, count: size)
    for index in scope.firstKey..<keys.count {
      if wasEmpty { keys[index].hash = hash(keys[index], bytes) }
      var slot = keys[index].hash & (size - 1)
      while scope.table[slot] != 0 { slot = (slot + 1) & (size - 1) }
      scope.table[slot] = UInt32(truncatingIfNeeded: index - scope.firstKey + 1)
    }
  }

  private func hash(_ key: Key, _ bytes: [UInt8]) -> Int {
    var hasher = Hasher()
    let range = key.start..<(key.start + key.count)
    (key.isDecoded ? decoded : bytes).withUnsafeBytes {
      hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[range]))
    }
    return hasher.finalize()
  }

  private func areEqual(_ a: Key, _ b: Key, _ bytes: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    let first = (a.isDecoded ? decoded : bytes)[a.start..<(a.start + a.count)]
    return first == (b.isDecoded ? decoded : bytes)[b.start..<(b.start + b.count)]
  }
}
