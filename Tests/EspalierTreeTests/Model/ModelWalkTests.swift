import Testing

@testable import EspalierTree

@Suite struct ModelWalkTests {
  final class Pair {
    var left: Pair?
    var right: Pair?
  }

  @Test func objectsSharedAgainAndAgain() throws {
    var pair = Pair()
    for _ in 0..<64 {
      let above = Pair()
      above.left = pair
      above.right = pair
      pair = above
    }
    var walk = ModelWalk(maximumNodes: 1000)
    let error = #expect(throws: ModelError.self) { try walk.run(pair) }
    #expect(
      error?.description == "the model has more than 1000 nodes; it refers to the same objects "
        + "again and again, or has to be split")
  }

  /// Enums in enums add no level, so that nothing else would end the walk.
  @Test func wrappersInWrappers() throws {
    indirect enum Wrapper { case more(Wrapper), end }
    var wrapper = Wrapper.end
    for _ in 0..<5000 { wrapper = .more(wrapper) }
    var walk = ModelWalk(maximumNodes: 1000)
    #expect(throws: ModelError.self) { try walk.run(wrapper) }
    var long = ModelWalk()
    try long.run(wrapper)
    #expect(long.builder.leaves.count == 1)
  }
}
