import EspalierCheckpoint
import EspalierTree
import TestSupport
import Testing

/// What is said before a file is made from another's arrays.
@Suite struct ConversionLossTests {
  private let folder = TemporaryFolder()

  @Test func allArraysThatAFormatCannotHoldAreCounted() throws {
    var builder = MemorySource.Builder()
    try builder.add("a", .bf16, [1], [0, 0])
    try builder.add("b.c", .bf16, [2], [0, 0, 0, 0])
    try builder.add("b.d", .q80, [32], [UInt8](repeating: 0, count: 34))
    try builder.add("e", .f32, [1], [0, 0, 0, 0])
    let source = builder.finish()
    for (name, place, found) in [
      (
        "a.npz", "a",
        "3 arrays of element types that NumPy does not have: "
          + "BF16 (a, b.c), Q8_0 (b.d)"
      ),
      (
        "a.pt", "b.d",
        "1 array of element types that PyTorch does not have: "
          + "Q8_0 (b.d)"
      ),
      (
        "a.safetensors", "b.d",
        "1 array of element types that safetensors does "
          + "not have: Q8_0 (b.d)"
      ),
    ] {
      let request = SaveRequest(source, to: folder.file(name))
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.losses(request) }
      #expect(error?.code == .unsupported && error?.place == Array(place.utf8))
      #expect(error?.found == found)
      #expect(throws: CheckpointError.self) { try Checkpoint.save(request) }
    }
    #expect(folder.names == [])
  }

  @Test func anotherMemoryOrderIsSaid() throws {
    let opened = try Checkpoint.open(GGUFWriterTests.small)
    var request = SaveRequest(opened, to: folder.file("a.skeleton.json"))
    #expect(try Checkpoint.losses(request).contains { $0.contains("running fastest") } == false)
    request = SaveRequest(opened, to: folder.file("a.safetensors"))
    request.root = try #require(opened.tree.node(named: "token_embd"))
    let losses = try Checkpoint.losses(request)
    #expect(losses.contains { $0.hasPrefix("1 array lies in memory with the first axis") })
  }
}
