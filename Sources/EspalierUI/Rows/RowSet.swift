/// A set of rows that knows how many of its rows stand before a row (`rank`) and which row is the
/// k-th (`select`), both in constant time for practical purposes.
///
/// A million rows take 130 kB; changing a range costs a pass over words, not over rows.
public struct RowSet: Equatable, Sendable {
  public private(set) var bits: RowBits
  /// For each block of words the rows before it, and the count of all at the end.
  private var before: ContiguousArray<UInt32> = [0]

  private static let wordsPerBlock = 8
  private static let rowsPerBlock = 64 * wordsPerBlock

  public init(_ bits: RowBits) {
    self.bits = bits
    index()
  }

  public init(universe: Int, filled: Bool = false) {
    self.init(RowBits(universe: universe, filled: filled))
  }

  public init(universe: Int, where isIn: (Int) -> Bool) {
    var bits = RowBits(universe: universe)
    for row in 0..<bits.universe where isIn(row) { bits.insert(row) }
    self.init(bits)
  }

  public var universe: Int { bits.universe }
  public var count: Int { Int(before[before.count - 1]) }
  public var isEmpty: Bool { count == 0 }
  public func contains(_ row: Int) -> Bool { bits.contains(row) }
  public func next(from row: Int) -> Int? { bits.next(from: row) }
  public func previous(from row: Int) -> Int? { bits.previous(from: row) }

  /// Changes rows and counts again.
  public mutating func update(_ change: (inout RowBits) -> Void) {
    change(&bits)
    index()
  }

  /// How many rows of the set stand before `row`.
  public func rank(_ row: Int) -> Int {
    let row = min(max(0, row), universe)
    let block = row / Self.rowsPerBlock
    var rank = Int(before[block])
    let last = row >> 6
    for word in block * Self.wordsPerBlock..<last { rank += bits.words[word].nonzeroBitCount }
    if row & 63 != 0 {
      rank += (bits.words[last] & (1 << UInt64(row & 63) - 1)).nonzeroBitCount
    }
    return rank
  }

  /// The row that has exactly `rank` rows of the set before it.
  public func select(_ rank: Int) -> Int? {
    guard 0..<count ~= rank else { return nil }
    var low = 0
    var high = before.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(before[middle]) <= rank { low = middle } else { high = middle }
    }
    var left = rank - Int(before[low])
    var word = low * Self.wordsPerBlock
    while word < bits.words.count {
      let here = bits.words[word].nonzeroBitCount
      if left < here { break }
      left -= here
      word += 1
    }
    guard word < bits.words.count else { return nil }
    var rest = bits.words[word]
    for _ in 0..<left { rest &= rest - 1 }
    return word << 6 + rest.trailingZeroBitCount
  }

  /// How many rows of the set lie in a range.
  public func count(in rows: Range<Int>) -> Int { rank(rows.upperBound) - rank(rows.lowerBound) }

  private mutating func index() {
    let words = bits.words
    let blocks = (words.count + Self.wordsPerBlock - 1) / Self.wordsPerBlock
    before.removeAll(keepingCapacity: true)
    before.reserveCapacity(blocks + 1)
    var total: UInt32 = 0
    before.append(0)
    for block in 0..<blocks {
      let start = block * Self.wordsPerBlock
      for word in start..<min(start + Self.wordsPerBlock, words.count) {
        total &+= UInt32(words[word].nonzeroBitCount)
      }
      before.append(total)
    }
  }
}
