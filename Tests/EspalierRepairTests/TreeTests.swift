import EspalierDiagnosis
import EspalierLoad
import EspalierRepair
import EspalierTree
import Testing

struct RepairedTreeTests {
  /// The destination of a model inside of a container, the source with a prefix.
  private func pair() throws -> (destination: RepairSide, source: RepairSide) {
    var destination = MemorySource.Builder()
    try destination.enter("model")
    try destination.add("embed.weight", .f32, [4, 2], values: [Float](repeating: 9, count: 8))
    try destination.add("fc.weight", .f32, [2, 2], values: [Float](repeating: 9, count: 4))
    try destination.add("fc.bias", .f32, [2], values: [Float](repeating: 9, count: 2))
    try destination.tie("head.weight", to: "embed.weight")
    let left = destination.finish()
    var source = MemorySource.Builder()
    try source.enter("state_dict")
    try source.add("module.wte.weight", .f32, [4, 2], values: (0..<8).map { Float($0) })
    try source.add("module.fc.weight", .f32, [2, 2], values: (0..<4).map { Float(10 + $0) })
    try source.add("module.fc.bias", .f32, [2], values: [Float(1), 2])
    try source.add("module.extra", .f32, [1], values: [Float(5)])
    try source.enter(nil)
    try source.add("epoch", .integer(3))
    let right = source.finish()
    return (
      RepairSide(left, root: try #require(left.tree.node(named: "model"))),
      RepairSide(right, root: try #require(right.tree.node(named: "state_dict")))
    )
  }

  @Test func standsUnderTheDestinationsPaths() throws {
    let (destination, source) = try pair()
    let repaired = try RepairedSource(
      source,
      rules: parsed(
        "enter state_dict", "strip module", "add model",
        "model.embed.weight = state_dict.module.wte.weight : rename",
        "model.head.weight = model.embed.weight : tie", "skip model.fc.bias"),
      destination: destination)
    let names = Set(repaired.tree.leafIDs.map { "\(repaired.tree.path(of: $0))" })
    #expect(
      names == [
        "model.embed.weight", "model.fc.weight", "model.head.weight", "model.fc.bias",
        "model.not used.fc.bias", "model.extra",
      ])
    #expect(repaired.tree.tiedGroups.count == 1)
    let plan = try LoadPlan(
      Alignment(
        destination.tree, repaired.tree, destinationRoot: destination.root,
        sourceRoot: repaired.root), mode: .lenient, options: LoadOptions(nothingKeeps: true),
      destination: destination.values, source: repaired)
    #expect(plan.coverage.tensorsLoaded == 3)
    let loaded = try LoadedSource(plan, destination: destination.values, source: repaired)
    let head = try #require(
      destination.tree.node(named: "model.head.weight").flatMap { destination.tree.leaf(at: $0) })
    let values = try loaded.bytes(of: head).withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: 12, as: Float.self)
    }
    #expect(values == 3)
    #expect(loaded.tree.tie(of: head) != nil)
  }
}
