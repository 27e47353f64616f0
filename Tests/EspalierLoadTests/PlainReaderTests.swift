import EspalierLoad
import EspalierTree
import Testing

/// Bytes that lie somewhere as they are wanted reach the writer as such, and can be copied there.
@Suite struct PlainReaderTests {
  /// Stands for a range of a file.
  private struct Plain: TensorReader {
    var remainingBytes: Int?
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
      let count = min(buffer.count, remainingBytes ?? 0)
      remainingBytes = (remainingBytes ?? 0) - count
      return count
    }
  }

  private struct Source: TensorSource {
    let tree: Tree
    let count: Int?
    func reader(for leaf: LeafID) -> any TensorReader { Plain(remainingBytes: count) }
  }

  private func loaded(_ dtype: DType, from other: DType, count: Int?) throws -> LoadedSource {
    func tree(_ dtype: DType) throws -> Tree {
      var builder = TreeBuilder()
      try builder.setArray(ArrayDescription(dtype, [3]), at: builder.node("x"))
      return builder.finish()
    }
    let destination = Source(tree: try tree(dtype), count: nil)
    let source = Source(tree: try tree(other), count: count)
    let plan = try LoadPlan(
      Alignment(destination.tree, source.tree), destination: destination, source: source)
    return try LoadedSource(plan, destination: destination, source: source)
  }

  @Test func aReaderThatKnowsItsEndIsHandedOn() throws {
    let leaf = LeafID(0)
    #expect(try loaded(.f32, from: .f32, count: 12).reader(for: leaf) is Plain)
    #expect(try !(loaded(.f32, from: .f32, count: nil).reader(for: leaf) is Plain))
    #expect(try !(loaded(.f32, from: .f16, count: 6).reader(for: leaf) is Plain))
  }

  @Test func aReaderThatEndsTooEarlyIsFound() throws {
    let result = try loaded(.f32, from: .f32, count: 8)
    #expect(throws: TooFewValues.self) { try result.bytes(of: LeafID(0)) }
  }
}
