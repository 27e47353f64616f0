import Testing

@testable import EspalierUI

@Suite struct RowSetTests {
  /// Sizes around the edges of words and blocks.
  static let sizes = [0, 1, 2, 63, 64, 65, 511, 512, 513, 1500]

  @Test(arguments: sizes)
  func agreesWithAnArrayOfBooleans(size: Int) {
    var generator = SeededGenerator(seed: UInt64(size) + 1)
    var plain = [Bool](repeating: false, count: size)
    var set = RowSet(universe: size)
    for _ in 0..<30 {
      let a = Int.random(in: -3...size + 3, using: &generator)
      let range = a..<Int.random(in: a...max(a, size + 3), using: &generator)
      let isIn = Bool.random(using: &generator)
      for row in range where plain.indices.contains(row) { plain[row] = isIn }
      set.update { if isIn { $0.insert(range) } else { $0.remove(range) } }
      check(set, plain)
    }
  }

  private func check(_ set: RowSet, _ plain: [Bool]) {
    let rows = plain.indices.filter { plain[$0] }
    #expect(set.count == rows.count)
    #expect((0..<rows.count).map { set.select($0) } == rows)
    #expect(set.select(rows.count) == nil)
    #expect(set.select(-1) == nil)
    for row in -1...plain.count + 1 {
      #expect(set.rank(row) == rows.filter { $0 < row }.count)
      #expect(set.contains(row) == rows.contains(row))
      #expect(set.next(from: row) == rows.first { $0 >= row })
      #expect(set.previous(from: row) == rows.last { $0 <= row })
    }
  }

  @Test func copiesARangeFromAnother() {
    var bits = RowBits(universe: 200)
    var other = RowBits(universe: 200, filled: true)
    other.remove(70..<80)
    bits.copy(60..<130, from: other)
    #expect(RowSet(bits).count == 60)
    #expect(!bits.contains(59) && bits.contains(60) && !bits.contains(75) && !bits.contains(130))
  }

  @Test func jumpsWhereTheVisitorSays() {
    let bits = RowBits(universe: 100, filled: true)
    var seen: [Int] = []
    bits.forEach(in: 10..<50) { row in
      seen.append(row)
      return row + 15
    }
    #expect(seen == [10, 25, 40])
  }

  @Test func filledSetsHaveNoRowBeyondTheEnd() {
    #expect(RowSet(universe: 70, filled: true).count == 70)
    #expect(RowSet(universe: 128, filled: true).count == 128)
  }
}

/// The same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
