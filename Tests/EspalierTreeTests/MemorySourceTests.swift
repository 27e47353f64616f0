import EspalierTree
import Testing

@Suite struct MemorySourceTests {
  @Test func holdsWhatWasAdded() throws {
    var builder = MemorySource.Builder()
    try builder.add("a.weight", .f32, [2], values: [1 as Float, 2])
    try builder.tie("b.weight", to: "a.weight")
    try builder.add("a.bias", .bool(false))
    try builder.add("c", .u8, [3], nil)
    let source = builder.finish()
    #expect(
      source.tree.dump == """
        a
          .weight  F32 [2]  tie 0
          .bias  false
        b
          .weight  F32 [2]  tie 0
        c  U8 [3]
        """)
    let leaves = Array(source.tree.leafIDs)
    #expect(try source.bytes(of: leaves[0]) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    #expect(try source.bytes(of: leaves[1]) == source.bytes(of: leaves[0]))
    #expect(leaves.map(source.hasValues) == [true, true, false, false])
    #expect(throws: NoValues.self) { try source.reader(for: leaves[3]) }
    #expect(throws: NoValues.self) { try source.reader(for: leaves[2]) }
  }

  @Test func refusesWhatDoesNotFit() {
    var builder = MemorySource.Builder()
    #expect(throws: MemorySource.WrongByteCount.self) {
      try builder.add("a", .f32, [2], [0])
    }
    #expect(throws: MemorySource.UnknownName.self) { try builder.tie("b", to: "a") }
  }
}
