/// What the name of a shard says: `model-00002-of-00006.safetensors` is the second of six.
struct ShardName: Hashable {
  let number: Int
  let count: Int
  /// What stands before and after the two numbers; the same for all shards of a checkpoint.
  let around: [[UInt8]]
  private let width: Int

  /// Nil for names that say no such thing.
  init?(_ name: [UInt8]) {
    let parts = name.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count >= 4, let last = parts.last, parts[parts.count - 2].elementsEqual("of".utf8)
    else { return nil }
    let number = parts[parts.count - 3]
    let count = last.prefix { (48...57).contains($0) }
    guard (1...9).contains(number.count), (1...9).contains(count.count),
      let value = Int(String(decoding: number, as: UTF8.self)),
      let total = Int(String(decoding: count, as: UTF8.self)), value >= 0, total > 0,
      value <= total
    else { return nil }
    self.number = value
    self.count = total
    width = number.count
    let before = parts.dropLast(3).joined(separator: [UInt8(ascii: "-")])
    around = [Array(before), Array(count), Array(last.dropFirst(count.count))]
  }

  /// The name of another shard of the same checkpoint.
  func name(of number: Int) -> [UInt8] {
    let digits = String(number).utf8
    let padded = [UInt8](repeating: 48, count: max(0, width - digits.count)) + digits
    return around[0] + Array("-".utf8) + padded + Array("-of-".utf8) + around[1] + around[2]
  }

  /// The name of the first shard that is not among those of a folder; nil where all are there, or
  /// where names do not count them all in the same way.
  static func firstMissing(among names: [[UInt8]]) -> [UInt8]? {
    let shards = names.map { ShardName($0) }
    guard countAlike(names), let first = shards.first ?? nil else { return nil }
    let numbers = Set(shards.compactMap { $0?.number })
    guard numbers.count < first.count else { return nil }
    let start = numbers.contains(0) ? 0 : 1
    return (start...first.count).first { !numbers.contains($0) }.map { first.name(of: $0) }
  }

  /// Whether all names count shards, in the same way.
  static func countAlike(_ names: [[UInt8]]) -> Bool {
    let shards = names.map { ShardName($0) }
    guard let first = shards.first ?? nil else { return false }
    return shards.allSatisfy { $0?.around == first.around }
  }
}
