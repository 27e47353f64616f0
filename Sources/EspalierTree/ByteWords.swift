// Names are compared and hashed eight bytes at a time. Little-endian words: the lowest bits are
// those of the first byte.

extension UnsafeRawBufferPointer {
  /// Eight bytes from `offset`, all of which have to be there.
  @inline(__always) func word(at offset: Int) -> UInt64 {
    UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// All bytes as one number, where there are fewer than eight: with the count it tells them apart
  /// from all others.
  @inline(__always) var shortWord: UInt64 {
    if count >= 4 {
      let low = loadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let high = loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      return UInt64(UInt32(littleEndian: low))
        | UInt64(UInt32(littleEndian: high)) << UInt64(8 * (count - 4))
    }
    if count == 0 { return 0 }
    // One to three bytes: the first, the middle, the last.
    return UInt64(self[0]) | UInt64(self[count >> 1]) << 8 | UInt64(self[count - 1]) << 16
  }
}

/// How many bytes two names begin with in common.
@inline(__always)
func commonPrefix(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  let limit = min(a.count, b.count)
  var at = 0
  guard limit >= 8 else {
    while at < limit, a[at] == b[at] { at += 1 }
    return at
  }
  while true {
    let difference = a.word(at: at) ^ b.word(at: at)
    if difference != 0 { return at + difference.trailingZeroBitCount / 8 }
    if at == limit - 8 { return limit }
    // The last word overlaps the one before it.
    at = min(at + 8, limit - 8)
  }
}

@inline(__always)
func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
  guard a.count == b.count else { return false }
  return a.count < 8 ? a.shortWord == b.shortWord : commonPrefix(a, b) == a.count
}

/// A fast seeded hash; the seed keeps a hostile file from choosing collisions.
@inline(__always)
func mixHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
  if bytes.count < 8 { return mixHash(hash, bytes.shortWord) }
  var offset = 0
  while offset + 8 < bytes.count {
    hash = mixHash(hash, bytes.word(at: offset))
    offset += 8
  }
  return mixHash(hash, bytes.word(at: bytes.count - 8))
}

@inline(__always)
func mixHash(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = (a ^ b ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}
