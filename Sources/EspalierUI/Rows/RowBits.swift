/// One bit for each row of an alignment.
public struct RowBits: Equatable, Sendable {
  /// How many rows there are, in the set or not.
  public let universe: Int
  private(set) var words: ContiguousArray<UInt64>

  public init(universe: Int, filled: Bool = false) {
    self.universe = max(0, universe)
    let count = (self.universe + 63) / 64
    words = ContiguousArray(repeating: filled ? .max : 0, count: count)
    trim()
  }

  public func contains(_ row: Int) -> Bool {
    guard 0..<universe ~= row else { return false }
    return words[row >> 6] >> UInt64(row & 63) & 1 == 1
  }

  public mutating func insert(_ row: Int) {
    guard 0..<universe ~= row else { return }
    words[row >> 6] |= 1 << UInt64(row & 63)
  }

  public mutating func remove(_ row: Int) {
    guard 0..<universe ~= row else { return }
    words[row >> 6] &= ~(1 << UInt64(row & 63))
  }

  public mutating func remove(_ rows: Range<Int>) {
    forEachWord(of: rows) { words, index, mask in words[index] &= ~mask }
  }

  public mutating func insert(_ rows: Range<Int>) {
    forEachWord(of: rows) { words, index, mask in words[index] |= mask }
  }

  /// Makes this set agree with another inside a range of rows.
  public mutating func copy(_ rows: Range<Int>, from other: RowBits) {
    guard other.universe == universe else { return }
    forEachWord(of: rows) { words, index, mask in
      words[index] = words[index] & ~mask | other.words[index] & mask
    }
  }

  public mutating func formUnion(_ other: RowBits) {
    for index in 0..<min(words.count, other.words.count) { words[index] |= other.words[index] }
    trim()
  }

  public mutating func formIntersection(_ other: RowBits) {
    for index in 0..<words.count {
      words[index] &= index < other.words.count ? other.words[index] : 0
    }
  }

  public mutating func subtract(_ other: RowBits) {
    for index in 0..<min(words.count, other.words.count) { words[index] &= ~other.words[index] }
  }

  /// The first row of the set at or after `row`.
  public func next(from row: Int) -> Int? {
    let start = max(0, row)
    guard start < universe else { return nil }
    var index = start >> 6
    var word = words[index] & (.max << UInt64(start & 63))
    while word == 0 {
      index += 1
      guard index < words.count else { return nil }
      word = words[index]
    }
    return index << 6 + word.trailingZeroBitCount
  }

  /// The last row of the set at or before `row`.
  public func previous(from row: Int) -> Int? {
    guard row >= 0, universe > 0 else { return nil }
    let start = min(row, universe - 1)
    var index = start >> 6
    var word = words[index] & (.max >> UInt64(63 - start & 63))
    while word == 0 {
      index -= 1
      guard index >= 0 else { return nil }
      word = words[index]
    }
    return index << 6 + 63 - word.leadingZeroBitCount
  }

  /// Visits the rows of the set inside a range; `body` says where to go on.
  public func forEach(in rows: Range<Int>, _ body: (Int) -> Int) {
    var at = next(from: rows.lowerBound)
    while let row = at, row < rows.upperBound {
      at = next(from: max(row + 1, body(row)))
    }
  }

  private mutating func trim() {
    let rest = universe & 63
    if rest != 0, !words.isEmpty { words[words.count - 1] &= (1 << UInt64(rest)) - 1 }
  }

  private mutating func forEachWord(
    of rows: Range<Int>, _ body: (inout ContiguousArray<UInt64>, Int, _ mask: UInt64) -> Void
  ) {
    let rows = rows.clamped(to: 0..<universe)
    guard !rows.isEmpty else { return }
    let first = rows.lowerBound >> 6
    let last = (rows.upperBound - 1) >> 6
    for index in first...last {
      var mask = UInt64.max
      if index == first { mask &= .max << UInt64(rows.lowerBound & 63) }
      if index == last { mask &= .max >> UInt64(63 - (rows.upperBound - 1) & 63) }
      body(&words, index, mask)
    }
  }
}
