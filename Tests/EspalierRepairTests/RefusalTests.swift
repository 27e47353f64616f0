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

  /// Packed parts whose sizes do not belong together, and texts that say nonsense: refused, or values.
  @Test(arguments: [
    ["qweight I32 1 10", "qzeros I32 1 1", "scales F32 1 10"],
    ["qweight I32 3 32", "qzeros I32 2 3", "scales F32 1 32"],
    ["qweight I32 8 4", "scales F32 3 32", "qzeros I32 3 4"],
    ["qweight I32 8 4", "scales F32 0 32"],
    ["weight U32 4 5", "scales F32 4 7", "biases F32 4 7"],
    ["weight U32 4 8", "scales F32 4 2", "biases F32 4 1"],
    ["weight_packed I32 4 3", "weight_scale F32 4 5"],
    ["weight I8 7 9", "weight_scale F32 11 2"], ["weight I8 7 9", "weight_scale F32 0"],
    ["weight I8 7 9", "SCB F32 3"], ["weight U8 9 1", "absmax U8 1", "quant_map F32 16"],
    ["weight U8 9 1", "absmax F32 5", "quant_map F32 16"],
    ["weight U8 9 1", "absmax F32 1", "quant_map F32 16", "bitsandbytes__nf4 U8 30"],
    ["weight U8 32 1", "absmax F32 1", "quant_map F32 15"],
    ["lora_A.weight F32 0 8", "lora_B.weight F32 8 0"],
    ["lora_A.weight F32 2 8", "lora_B.weight F32 8 2", "lora_magnitude_vector F32 3"],
    ["lora_A.weight F32 2 8", "lora_B.weight F32 8 2"],
    ["w Q4_K 1 256"],
  ])
  func packedPartsThatDoNotBelongTogether(_ parts: [String]) throws {
    for target: Shape in [[8, 8], [4, 10], [18], [10, 1]] {
      for step in ["dequantise", "dequantise|transpose", "lora_merge", "resize", "weight_norm(0)"] {
        try values(of: parts, target, step)
      }
    }
  }

  private func values(of parts: [String], _ target: Shape, _ step: String) throws {
    var source = MemorySource.Builder()
    var names: [String] = []
    for part in parts {
      let words = part.split(separator: " ").map(String.init)
      let dtype = try #require(DType(name: words[1]))
      let shape = Shape(words[2...].compactMap { Int($0) })
      let count = dtype.byteCount(elements: shape.elementCount ?? 0) ?? 0
      names.append("m.\(words[0])")
      try source.add(
        Name("m.\(words[0])"), dtype, shape, (0..<count).map { UInt8($0 * 37 & 255) })
    }
    var destination = MemorySource.Builder()
    let own = [UInt8](repeating: 0, count: 4 * (target.elementCount ?? 0))
    try destination.add("out", .f32, target, own)
    do {
      let repaired = try RepairedSource(
        RepairSide(source.finish()),
        rules: parsed("out = \(names.joined(separator: " + ")) : \(step)"),
        destination: RepairSide(destination.finish()))
      let leaf = try #require(repaired.tree.leafIDs.first)
      #expect(try repaired.bytes(of: leaf).count == own.count)
    } catch let error as RepairError {
      #expect(error.rule == 0)
    }
  }
}
