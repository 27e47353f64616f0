import EspalierLoad
import EspalierTree

/// GGUF's blocks, as the format documents them: scales and small integers for 32 or 256 values.
struct BlockDequantisation: Computation {
  let dtype: DType
  let decode: BlockDecoding.Decoder

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    var reader = try context.open(inputs[0])
    let size = dtype.bytesPerBlock
    let blocks = inputs[0].elementCount / dtype.elementsPerBlock
    var left = blocks
    return ComputedReader {
      let count = min(left, 512)
      guard count > 0 else { return [] }
      var bytes = [UInt8](repeating: 0, count: count * size)
      try bytes.withUnsafeMutableBytes { try reader.fillAll($0) }
      left -= count
      var values = [Float](repeating: 0, count: count * dtype.elementsPerBlock)
      values.withUnsafeMutableBufferPointer { values in
        bytes.withUnsafeBytes { bytes in
          for block in 0..<count {
            decode(
              Block(bytes: bytes, start: block * size),
              UnsafeMutableBufferPointer(
                rebasing: values[
                  (block * dtype.elementsPerBlock)..<((block + 1) * dtype.elementsPerBlock)]))
          }
        }
      }
      return values
    }
  }
}

/// One block's bytes.
struct Block {
  let bytes: UnsafeRawBufferPointer
  let start: Int

  subscript(_ at: Int) -> Int { Int(bytes[start + at]) }
  func signed(_ at: Int) -> Int { Int(Int8(bitPattern: bytes[start + at])) }
  func half(_ at: Int) -> Float {
    Float(
      Float16(
        bitPattern: UInt16(
          littleEndian: bytes.loadUnaligned(fromByteOffset: start + at, as: UInt16.self))))
  }
  func word(_ at: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + at, as: UInt32.self))
  }
}

enum BlockDecoding {
  typealias Output = UnsafeMutableBufferPointer<Float>
  typealias Decoder = @Sendable (Block, Output) -> Void

  static func decoder(of dtype: DType) -> Decoder? { table.first { $0.type == dtype }?.decode }

  static var types: [DType] { table.map(\.type) }

  private static let table: [(type: DType, decode: Decoder)] = [
    (.q40, { q4($0, $1, quants: 2, shift: { _ in -8 }) }),
    (.q41, { b, y in q4(b, y, quants: 4, shift: { _ in 0 }, low: b.half(2)) }),
    (.q50, { q5($0, $1, high: 2, centre: 16, low: 0) }),
    (.q51, { b, y in q5(b, y, high: 4, centre: 0, low: b.half(2)) }),
    (.q80, { b, y in for j in 0..<32 { y[j] = b.half(0) * Float(b.signed(2 + j)) } }),
    (.q81, { b, y in for j in 0..<32 { y[j] = b.half(0) * Float(b.signed(4 + j)) } }),
    (.q2K, q2K), (.q3K, q3K), (.q4K, { q45K($0, $1, high: nil) }),
    (.q5K, { q45K($0, $1, high: 16) }), (.q6K, q6K),
    (
      .q8K,
      { b, y in
        let d = Float(bitPattern: b.word(0))
        for j in 0..<256 { y[j] = d * Float(b.signed(4 + j)) }
      }
    ),
    (.iq4nl, { b, y in iq4(b, y, at: 0, quants: 2, scale: b.half(0)) }),
    (.iq4xs, iq4xs),
    (.iq2xxs, CodeBookBlocks.iq2xxs), (.iq2xs, CodeBookBlocks.iq2xs),
    (.iq2s, CodeBookBlocks.iq2s), (.iq3xxs, CodeBookBlocks.iq3xxs),
    (.iq3s, CodeBookBlocks.iq3s), (.iq1s, CodeBookBlocks.iq1s), (.iq1m, CodeBookBlocks.iq1m),
    (.tq10, SmallBlocks.tq10), (.tq20, SmallBlocks.tq20), (.mxfp4, SmallBlocks.mxfp4),
  ]

  private static func q4(
    _ b: Block, _ y: Output, quants: Int, shift: (Int) -> Int, low: Float = 0
  ) {
    let d = b.half(0)
    for j in 0..<16 {
      y[j] = Float((b[quants + j] & 15) + shift(j)) * d + low
      y[j + 16] = Float((b[quants + j] >> 4) + shift(j)) * d + low
    }
  }

  private static func q5(_ b: Block, _ y: Output, high: Int, centre: Int, low: Float) {
    let d = b.half(0)
    let bits = b.word(high)
    for j in 0..<16 {
      let one = Int((bits >> UInt32(j)) << 4 & 16)
      let two = Int((bits >> UInt32(j + 12)) & 16)
      y[j] = Float((b[high + 4 + j] & 15 | one) - centre) * d + low
      y[j + 16] = Float((b[high + 4 + j] >> 4 | two) - centre) * d + low
    }
  }

  private static func q2K(_ b: Block, _ y: Output) {
    let (d, low) = (b.half(80), b.half(82))
    for part in 0..<16 {
      // Eight groups of 16 for each half: the low bits first, then the next ones.
      let (half, inHalf) = (part / 8, part % 8)
      let scale = b[part]
      let quants = 16 + half * 32 + inHalf % 2 * 16
      for l in 0..<16 {
        let q = b[quants + l] >> (inHalf / 2 * 2) & 3
        y[part * 16 + l] = d * Float(scale & 15) * Float(q) - low * Float(scale >> 4)
      }
    }
  }

  private static func q3K(_ b: Block, _ y: Output) {
    let d = b.half(108)
    for part in 0..<16 {
      let (half, inHalf) = (part / 8, part % 8)
      let lowBits = part < 8 ? b[96 + part] & 15 : b[96 + part - 8] >> 4
      let highBits = b[104 + part % 4] >> (part / 4 * 2) & 3
      let scale = d * Float((lowBits | highBits << 4) - 32)
      let place = inHalf % 2 * 16
      for l in 0..<16 {
        let q = b[32 + half * 32 + place + l] >> (inHalf / 2 * 2) & 3
        let isHigh = b[place + l] >> (half * 4 + inHalf / 2) & 1 == 1
        y[part * 16 + l] = scale * Float(q - (isHigh ? 0 : 4))
      }
    }
  }

  /// Q4_K, and Q5_K with its fifth bits at `high`.
  private static func q45K(_ b: Block, _ y: Output, high: Int?) {
    let (d, low) = (b.half(0), b.half(2))
    let quants = high == nil ? 16 : 48
    for part in 0..<8 {
      let (scale, shift) = scaleAndMinimum(b, part)
      for l in 0..<32 {
        let byte = b[quants + part / 2 * 32 + l]
        var q = part % 2 == 0 ? byte & 15 : byte >> 4
        if let high { q += (b[high + l] >> part & 1) << 4 }
        y[part * 32 + l] = d * Float(scale) * Float(q) - low * Float(shift)
      }
    }
  }

  private static func scaleAndMinimum(_ b: Block, _ j: Int) -> (Int, Int) {
    func s(_ at: Int) -> Int { b[4 + at] }
    if j < 4 { return (s(j) & 63, s(j + 4) & 63) }
    return (s(j + 4) & 15 | (s(j - 4) >> 6) << 4, s(j + 4) >> 4 | (s(j) >> 6) << 4)
  }

  private static func q6K(_ b: Block, _ y: Output) {
    let d = b.half(208)
    for half in 0..<2 {
      for quarter in 0..<4 {
        for l in 0..<32 {
          let byte = b[half * 64 + quarter % 2 * 32 + l]
          let lowBits = quarter < 2 ? byte & 15 : byte >> 4
          let highBits = b[128 + half * 32 + l] >> (quarter * 2) & 3
          let scale = b.signed(192 + half * 8 + quarter * 2 + l / 16)
          y[half * 128 + quarter * 32 + l] =
            d * Float(scale) * Float((lowBits | highBits << 4) - 32)
        }
      }
    }
  }

  private static let levels: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  private static func iq4(_ b: Block, _ y: Output, at: Int, quants: Int, scale: Float) {
    for j in 0..<16 {
      y[at + j] = scale * levels[b[quants + j] & 15]
      y[at + j + 16] = scale * levels[b[quants + j] >> 4]
    }
  }

  private static func iq4xs(_ b: Block, _ y: Output) {
    let d = b.half(0)
    let high = b[2] | b[3] << 8
    for part in 0..<8 {
      let scale = b[4 + part / 2] >> (part % 2 * 4) & 15 | (high >> (2 * part) & 3) << 4
      iq4(b, y, at: part * 32, quants: 8 + part * 16, scale: d * Float(scale - 32))
    }
  }
}
