/// Numbers and texts as bytes that stand in the same order as what they stand for: TensorFlow's keys
/// of parts of arrays.
struct OrderedCode {
  private(set) var bytes: [UInt8] = []

  /// How many bytes, then those, the highest first.
  mutating func unsigned(_ value: UInt64) {
    let digits = withUnsafeBytes(of: value.bigEndian) { Array($0.drop { $0 == 0 }) }
    bytes += [UInt8(digits.count)] + digits
  }

  /// Ends with 00 01; a 00 or ff inside has a mark after it.
  mutating func text(_ text: [UInt8]) {
    for byte in text {
      bytes.append(byte)
      if byte == 0 { bytes.append(0xff) }
      if byte == 0xff { bytes.append(0) }
    }
    bytes += [0, 1]
  }

  /// Seven bits a byte; the number of bytes is counted in ones at the start, in zeros where the
  /// number is negative.
  mutating func signed(_ value: Int64) {
    let magnitude = UInt64(bitPattern: value < 0 ? ~value : value)
    let length = (64 - magnitude.leadingZeroBitCount) / 7 + 1
    let sign: UInt8 = value < 0 ? 0xff : 0
    let digits = withUnsafeBytes(of: value.bigEndian) { [sign, sign] + Array($0) }
    var code = Array(digits.suffix(length))
    // So many ones: at most ten, in two bytes.
    let header = UInt16.max << UInt16(16 - length)
    code[0] ^= UInt8(header >> 8)
    if length > 1 { code[1] ^= UInt8(header & 0xff) }
    bytes += code
  }
}
