import Dispatch
import Synchronization
import Testing

@testable import EspalierDiagnosis

/// What the search keeps its numbers and candidates in, and how it shares its work.
@Suite struct TableTests {
  /// Steps through all 64 bits; the same numbers in every run.
  private struct Numbers {
    var state: UInt64 = 7

    mutating func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: state >> 33)
    }
  }

  @Test func candidatesComeBestFirstAndOfEqualsTheEarlier() {
    var numbers = Numbers()
    for count in [0, 1, 2, 3, 8, 100, 1_001] {
      let scores = (0..<count).map { _ in Double(numbers.next() % 20) }
      var queue = BestFirst()
      for (at, score) in scores.enumerated() { queue.push(at, score) }
      var order: [Int] = []
      while let (at, score) = queue.pop() {
        #expect(score == scores[at])
        order.append(at)
      }
      let sorted = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
      #expect(order == sorted)
    }
  }

  /// Places that were never seen (-1) are unlike all others, on either side.
  @Test func pairsOfNumbersAreKeptApart() {
    var found: [NumberPair: [Int]] = [:]
    let values = [-1, 0, 1, 2, 77, 100_000, 1 << 31]
    for one in values {
      for two in values { found[NumberPair(one, two), default: []] += [one, two] }
    }
    #expect(found.count == values.count * values.count)
    for (_, pair) in found { #expect(pair.count == 2) }
    #expect(NumberPair(3, 9) < NumberPair(4, 0))
  }

  @Test func listsOfNumbersAreFoundWhereverTheyBegin() {
    let path = [9, -1, 4, 4, 1 << 40]
    var paths = PathSet([path])
    paths.insert(path[2...])
    #expect(paths.contains([9, -1, 4, 4, 1 << 40]))
    #expect(paths.contains([0, 4, 4, 1 << 40].dropFirst()))
    #expect(!paths.contains([4, 4]))
    #expect(!paths.contains([9, -1, 4, 4]))
    #expect(!paths.contains([]))
    #expect(NumberList(path[2...3]) == NumberList([4, 4]))
    #expect(Set([NumberList([0]), NumberList([0, 0]), NumberList([])]).count == 3)
  }

  /// Tables of paths stay quick whatever the numbers in them are: pairs that differ far up in the word
  /// only are spread over its lower bits.
  @Test func numbersFarApartDoNotCollide() {
    var table: [Int: Int] = [:]
    for step in [1, 1 << 8, 1 << 19] {
      for at in 0..<4_096 {
        table[NumberPair(at &* step, 7)._rawHashValue(seed: 3) & 0xFFFF, default: 0] += 1
      }
    }
    // 12,288 keys in 65,536 places: a place with 16 of them does not come about.
    #expect((table.values.max() ?? 0) < 16)
  }

  @Test func bothPiecesOfWorkAreDone() {
    let (one, two) = together(aside: { (1...100).reduce(0, +) }, here: { "here" })
    #expect(one == 5_050)
    #expect(two == "here")
  }

  /// More diagnoses at once than there are threads, each of which holds one: none waits for another.
  @Test func manyDiagnosesAtOnceAllEnd() {
    let layers = (0..<4).flatMap {
      [TensorFacts("h.\($0).w", [8, 4]), TensorFacts("h.\($0).b", [8])]
    }
    let other = layers.map { TensorFacts("model." + $0.text, $0.shape) }
    let mapped = Mutex<[Int]>([])
    let group = DispatchGroup()
    for _ in 0..<600 {
      DispatchQueue.global(qos: .userInitiated).async(group: group) {
        let report = Engine().diagnose(
          destination: Inventory(tensors: layers), source: Inventory(tensors: other))
        mapped.withLock { $0.append(report.mapping.links.count) }
      }
    }
    #expect(group.wait(timeout: .now() + 120) == .success)
    #expect(mapped.withLock { $0 } == [Int](repeating: 8, count: 600))
  }
}
