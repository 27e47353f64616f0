import EspalierTree

extension DType {
  /// Whether an array of the type can be filled with zeros. Where a zero point is kept elsewhere,
  /// nobody knows which bits are zero.
  var holdsZero: Bool { zeroMask != nil }

  /// The bits of eight bytes of elements that are clear exactly when all of them are zero: the
  /// signs of floating point numbers do not count. Nil when the type has no zero.
  var zeroMask: UInt64? {
    switch self {
    case .f8e8m0, .string, .qi8, .qu8, .qi32: return nil
    case .f16, .bf16: return 0x7FFF_7FFF_7FFF_7FFF
    case .f32, .c64: return 0x7FFF_FFFF_7FFF_FFFF
    case .f64, .c128: return 0x7FFF_FFFF_FFFF_FFFF
    case .f8e4m3, .f8e5m2: return 0x7F7F_7F7F_7F7F_7F7F
    case .f4: return 0x7777_7777_7777_7777
    // The rest has no negative zero (FNUZ: its code is NaN) or no fixed place for its sign; a
    // quantised block without a bit is all zero.
    default: return .max
    }
  }
}

/// Whether all elements of an array are zero; `-0.0` is, NaN is not. Stops at the first that is not.
func isAllZero(
  _ values: any TensorSource, _ leaf: LeafID, read: (_ bytes: Int) throws -> Void = { _ in }
) throws -> Bool {
  guard let mask = values.tree.dtype(of: leaf).zeroMask else {
    return values.tree.elementCount(of: leaf) == 0
  }
  struct NotZero: Error {}
  do {
    try values.withChunks(of: leaf) { chunk in
      if !isZero(chunk, mask: mask) { throw NotZero() }
      try read(chunk.count)
    }
  } catch is NotZero {
    return false
  }
  return true
}

private func isZero(_ bytes: UnsafeRawBufferPointer, mask: UInt64) -> Bool {
  let whole = bytes.count & ~7
  var offset = 0
  while offset < whole {
    // Blocks, so that the loop inside has no way out and runs on vectors.
    let end = min(whole, offset + 4096)
    var seen: UInt64 = 0
    while offset < end {
      seen |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    if UInt64(littleEndian: seen) & mask != 0 { return false }
  }
  var tail: UInt64 = 0
  for index in whole..<bytes.count { tail |= UInt64(bytes[index]) << UInt64((index - whole) * 8) }
  return tail & mask == 0
}
