import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

struct RuleFileTests {
  static let text = """
    version = 1  # of this format

    # 1. A prefix.
    [[rule]]
    strip = "module"

    [[rule]]
    to = 'layers.{0}.q\\ k.weight'
    from = [
      "blocks.{0+1}.q.weight",  # the first half
      "blocks.{0+1}.k.weight",
    ]
    do = "transpose|concat(0)"

    [[rule]]
    to = "stack.{0}.weight"
    from = "all.weight"
    do = "index(0,{0})"

    [[rule]]
    skip = "head.weight"

    [[rule]]
    drop = "queue.*"
    """

  @Test func readsWhatPeopleWrite() throws {
    let set = try RuleSet(toml: Self.text, file: "fix.toml")
    #expect(
      try set.rules
        == parsed(
          "strip module",
          "layers.{0}.q\\ k.weight = blocks.{0+1}.q.weight + blocks.{0+1}.k.weight : transpose|concat(0)",
          "stack.{0}.weight = all.weight : index(0,-1) at {0}", "skip head.weight", "drop queue.*"))
    #expect((0..<5).map { set.line(of: $0) } == [4, 7, 15, 20, 23])
    #expect(try RuleSet(toml: set.toml, file: "again.toml") == set)
  }

  /// Above each rule stands why it is there.
  @Test func anEntryThatNoCauseNamesIsExplained() throws {
    let tensors = [TensorFacts("0.weight", [8, 4]), TensorFacts("0.bias", [8])]
    var destination = Inventory(tensors: tensors)
    destination.container = [Array("state_dict".utf8)]
    let report = Engine().diagnose(
      destination: destination,
      source: Inventory(
        tensors: tensors.map { TensorFacts("state_dict.module." + $0.text, $0.shape) }))
    let text = RuleSet(report.rules).toml(explaining: report.diagnoses)
    #expect(
      text.hasPrefix(
        """
        version = 1

        # No cause: a load opens this entry of both files by itself.

        [[rule]]
        enter = "state_dict"

        # 1. 2 source names carry
        """))
  }

  @Test func namesThatAreNoTextComeBack() throws {
    let rules: [Rule] = [
      .take(
        destination: NamePattern([.text([0x61, 0xFF, 0x20, 0x7B, 0x0A])]),
        sources: [NamePattern([.text(Array("b\"'\\x41é".utf8))])],
        operation: Operation([.rename]), layerVariable: nil)
    ]
    #expect(try RuleSet(toml: RuleSet(rules).toml, file: "f").rules == rules)
  }

  @Test(arguments: [
    ("[[rule]]\nstrip = module", 2, "“module”"),
    ("[[rule]]\nstrip = \"a\"\nstrip = \"b\"", 3, "a second “strip”"),
    ("[[rule]]\nstrip = \"a\"\nadd = \"b\"", 2, "other keys"),
    ("[[rule]]\nto = \"a\"\nfrom = \"b\"\ndo = \"rotate\"", 4, "“rotate”"),
    ("[[rule]]\nto = \"a\"\nfrom = \"b\"\ndo = \"split(0,1)\"", 4, "“split(0,1)”"),
    ("[[rule]]\nto = \"a\"", 1, "no “from”"),
    ("[[rule]]\nfrom = \"a\"", 1, "no “to”"),
    ("[[rule]]\nto = \"a.{0}\"\nfrom = \"b.{1}\"", 3, "{1}"),
    ("[[rule]]\nto = \"a.{x}\"\nfrom = \"b\"", 2, "a.{x}"),
    ("[[rule]]\nmove = \"a\"", 2, "“move”"),
    ("[[rule]]\nto = \"a.*\"\nfrom = \"b.c\"", 3, "“a.*” for one source"),
    ("[[rule]]\nto = \"a.b\"\nfrom = \"b.*\"", 3, "“b.*”"),
    ("[[rule]]\ndrop = \"*.b\"", 2, "“*.b”"),
    ("[rule]\nstrip = \"a\"", 1, "“[rule]”"),
    ("strip = \"a\"", 1, "“strip”"),
    ("version = 2", 1, "“version”"),
    ("[[rule]]\n\n\nstrip = \"a", 4, "inside of text"),
    ("[[rule]]\nto = \"a\"\nfrom = [\"b\"\n\"c\"]", 4, "“\"c\"]”"),
    ("[[rule]]\nstrip = \"\\q\"", 2, "\\q"),
    ("[[rule]]\nstrip = \"a\" \"b\"", 2, "“\"b\"”"),
    ("[[rule]]\nstrip = \"\"", 2, "no name"),
    ("[[rule]]\nfrom = ['a'\n\n", 4, "the end of the file"),
    ("[[rule]]\nto = \"a\"\nfrom = \"b\"\ndo = \"stack\"", 4, "“stack”"),
  ])
  func refusesWithFileAndLine(_ text: String, _ line: Int, _ found: String) throws {
    let error = try #require(throws: RuleError.self) { try RuleSet(toml: text, file: "fix.toml") }
    #expect(error.line == line)
    #expect("\(error)".hasPrefix("fix.toml:\(line): found "))
    #expect(error.found.contains(found), "\(error)")
  }

  @Test func refusesBytesThatAreNoText() {
    #expect(throws: RuleError.self) { try RuleSet(toml: [0x23, 0xFF, 0x0A], file: "f") }
  }

  @Test func aRefusedRuleSaysItsLine() throws {
    var source = MemorySource.Builder()
    try source.add("x", .f32, [2], nil)
    let side = RepairSide(source.finish())
    let set = try RuleSet(toml: "# no such prefix\n[[rule]]\nstrip = \"module\"", file: "fix.toml")
    let error = try #require(throws: RefusedRules.self) {
      try set.repairing(side, destination: side)
    }
    #expect(
      error.sentence
        == "fix.toml:2: the rule “strip module”: found no tensor of the source that it fits, "
        + "expected at least one")
  }

  @Test func saysWhatARuleTouchesBeforeItRuns() throws {
    var destination = MemorySource.Builder()
    var source = MemorySource.Builder()
    for layer in 0..<5 {
      try destination.add(Name("h.\(layer).w"), .f32, [2, 3], nil)
      try source.add(Name("module.h.\(layer).w"), .f32, [3, 2], nil)
    }
    let repaired = try RepairedSource(
      RepairSide(source.finish()),
      rules: parsed("h.{0}.w = module.h.{0}.w : transpose"),
      destination: RepairSide(destination.finish()))
    #expect(
      repaired.previews.map(\.description) == [
        "h.{0}.w = module.h.{0}.w : transpose: 5 destination tensors: h.0.w, h.1.w, h.2.w, and 2 more"
      ])
  }
}

struct ExportTests {
  @Test func numbersThatVaryBecomeLoops() throws {
    let rules = try parsed(
      "strip module", "h.{0}.w = b.{0+1}.w : transpose", "l.{0}.w = all : index(0,-1) at {0}",
      "skip head.{0}.w", "p = q : resize")
    let export = RepairExport(rules, source: Inventory(tensors: []))
    let python = export.text(.python)
    for line in [
      "for name, parts in matching(target, \"h.{i0}.w\"):",
      "result[name] = fitted(source[f\"b.{i0 + 1}.w\"].transpose(-1, -2), target[name], name)",
      "source[\"all\"].select(0, i0)",
      "skipped.update(name for name, _ in matching(target, \"head.{i0}.w\"))",
      "if len(path) > 1 and path[:1] == [\"module\"]:", "def resize(source, name, target):",
    ] { #expect(python.contains(line), "\(line)") }
    let julia = export.text(.julia)
    for line in [
      "for (name, parts) in matching(keys(target), \"h.{i0}.w\")",
      "fitted(swapped(source[\"b.$(i0 + 1).w\"]), target[name], name)",
      "copy(selectdim(source[\"all\"], 1, i0 + 1))",
      "if length(path) > 1 && path[1:1] == [\"module\"]",
    ] { #expect(julia.contains(line), "\(line)") }
  }
}
