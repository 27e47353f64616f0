/// Small integers side by side in 32-bit words, low bits first, running on from word to word.
///
/// Widths that divide 32 fill whole words; of 3 bits, 32 numbers take three words.
struct BitRun: Sendable, Hashable {
  let bits: Int

  /// Nil for widths that no format packs.
  init?(bits: Int) {
    guard [2, 3, 4, 5, 6, 8].contains(bits) else { return nil }
    self.bits = bits
  }

  /// Words after which a number begins where a word does.
  var words: Int { bits % 2 == 1 ? bits : bits % 4 == 2 ? bits / 2 : 1 }

  /// Numbers in so many words.
  var count: Int { words * 32 / bits }

  /// Numbers in `words` words; nil where they do not end together.
  func count(in words: Int) -> Int? {
    let (all, overflow) = words.multipliedReportingOverflow(by: 32)
    return overflow || all % bits != 0 ? nil : all / bits
  }

  /// Number `place` of the run that begins at `start`; its words are `stride` apart.
  func value(_ words: [UInt32], _ place: Int, start: Int = 0, stride: Int = 1) -> UInt32 {
    let bit = place * bits
    let (word, shift) = (bit / 32, bit % 32)
    var value = words[start + word * stride] >> UInt32(shift)
    if shift + bits > 32 { value |= words[start + (word + 1) * stride] << UInt32(32 - shift) }
    return value & (UInt32(1) << UInt32(bits) - 1)
  }
}
