import EspalierLoad
import EspalierTree
import Testing

@testable import EspalierUI

@Suite struct PatternTests {
  @Test(arguments: [
    ("attn", "encoder.attn.weight", true), ("ATTN", "encoder.attn", false),
    ("attn", "encoder.ATTN", true), ("Attn", "x.Attn", true), ("0.at", "layers.0.attn", true),
    ("aab", "aaab", true), ("abc", "ab.c", false), ("a*c", "abbbc", true), ("a*c", "cba", false),
    ("a?c", "abc", false), ("a?c*", "abc", true), ("*", "", false),
    ("é", "café", true), ("w", "", false),
  ])
  func findsText(pattern: String, text: String, isFound: Bool) {
    #expect((Pattern(pattern)?.matches(text) ?? false) == isFound)
  }

  @Test func fuzzyLettersMayHaveGaps() {
    #expect(Pattern("eaw", .fuzzy)?.matches("encoder.attn.weight") == true)
    #expect(Pattern("wae", .fuzzy)?.matches("encoder.attn.weight") == false)
  }

  @Test func refusesWhatDoesNotFitIntoAWord() {
    #expect(Pattern("") == nil)
    #expect(
      Pattern(String(repeating: "a", count: 63))?.matches(String(repeating: "a", count: 63)) == true
    )
    #expect(Pattern(String(repeating: "a", count: 64)) == nil)
  }
}

@Suite struct FinderTests {
  private func comparison() throws -> Comparison {
    let (a, b) = try troubledPair()
    let request = PlanRequest(
      number: 1, destination: Harness.file("a", "f", a), source: Harness.file("b", "f", b))
    let pairing = request.pairing()
    return Comparison(pairing, plan: try LoadPlan(pairing.planned))
  }

  private func paths(_ rows: RowSet, _ comparison: Comparison) -> [String] {
    (0..<rows.count).compactMap { rows.select($0) }
      .map { comparison.alignment.path($0).description }
  }

  private func search(_ text: String, leavesOnly: Bool = false) throws -> [String] {
    let comparison = try comparison()
    let pattern = try #require(Pattern(text))
    let request = FindRequest(
      number: 1, target: .search(pattern, leavesOnly: leavesOnly), comparison: comparison)
    return paths(request.run().rows, comparison)
  }

  private func filter(_ text: String, differingOnly: Bool = false) throws -> [String] {
    let comparison = try comparison()
    let request = FindRequest(
      number: 1, target: .filter(try FilterQuery(text), differingOnly: differingOnly),
      comparison: comparison)
    let leaves = request.run().rows.reachable(in: comparison.leaves)
    return paths(leaves, comparison)
  }

  @Test func aHitIsTheRowThatCompletesTheMatch() throws {
    #expect(try search("mlp") == ["encoder.0.mlp", "encoder.1.mlp"])
    #expect(try search("1.mlp.d") == ["encoder.1.mlp.down"])
    #expect(try search("norm.b") == ["encoder.1.norm.bias"])
    #expect(try search("zzz") == [])
  }

  @Test func inAFlatListHitsAreLeaves() throws {
    #expect(
      try search("1.mlp", leavesOnly: true)
        == ["encoder.1.mlp.up.weight", "encoder.1.mlp.down.weight"])
  }

  @Test(arguments: [
    (":shape", 4), (":missing", 2), (":unexpected", 1), (":tied", 2), (":issue", 7),
    (":shape 'up", 2), ("!weight :issue", 3), (":inactive", 2), (":dtype", 1), (":kept", 7),
    ("encoder.*.bias", 5), ("!:equal !:untouched", 10),
  ])
  func filters(text: String, count: Int) throws {
    let found = try filter(text)
    #expect(found.count == count, "\(found)")
  }

  @Test func hidesEqualRowsWhereAsked() throws {
    #expect(try filter("'norm").count == 3)
    #expect(try filter("'norm", differingOnly: true).count == 2)
  }

  @Test func slicesGiveTheSameAsOneRun() throws {
    let request = FindRequest(
      number: 7, target: .filter(try FilterQuery("mlp :shape"), differingOnly: false),
      comparison: try comparison())
    var finder = RowFinder(request)
    while !finder.advance(rows: 1) {}
    #expect(finder.result == request.run())
    #expect(finder.result.number == 7)
  }

  @Test func saysWhatAFilterCannotMean() {
    #expect(throws: FilterQuery.Refusal.self) { try FilterQuery(":nonsense") }
    #expect(throws: FilterQuery.Refusal.self) { try FilterQuery("!") }
    #expect(throws: Never.self) { try FilterQuery("") }
  }
}

@Suite struct ComparisonTests {
  @Test func countsMemoryOfTiedArraysOnce() throws {
    let tree = try tree("a.x F32 [10]\na.y ^ a.x\nb.z F16 [4, 5]")
    let alignment = Alignment(tree, .empty)
    let comparison = Comparison(Pairing(shown: alignment, planned: alignment), plan: nil)
    #expect(
      comparison.totals(0, .destination) == SideTotals(arrays: 3, parameters: 30, bytes: 80))
    #expect(comparison.totals(0, .source) == SideTotals())
  }

  @Test func totalsAgreeWithASumOverRows() throws {
    var lines = ""
    for index in 0..<200 { lines += "m.\(index / 7).l\(index) F32 [\(index % 5), 3]\n" }
    let tree = try tree(lines)
    let alignment = Alignment(tree, tree)
    let comparison = Comparison(
      Pairing(shown: alignment, planned: alignment), plan: try LoadPlan(alignment))
    for row in 0..<alignment.count {
      var sum = SideTotals()
      for at in row..<alignment.end(of: row) {
        guard let leaf = alignment.sourceLeaf(at) else { continue }
        sum.arrays += 1
        sum.parameters += tree.elementCount(of: leaf)
        sum.bytes += tree.byteCount(of: leaf)
      }
      #expect(comparison.totals(row, .source) == sum)
    }
  }

  @Test func aSkippedRowStaysInSight() throws {
    let (a, b) = try troubledPair()
    let request = PlanRequest(
      number: 1, destination: Harness.file("a", "f", a), source: Harness.file("b", "f", b),
      rules: LoadRules(skipped: [a.path(of: try #require(a.node(named: "encoder.0")))]))
    let pairing = request.pairing()
    let comparison = Comparison(pairing, plan: try LoadPlan(pairing.planned))
    let row = try #require(comparison.alignment.row(at: request.rules.skipped[0]))
    #expect(comparison.mark(row) == .skipped)
    #expect(comparison.mark(row + 3) == .skipped)
    #expect(comparison.issues.count(in: row..<comparison.alignment.end(of: row)) == 0)
    #expect(comparison.remark == nil)
  }
}
