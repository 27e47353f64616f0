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
    ("a.weight = m.x.weight : resize", .unsupported),
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
