/// Bob Jenkins' public-domain hash “lookup3”, the checksum of HDF5's newer structures.
func lookup3(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var a: UInt32 = 0xdead_beef &+ UInt32(truncatingIfNeeded: bytes.count)
  var b = a
  var c = a
  var at = 0
  func rotate(_ value: UInt32, _ by: UInt32) -> UInt32 { value << by | value >> (32 - by) }
  func word(_ offset: Int) -> UInt32 {
    var word: UInt32 = 0
    for index in 0..<4 where offset + index < bytes.count {
      word |= UInt32(bytes[offset + index]) << UInt32(8 * index)
    }
    return word
  }
  func wholeWord(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
  while bytes.count - at > 12 {
    a = a &+ wholeWord(at)
    b = b &+ wholeWord(at + 4)
    c = c &+ wholeWord(at + 8)
    a = (a &- c) ^ rotate(c, 4)
    c = c &+ b
    b = (b &- a) ^ rotate(a, 6)
    a = a &+ c
    c = (c &- b) ^ rotate(b, 8)
    b = b &+ a
    a = (a &- c) ^ rotate(c, 16)
    c = c &+ b
    b = (b &- a) ^ rotate(a, 19)
    a = a &+ c
    c = (c &- b) ^ rotate(b, 4)
    b = b &+ a
    at += 12
  }
  if bytes.count == at { return c }
  a = a &+ word(at)
  b = b &+ word(at + 4)
  c = c &+ word(at + 8)
  c = (c ^ b) &- rotate(b, 14)
  a = (a ^ c) &- rotate(c, 11)
  b = (b ^ a) &- rotate(a, 25)
  c = (c ^ b) &- rotate(b, 16)
  a = (a ^ c) &- rotate(c, 4)
  b = (b ^ a) &- rotate(a, 14)
  c = (c ^ b) &- rotate(b, 24)
  return c
}
