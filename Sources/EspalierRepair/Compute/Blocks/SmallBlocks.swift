/// GGUF's blocks of three values (`TQ1_0`, `TQ2_0`) and of 4-bit floats (`MXFP4`).
enum SmallBlocks {
  typealias Output = BlockDecoding.Output

  /// Five values in a byte, as the digits of a fraction in base three.
  static func tq10(_ b: Block, _ y: Output) {
    let d = b.half(52)
    var at = 0
    func put(_ start: Int, _ count: Int, digits: Int) {
      var power = 1
      for _ in 0..<digits {
        for l in 0..<count {
          let digit = ((b[start + l] * power & 255) * 3) >> 8
          y[at] = d * Float(digit - 1)
          at += 1
        }
        power *= 3
      }
    }
    put(0, 32, digits: 5)
    put(32, 16, digits: 5)
    put(48, 4, digits: 4)
  }

  static func tq20(_ b: Block, _ y: Output) {
    let d = b.half(64)
    for l in 0..<256 {
      let q = b[l / 128 * 32 + l % 32] >> (l / 32 % 4 * 2) & 3
      y[l] = d * Float(q - 1)
    }
  }

  /// Twice the values of a 4-bit float; the sign is the fourth bit.
  private static let doubled: [Float] = [0, 1, 2, 3, 4, 6, 8, 12]

  static func mxfp4(_ b: Block, _ y: Output) {
    // Half of 2^(e - 127); below the smallest normal number where e is 0 or 1.
    let exponent = UInt32(b[0])
    let scale = Float(bitPattern: exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23)
    func value(_ q: Int) -> Float { scale * (q >> 3 == 1 ? -doubled[q & 7] : doubled[q & 7]) }
    for j in 0..<16 {
      y[j] = value(b[1 + j] & 15)
      y[j + 16] = value(b[1 + j] >> 4)
    }
  }
}
