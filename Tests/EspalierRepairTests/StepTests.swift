import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

struct StepTests {
  struct Example: Sendable, CustomStringConvertible {
    var operation: String
    var sources: [[Int]]
    var target: [Int]
    var description: String { "\(sources) \(operation) \(target)" }
    init(_ operation: String, _ sources: [[Int]], _ target: [Int]) {
      self.operation = operation
      self.sources = sources
      self.target = target
    }
  }

  static let examples: [Example] = [
    Example("rename", [[3, 4]], [3, 4]),
    Example("tie", [[3, 4]], [3, 4]),
    Example("transpose", [[3, 5]], [5, 3]),
    Example("transpose", [[2, 3, 5]], [2, 5, 3]),
    Example("permute[2,0,1]", [[2, 3, 5]], [5, 2, 3]),
    Example("permute[3,2,0,1]", [[2, 3, 5, 7]], [7, 5, 2, 3]),
    Example("permute[1,0,2]", [[4, 3, 5]], [3, 4, 5]),
    Example("reshape[4,-1]", [[2, 6]], [4, 3]),
    Example("transpose|reshape[15]", [[3, 5]], [15]),
    Example("reshape[2,2,3,5]|permute[0,2,1,3]|reshape[12,5]", [[12, 5]], [12, 5]),
    Example("reshape[2,2,3]|permute[0,2,1]|reshape[4,3]|transpose", [[12]], [3, 4]),
    Example("split(0,1,3)", [[6, 2]], [2, 2]),
    Example("split(1,2,3)", [[2, 6]], [2, 2]),
    Example("transpose|split(0,1,3)", [[2, 6]], [2, 2]),
    Example("slice(0,2,5)", [[6, 2]], [3, 2]),
    Example("slice(1,1,3)|slice(0,2,3)", [[6, 4]], [1, 2]),
    Example("index(0,2)", [[3, 4, 2]], [4, 2]),
    Example("index(1,2)", [[3, 4, 2]], [3, 2]),
    Example("index(0,1)|transpose", [[3, 4, 2]], [2, 4]),
    Example("take(0,[1,0,2])", [[3, 4]], [3, 4]),
    Example("take(1,[3,3,0])", [[3, 4]], [3, 3]),
    Example("transpose|take(1,[2,0])", [[3, 4]], [4, 2]),
    Example("flip[0]", [[3, 4]], [3, 4]),
    Example("flip[1,2]", [[2, 3, 4]], [2, 3, 4]),
    Example("flip[0]|transpose|reshape[12]", [[3, 4]], [12]),
    Example("concat(0)", [[2, 3], [4, 3]], [6, 3]),
    Example("concat(1)", [[2, 3], [2, 4]], [2, 7]),
    Example("transpose|concat(0)", [[2, 3], [2, 4]], [7, 2]),
    Example("transpose|concat(1)", [[3, 2], [4, 2]], [2, 7]),
    Example("stack(0)", [[2, 3], [2, 3], [2, 3]], [3, 2, 3]),
    Example("stack(2)|transpose", [[2, 3], [2, 3]], [2, 2, 3]),
    Example("concat(0)|reshape[2,2,3]|transpose", [[2, 3], [2, 3]], [2, 3, 2]),
    Example("pad(0,5)", [[3, 4]], [5, 4]),
    Example("pad(1,6)", [[3, 4]], [3, 6]),
    Example("transpose|pad(0,6)", [[3, 4]], [6, 3]),
    Example("pad(0,5)|cast", [[3, 2, 2]], [5, 2, 2]),
    Example("reshape[]", [[1]], []),
  ]

  @Test(arguments: examples) func movesEveryElement(_ example: Example) throws {
    var first: Int32 = 0
    let sources = example.sources.map { shape in
      defer { first += 1000 }
      return Reference(counting: shape, from: first)
    }
    let (found, expected) = try repaired(
      example.operation, sources: sources, target: example.target)
    #expect(found == expected)
    #expect(found.shape == example.target)
  }

  @Test func padsAlongTwoAxes() throws {
    let (found, _) = try repaired(
      "pad(0,3)|pad(1,4)", sources: [Reference(counting: [2, 2])], target: [3, 4])
    let own: Int32 = 1_000_000
    #expect(
      found.values == [
        0, 1, own + 2, own + 3, 2, 3, own + 6, own + 7, own + 8, own + 9, own + 10, own + 11,
      ])
  }

  /// Bands, and rows that do not fit by themselves: the same values with little memory as with much.
  @Test(
    arguments: [
      "transpose", "permute[1,0,2]", "permute[0,2,1]", "permute[2,1,0]", "flip[1]|transpose",
      "take(0,[7,1,1,4])", "take(1,[7,1,1,4])", "reshape[30,40,6]|transpose|reshape[60,120]",
    ], [64, 700, 5000])
  func littleMemory(_ operation: String, _ blockBytes: Int) throws {
    let source = Reference(counting: [12, 20, 30])
    let steps = try #require(Operation(parsing: operation))
    let target = Reference.apply(steps, to: [source], keeping: source).shape
    let (found, expected) = try repaired(
      operation, sources: [source], target: target, blockBytes: blockBytes)
    #expect(found == expected)
  }

  @Test func joinsTurnedArraysWithLittleMemory() throws {
    let parts = [Reference(counting: [20, 30]), Reference(counting: [40, 30], from: 9000)]
    let (found, expected) = try repaired(
      "transpose|concat(1)", sources: parts, target: [30, 60], blockBytes: 256)
    #expect(found == expected)
  }
}
