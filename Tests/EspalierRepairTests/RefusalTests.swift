import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

struct RefusalTests {
  private func refusal(_ lines: [String]) throws -> RepairError? {
    let rules = try parsed(lines)
    var destination = MemorySource.Builder()
    try destination.add("a.weight", .f32, [2, 3], nil)
    try destination.add("b.weight", .f32, [2, 3], nil)
    try destination.add("c.weight", .f32, [4, 3], nil)
    var source = MemorySource.Builder()
    try source.add("m.x.weight", .f32, [3, 2], nil)
    try source.add("m.y.weight", .f32, [2, 3], nil)
    do throws(RepairError) {
      _ = try RepairedSource(
        RepairSide(source.finish()), rules: rules, destination: RepairSide(destination.finish()))
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("a.weight = m.x.weight : rename", RepairError.Reason.shape),
    ("a.weight = m.x.weight : permute[0,2]", .shape),
    ("a.weight = m.x.weight : split(0,0,2)", .shape),
    ("a.weight = m.x.weight : reshape[5]", .shape),
    ("a.weight = m.x.weight + m.y.weight : rename", .shape),
    ("c.weight = m.x.weight + m.y.weight : concat(0)", .shape),
    ("a.weight = m.x.weight : resize", .shape),
    ("a.weight = m.z.weight : rename", .namesNothing),
    ("z.weight = m.x.weight : rename", .namesNothing),
    ("skip z.weight", .namesNothing),
    ("enter state_dict", .namesNothing),
    ("strip module", .namesNothing),
    ("remove _orig_mod", .namesNothing),
    ("add backbone", .namesNothing),
  ])
  func refusesWithFoundAndExpected(_ rule: String, _ reason: RepairError.Reason) throws {
    let error = try #require(try refusal([rule]))
    #expect(error.reason == reason)
    #expect(error.rule == 0)
    #expect(error.ruleText == rule)
    #expect(error.description.contains("found") && error.description.contains("expected"))
  }

  @Test(arguments: [
    ("a.weight = x.weight : transpose", "did you mean “m.x.weight”?"),
    ("a.wieght = m.x.weight : transpose", "did you mean “a.weight”?"),
  ])
  func saysWhatMayBeMeant(_ rule: String, _ hint: String) throws {
    #expect(try #require(try refusal([rule])).description.hasSuffix(hint))
  }

  @Test func twoRulesForOneTensor() throws {
    let error = try #require(
      try refusal(["a.weight = m.x.weight : transpose", "a.weight = m.y.weight : rename"]))
    #expect(error.reason == .contradiction)
    #expect(error.rule == 1)
  }

  @Test func tiesThatLeadBack() throws {
    let error = try #require(
      try refusal(["a.weight = b.weight : tie", "b.weight = a.weight : tie"]))
    #expect(error.reason == .cycle)
  }

  @Test func padBelongsLast() throws {
    let error = try #require(try refusal(["c.weight = m.x.weight : pad(0,3)|transpose"]))
    #expect(error.reason == .unsupported)
  }
}

/// Sizes and numbers that no model has: refused or empty, never a trap.
struct HostileRepairTests {
  @Test(arguments: [
    "slice(1,1,9)", "flip[0,1,2]", "transpose", "index(1,1073741824)", "reshape[-1]",
    "take(1,[5,3])",
    "split(2,1,2)", "permute[2,1,0]", "concat(1)", "stack(0)", "pad(0,1)", "weight_norm(1)",
    "dequantise", "slice(0,-9223372036854775808,9223372036854775807)",
    "concat(9223372036854775807)",
    "index(-9223372036854775808,0)", "stack(-9223372036854775808)",
  ])
  func shapesWithoutElements(_ operation: String) throws {
    var source = MemorySource.Builder()
    try source.add("in", .f32, [0, 1 << 40, 1 << 40], [])
    var destination = MemorySource.Builder()
    try destination.add("out", .f32, [0, 8, 1 << 40], [])
    let rules = try parsed("out = in : \(operation)")
    do {
      let repaired = try RepairedSource(
        RepairSide(source.finish()), rules: rules, destination: RepairSide(destination.finish()))
      let leaf = try #require(repaired.tree.leafIDs.first)
      #expect(try repaired.bytes(of: leaf).isEmpty)
    } catch let error as RepairError {
      #expect(error.rule == 0)
    }
    for language in ExportLanguage.allCases {
      #expect(!RepairExport(rules, source: Inventory(tensors: [])).text(language).isEmpty)
    }
  }

  @Test func groupsBeyondTheScalesAreSaid() throws {
    var source = MemorySource.Builder()
    try source.add("m.qweight", .i32, [1, 8], values: [Int32](repeating: 0, count: 8))
    try source.add("m.qzeros", .i32, [1, 1], values: [Int32(0)])
    try source.add("m.scales", .f32, [1, 8], values: [Float](repeating: 1, count: 8))
    try source.add("m.g_idx", .i32, [8], values: [Int32](repeating: -1, count: 8))
    var destination = MemorySource.Builder()
    try destination.add("m.weight", .f32, [8, 8], nil)
    let repaired = try RepairedSource(
      RepairSide(source.finish()),
      rules: parsed("m.weight = m.qweight + m.qzeros + m.scales + m.g_idx : dequantise"),
      destination: RepairSide(destination.finish()))
    let leaf = try #require(repaired.tree.leafIDs.first)
    let error = #expect(throws: NoValues.self) { try repaired.bytes(of: leaf) }
    #expect("\(try #require(error))".contains("found group 4294967295 in g_idx at input 0"))
  }
}
