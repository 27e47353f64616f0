/// The length of the well-formed UTF-8 sequence at `index`, and the scalar it means; nil where the
/// bytes there are none (a stray byte, an overlong form, a surrogate, beyond U+10FFFF, cut off).
package func utf8Sequence(
  _ bytes: Span<UInt8>, at index: Int
) -> (length: Int, scalar: UInt32)? {
  guard index >= 0, index < bytes.count else { return nil }
  let first = UInt32(bytes[index])
  if first < 0x80 { return (1, first) }
  let shape: (length: Int, bits: UInt32, least: UInt32)
  switch first {
  case 0xc2...0xdf: shape = (2, first & 0x1f, 0x80)
  case 0xe0...0xef: shape = (3, first & 0x0f, 0x800)
  case 0xf0...0xf4: shape = (4, first & 0x07, 0x1_0000)
  default: return nil
  }
  guard shape.length <= bytes.count - index else { return nil }
  var scalar = shape.bits
  for offset in 1..<shape.length {
    let next = UInt32(bytes[index + offset])
    guard next & 0xc0 == 0x80 else { return nil }
    scalar = scalar << 6 | next & 0x3f
  }
  let isScalar = scalar >= shape.least && scalar <= 0x10_ffff && !(0xd800...0xdfff).contains(scalar)
  return isScalar ? (shape.length, scalar) : nil
}
