import Glibc

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

  /// Small, because a header may hold a hundred thousand.
  private struct Key {
    var start: UInt32
    var count: UInt32
    var hash: UInt32 = 0
    /// Whether the bytes are in `decoded` and not in the document.
    var isDecoded: Bool

    var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
  }

  /// Positions are 32 bits wide, so no document may be longer.
  static let sizeLimit = Int(UInt32.max)

  private var keys: [Key] = []
  /// Unescaped forms of keys that needed it.
  private var decoded: [UInt8] = []

  private static let fewKeys = 8

  func openScope() -> Scope { Scope(firstKey: keys.count, firstByte: decoded.count) }

  mutating func close(_ scope: Scope) {
    keys.removeLast(max(0, keys.count - scope.firstKey))
    if decoded.count > scope.firstByte { decoded.removeLast(decoded.count - scope.firstByte) }
  }

  /// False where the object has this key already.
  mutating func insert(_ string: JSONString, of bytes: [UInt8], in scope: inout Scope) -> Bool {
    var range = string.range
    if string.isEscaped {
      let start = decoded.count
      string.appendUnescaped(from: bytes, to: &decoded)
      range = start..<decoded.count
    }
    var key = Key(
      start: UInt32(truncatingIfNeeded: range.lowerBound),
      count: UInt32(truncatingIfNeeded: range.count), isDecoded: string.isEscaped)
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
    var slot = Int(key.hash) & mask
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
      var slot = Int(keys[index].hash) & (size - 1)
      while scope.table[slot] != 0 { slot = (slot + 1) & (size - 1) }
      scope.table[slot] = UInt32(truncatingIfNeeded: index - scope.firstKey + 1)
    }
  }

  private func hash(_ key: Key, _ bytes: [UInt8]) -> UInt32 {
    var hasher = Hasher()
    withBytes(of: key, bytes) { hasher.combine(bytes: $0) }
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }

  private func areEqual(_ a: Key, _ b: Key, _ bytes: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return withBytes(of: a, bytes) { first -> Bool in
      withBytes(of: b, bytes) { second -> Bool in
        guard let start = first.baseAddress, let other = second.baseAddress else { return true }
        return memcmp(start, other, min(first.count, second.count)) == 0
      }
    }
  }

  @inline(__always) private func withBytes<R>(
    of key: Key, _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> R
  ) -> R {
    (key.isDecoded ? decoded : bytes).withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[key.range]))
    }
  }
}
