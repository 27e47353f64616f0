import Testing

@testable import EspalierDiagnosis

@Suite struct RuleTests {
  @Test(arguments: [
    "enter state_dict", "strip module", "remove _orig_mod", "add encoder",
    "skip fc.weight",
    "layers.{0}.q.weight = blk.{0+1}.attn_q.weight : transpose|cast",
    "up.{0}.w = dec.up.{-0+3}.w : rename",
    "blocks.{0}.w = params.blocks.w : index(0,-1) at {0}",
    "a\\ b.qkv = q + k\\{x\\} + v : concat(0)",
  ])
  func linesComeBack(_ line: String) throws {
    let rule = try #require(Rule(parsing: line))
    #expect(rule.description == line)
  }

  @Test(arguments: [
    "", "enter ", "x = y", "x = y : turn", " = y : rename", "x = {a} : rename", "skip ",
  ])
  func nonsenseIsRefused(_ line: String) { #expect(Rule(parsing: line) == nil) }

  @Test func patternsSpellAndMatch() throws {
    let pattern = try #require(NamePattern(parsing: "layers.{0}.norm{1}.weight"))
    #expect(pattern.match(Array("layers.12.norm2.weight".utf8)) == [12, 2])
    #expect(pattern.match(Array("layers.x.norm2.weight".utf8)) == nil)
    // One spelling for one number, or two names would be one.
    #expect(pattern.match(Array("layers.012.norm2.weight".utf8)) == nil)
    let other = try #require(NamePattern(parsing: "up.{-0+3}.c"))
    #expect(other.spell([1]) == Array("up.2.c".utf8))
    #expect(other.spell([4]) == nil)
  }

  @Test func rulesReplayTheMappingOfHeldOutModels() {
    for one in HeldOut.all + HeldOut.transformers {
      let report = Engine().diagnose(destination: one.destination, source: one.source)
      #expect(
        links(report.rules.apply(to: one.source, destination: one.destination))
          == links(report.mapping), "\(one.id)")
      let lines = report.rules.map(\.description)
      #expect(lines.map { Rule(parsing: $0) } == report.rules, "\(one.id)")
    }
  }
}
