import Espalier
import Foundation
import TestSupport
import Testing

/// Repairs of real files, from explanation to values.
@Suite(.enabled(if: Shared.hasCheckpoints, "\(Shared.skipReason)"))
struct RepairFiles {
  private func open(_ name: String) throws -> Checkpoint {
    try Checkpoint.open(FilePath(Shared.checkpoints.appendingPathComponent(name).path))
  }

  private func repair(
    _ destination: MemorySource, _ source: Checkpoint
  ) throws -> (values: RepairedSource, plan: LoadPlan) {
    let left = RepairSide(destination)
    let right = source.repairSide()
    let report = Engine().diagnose(destination: left.inventory, source: right.inventory)
    let repaired = try RepairedSource(right, rules: report.rules, destination: left)
    let plan = try LoadPlan(
      Alignment(destination.tree, repaired.tree, sourceRoot: repaired.root), mode: .strict,
      destination: destination, source: repaired)
    return (repaired, plan)
  }

  private func floats(_ source: any TensorSource, _ name: Name) throws -> [Float] {
    let node = try #require(source.tree.node(named: name))
    let leaf = try #require(source.tree.leaf(at: node))
    return try source.bytes(of: leaf).withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// A GGUF file into the model that it was converted from: other names, dimensions listed the other
  /// way round, rows of queries and keys in another order.
  @Test func llamaFromGGUF() throws {
    var builder = MemorySource.Builder()
    func add(_ name: String, _ shape: Shape) throws {
      try builder.add(Name(name), .f32, shape, nil)
    }
    try add("model.embed_tokens.weight", [512, 64])
    for layer in 0..<5 {
      let at = "model.layers.\(layer)."
      for (name, shape) in [
        ("self_attn.q_proj", [64, 64]), ("self_attn.k_proj", [32, 64]),
        ("self_attn.v_proj", [32, 64]), ("self_attn.o_proj", [64, 64]),
        ("mlp.gate_proj", [172, 64]), ("mlp.up_proj", [172, 64]), ("mlp.down_proj", [64, 172]),
        ("input_layernorm", [64]), ("post_attention_layernorm", [64]),
      ] { try add("\(at)\(name).weight", Shape(shape)) }
    }
    try add("model.norm.weight", [64])
    try add("lm_head.weight", [512, 64])
    let source = try open("gguf/stories260K.gguf")
    let (repaired, plan) = try repair(builder.finish(), source)
    #expect(!plan.hasIssues)
    #expect(plan.coverage.tensorsLoaded == 48)

    // The file's own order of values, (in, out) as GGUF lists it.
    let gate = try floats(source, "blk.3.ffn_gate.weight")
    let turned = try floats(repaired, "model.layers.3.mlp.gate_proj.weight")
    for row in 0..<172 {
      for column in 0..<64 { #expect(turned[row * 64 + column] == gate[column * 172 + row]) }
    }
    let key = try floats(source, "blk.2.attn_k.weight")
    let half = try floats(repaired, "model.layers.2.self_attn.k_proj.weight")
    // Four heads of eight rows: pairs side by side become two halves.
    for row in 0..<32 {
      let from = row / 8 * 8 + row % 4 * 2 + row % 8 / 4
      for column in 0..<64 { #expect(half[row * 64 + column] == key[column * 32 + from]) }
    }
  }

  /// `{"state_dict": {"module.…"}}` into the bare model.
  @Test func resnetSavedInParallel() throws {
    let source = try open("pytorch-legacy/resnet20-12fca82f.th")
    var builder = MemorySource.Builder()
    for leaf in source.tree.leafIDs {
      let name = "\(source.tree.path(of: leaf))"
      guard name.hasPrefix("state_dict.module."), let array = source.tree.array(leaf) else {
        continue
      }
      try builder.add(
        Name(String(name.dropFirst("state_dict.module.".count))), array.dtype, array.shape, nil)
    }
    let (repaired, plan) = try repair(builder.finish(), source)
    #expect(!plan.hasIssues)
    #expect(plan.coverage.tensorsLoaded == plan.coverage.tensors)
    for row in 0..<plan.alignment.count {
      guard let leaf = plan.alignment.sourceLeaf(row), repaired.hasValues(leaf) else { continue }
      let own = try #require(repaired.origin(of: leaf)?.sources.first)
      #expect(try repaired.bytes(of: leaf) == source.bytes(of: own))
    }
  }
}
