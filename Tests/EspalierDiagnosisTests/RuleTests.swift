import Testing

@testable import EspalierDiagnosis

@Suite struct RuleTests {
  @Test(arguments: [
    "enter state_dict", "strip module", "remove _orig_mod", "add encoder",
    "skip fc.weight", "skip head.*", "drop h.{0}.attn.mask", "blocks.{0}.* = h/{0+1}/* : rename",
    "a\\*b = c : rename",
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
    "drop *", "skip fc*", "skip fc.*.weight",
  ])
  func nonsenseIsRefused(_ line: String) { #expect(Rule(parsing: line) == nil) }

  @Test func patternsSpellAndMatch() throws {
    let pattern = try #require(NamePattern(parsing: "layers.{0}.norm{1}.weight"))
    #expect(pattern.match(Array("layers.12.norm2.weight".utf8))?.numbers == [12, 2])
    #expect(pattern.match(Array("layers.x.norm2.weight".utf8)) == nil)
    // One spelling for one number, or two names would be one.
    #expect(pattern.match(Array("layers.012.norm2.weight".utf8)) == nil)
    let other = try #require(NamePattern(parsing: "up.{-0+3}.c"))
    #expect(other.spell(NamePattern.Match(numbers: [1])) == Array("up.2.c".utf8))
    #expect(other.spell(NamePattern.Match(numbers: [4])) == nil)
  }

  @Test func aPatternForAllBelowWantsSomethingBelow() throws {
    let pattern = try #require(NamePattern(parsing: "h.{0}.ln.*"))
    let match = try #require(pattern.match(Array("h.3.ln.a.b".utf8)))
    #expect(match == NamePattern.Match(numbers: [3], rest: Array("a.b".utf8)))
    #expect(pattern.match(Array("h.3.ln.".utf8)) == nil)
    #expect(pattern.spell(match) == Array("h.3.ln.a.b".utf8))
  }

  private func written(_ destination: [String], _ sources: [String]) -> [String] {
    RuleWriter(
      destination: Inventory(tensors: destination.map { TensorFacts($0, [2]) }),
      source: Inventory(tensors: sources.map { TensorFacts($0, [2]) })
    ).write(
      sources.indices.map {
        Link(destination: $0, sources: [$0], operation: Operation([.rename]))
      }, reading: [], skipped: []
    ).map(\.description)
  }

  @Test func renamesOfAModuleAreOneRule() {
    let leaves = ["weight", "bias"]
    let old = (0..<3).flatMap { n in leaves.map { "h.\(n).ln.\($0)" } } + ["fc.weight", "fc.bias"]
    let new =
      (0..<3).flatMap { n in leaves.map { "layer.\(n).norm.\($0)" } } + [
        "head.weight", "head.bias",
      ]
    #expect(
      written(new, old) == ["layer.{0}.norm.* = h.{0}.ln.* : rename", "head.* = fc.* : rename"])
    // A third parameter that has no source: the rule for all would ask for one.
    #expect(
      written(new + ["head.scale"], old) == [
        "layer.{0}.norm.* = h.{0}.ln.* : rename", "head.weight = fc.weight : rename",
        "head.bias = fc.bias : rename",
      ])
    // A number that only the parameters have cannot be told from the module's.
    #expect(
      written(["a.x.0.w", "a.x.1.w", "a.b"], ["c.0.x.0.w", "c.1.x.1.w", "c.b"]) == [
        "a.x.{0}.w = c.{0}.x.{0}.w : rename", "a.b = c.b : rename",
      ])
  }

  @Test func whatIsDroppedLoadsNowhere() throws {
    let rules = try ["drop a.*", "drop c.{0}.w"].map { try #require(Rule(parsing: $0)) }
    let names = ["a.w", "a.b.w", "b.w", "c.0.w"].map { TensorFacts($0, [1]) }
    let trace = RuleTrace(
      rules, source: Inventory(tensors: names), destination: Inventory(tensors: names))
    #expect(trace.touched == [[0, 1], [3]])
    #expect(trace.links.map { $0.link.destination } == [2])
    #expect(trace.problems.isEmpty)
    let wrong = RuleTrace(
      [.drop(NamePattern([.text(Array("x".utf8))]))], source: Inventory(tensors: names),
      destination: Inventory(tensors: names))
    #expect(wrong.problems.map { $0.kind } == [.namesNothing])
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
