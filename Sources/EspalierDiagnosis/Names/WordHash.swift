/// Hashes numbers with one multiplication each. Tables of paths are asked millions of times, and the
/// standard library's hash, made for keys that anybody may choose, was 8 % of a diagnosis. What is
/// hashed here are numbers that tables gave; a multiplier drawn by each process keeps a file from
/// choosing them so that they collide.
enum WordHash {
  private static let multiplier = UInt64.random(in: .min ... .max) | 1

  static func mix(_ hash: Int, _ word: Int) -> Int {
    let product = UInt64(bitPattern: Int64(hash ^ word)).multipliedFullWidth(by: multiplier)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }
}

/// Numbers in order as a key: a path or a part of one, a shape.
struct NumberList: Hashable {
  let numbers: ArraySlice<Int>

  init(_ numbers: ArraySlice<Int>) { self.numbers = numbers }
  init(_ numbers: [Int]) { self.numbers = numbers[...] }

  func hash(into hasher: inout Hasher) { hasher.combine(numbers) }

  /// What sets and dictionaries ask.
  func _rawHashValue(seed: Int) -> Int {
    var hash = WordHash.mix(seed, numbers.count)
    for number in numbers { hash = WordHash.mix(hash, number) }
    return hash
  }
}

/// Two small numbers in one word, as a key.
struct NumberPair: Hashable, Comparable {
  private let code: Int

  /// Numbers of words and of places stay below 2^32, as Bounds has it.
  init(_ one: Int, _ two: Int) {
    code = one << 32 | Int(UInt32(truncatingIfNeeded: two))
  }

  static func < (one: NumberPair, two: NumberPair) -> Bool { one.code < two.code }

  func hash(into hasher: inout Hasher) { hasher.combine(code) }

  /// What sets and dictionaries ask.
  func _rawHashValue(seed: Int) -> Int { WordHash.mix(seed, code) }
}
