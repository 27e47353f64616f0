/// Puts the bytes of a character together; bytes that make none are dropped.
struct UTF8Assembler {
  private var bytes: [UInt8] = []
  private var missing = 0

  /// The character that the byte completes, if it does.
  mutating func feed(_ byte: UInt8) -> Unicode.Scalar? {
    if byte & 0xc0 == 0x80 {
      guard missing > 0 else { return nil }
      bytes.append(byte)
      missing -= 1
    } else {
      bytes = [byte]
      missing =
        switch byte {
        case 0xc2..<0xe0: 1
        case 0xe0..<0xf0: 2
        case 0xf0..<0xf5: 3
        default: 0
        }
    }
    guard missing == 0 else { return nil }
    defer { bytes = [] }
    // Refuses surrogates and forms that are longer than needed.
    return String(validating: bytes, as: UTF8.self)?.unicodeScalars.first
  }
}
