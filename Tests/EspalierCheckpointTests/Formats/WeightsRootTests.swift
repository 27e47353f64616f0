import EspalierCheckpoint
import EspalierTree
import Testing

@testable import EspalierCheckpoint

@Suite struct WeightsRootTests {
  /// `/` stands for a container level; what begins with `#` is not an array.
  private func root(_ paths: String..., wanted: String? = nil) throws -> (String, [String]) {
    var builder = TreeBuilder()
    for path in paths {
      var node = TreeBuilder.Handle.root
      for level in path.split(separator: "/") {
        node = try builder.flatNode(Name(String(level.drop { $0 == "#" })), under: node)
      }
      let leaf: Leaf =
        path.contains("#") ? .value(.integer(1)) : .array(ArrayDescription(.f32, [1]))
      try builder.setLeaf(leaf, at: node)
    }
    let tree = builder.finish()
    let choice = try WeightsRoot.choose(
      in: OpenedContent(MemorySource(tree: tree, values: [])), OpenOptions(root: wanted),
      path: "m")
    return (tree.path(of: choice.root).description, choice.notes)
  }

  @Test func containersAreEntered() throws {
    #expect(
      try root("state_dict/a.b", "optimizer/x", "#epoch")
        == ("state_dict", ["the weights are taken from “state_dict”"]))
    #expect(try root("model/a.b", "optim/x", "rng_state").0 == "model")
    #expect(try root("generator/a", "#step").0 == "generator")
    // Containers in containers are told once.
    #expect(
      try root("state_dict/model/a", "#x")
        == ("state_dict.model", ["the weights are taken from “state_dict.model”"]))
    #expect(try root("ema/model/a", "model/a", "#x").1.count == 1)
    #expect(try root("ema/a", "model/net/a", "#x").1.count == 2)
  }

  @Test func partsOfModelsAreNot() throws {
    // A part of a dotted name, a part beside others, a leaf, an empty container.
    #expect(try root("model.layers.0.weight", "model.norm").0 == "")
    #expect(try root("net/a", "head/b").0 == "")
    #expect(try root("generator/a", "discriminator/b").0 == "")
    #expect(try root("weights", "bias").0 == "")
    #expect(try root("#state_dict/a", "b").0 == "")
    #expect(try root("a").1 == [])
  }

  @Test func theBestIsEnteredAndOthersNamed() throws {
    let (path, notes) = try root("ema/a", "model/a", "#epoch")
    #expect(path == "model")
    #expect(notes.first?.contains("“ema” could be meant too (choose with --root)") == true)
  }

  @Test func aWishDecides() throws {
    #expect(try root("state_dict/a.b", "ema/a", wanted: "ema").0 == "ema")
    #expect(try root("state_dict/a.b", wanted: "state_dict.a").0 == "state_dict.a")
    #expect(try root("state_dict/a.b", wanted: "") == ("", []))
    let error = #expect(throws: CheckpointError.self) {
      try root("state_dict/a", "x", wanted: "stat")
    }
    #expect(error?.sentence.contains("stat: found no node of this name") == true)
    #expect(error?.sentence.contains("state_dict, x") == true)
  }
}
