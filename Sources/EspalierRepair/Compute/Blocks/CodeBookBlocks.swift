/// GGUF's blocks that index a ``CodeBook``: eight or four values at once, with signs and a scale.
enum CodeBookBlocks {
  typealias Output = BlockDecoding.Output

  /// Seven signs and an eighth that makes their number even.
  private static func evenSigns(_ seven: Int) -> Int {
    seven | (seven.nonzeroBitCount & 1) << 7
  }

  /// Points of `book` side by side, from one index and one byte of signs for each eight values.
  private static func put(
    _ book: CodeBook, _ points: (Int, Int), _ signs: Int, _ scale: Float, _ y: Output,
    at start: Int
  ) {
    for l in 0..<8 {
      let value = scale * book[l < book.width ? points.0 : points.1, l % book.width]
      y[start + l] = signs >> l & 1 == 1 ? -value : value
    }
  }

  static func iq2xxs(_ b: Block, _ y: Output) {
    let d = b.half(0)
    for part in 0..<8 {
      let at = 2 + part * 8
      let rest = b.word(at + 4)
      let scale = d * (0.5 + Float(rest >> 28)) * 0.25
      for l in 0..<4 {
        let signs = evenSigns(Int(rest >> UInt32(7 * l)) & 127)
        put(.iq2xxs, (b[at + l], 0), signs, scale, y, at: part * 32 + l * 8)
      }
    }
  }

  static func iq2xs(_ b: Block, _ y: Output) {
    let d = b.half(0)
    for l in 0..<32 {
      let word = b[2 + 2 * l] | b[3 + 2 * l] << 8
      let nibble = b[66 + l / 4] >> (l / 2 % 2 * 4) & 15
      let scale = d * (0.5 + Float(nibble)) * 0.25
      put(.iq2xs, (word & 511, 0), evenSigns(word >> 9), scale, y, at: l * 8)
    }
  }

  static func iq2s(_ b: Block, _ y: Output) {
    let d = b.half(0)
    for l in 0..<32 {
      let point = b[2 + l] | (b[66 + l / 4] >> (l % 4 * 2) & 3) << 8
      let nibble = b[74 + l / 4] >> (l / 2 % 2 * 4) & 15
      put(.iq2s, (point, 0), b[34 + l], d * (0.5 + Float(nibble)) * 0.25, y, at: l * 8)
    }
  }

  static func iq3xxs(_ b: Block, _ y: Output) {
    let d = b.half(0)
    for part in 0..<8 {
      let rest = b.word(66 + part * 4)
      let scale = d * (0.5 + Float(rest >> 28)) * 0.5
      for l in 0..<4 {
        let at = 2 + part * 8 + l * 2
        let signs = evenSigns(Int(rest >> UInt32(7 * l)) & 127)
        put(.iq3xxs, (b[at], b[at + 1]), signs, scale, y, at: part * 32 + l * 8)
      }
    }
  }

  static func iq3s(_ b: Block, _ y: Output) {
    let d = b.half(0)
    for l in 0..<32 {
      let high = b[66 + l / 4] >> (l % 4 * 2)
      let points = (b[2 + 2 * l] | (high & 1) << 8, b[3 + 2 * l] | (high >> 1 & 1) << 8)
      let nibble = b[106 + l / 8] >> (l / 4 % 2 * 4) & 15
      put(.iq3s, points, b[74 + l], d * Float(1 + 2 * nibble), y, at: l * 8)
    }
  }

  static func iq1s(_ b: Block, _ y: Output) {
    let d = b.half(0)
    for part in 0..<8 {
      let high = b[34 + 2 * part] | b[35 + 2 * part] << 8
      let scale = d * Float(2 * (high >> 12 & 7) + 1)
      let shift: Float = high >> 15 == 1 ? -0.125 : 0.125
      for l in 0..<4 {
        let point = b[2 + part * 4 + l] | (high >> (3 * l) & 7) << 8
        for place in 0..<8 {
          y[part * 32 + l * 8 + place] = scale * (CodeBook.iq1[point, place] + shift)
        }
      }
    }
  }

  /// Four bits of the scale stand in each of four words, above the parts' own scales.
  static func iq1m(_ b: Block, _ y: Output) {
    func word(_ at: Int) -> Int { b[48 + 2 * at] | b[49 + 2 * at] << 8 }
    let bits = (0..<4).reduce(0) { $0 | (word($1) >> 12) << (4 * $1) }
    let d = Float(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    for l in 0..<32 {
      let scale = d * Float(2 * (word(l / 8) >> (l / 2 % 4 * 3) & 7) + 1)
      let high = b[32 + l / 2] >> (l % 2 * 4) & 15
      let point = b[l] | (high & 7) << 8
      let shift: Float = high >> 3 == 1 ? -0.125 : 0.125
      for place in 0..<8 { y[l * 8 + place] = scale * (CodeBook.iq1[point, place] + shift) }
    }
  }
}
