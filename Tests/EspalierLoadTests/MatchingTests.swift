import EspalierTree
import Testing

@testable import EspalierLoad

@Suite struct PathGlobTests {
  @Test(
    arguments: [
      ("a.b", "a.b", true), ("a.b", "a/b", true), ("a.b", "a.c", false), ("a.*", "a.b", true),
      ("a.*", "a.b.c", false), ("a.**", "a.b.c", true), ("**.bias", "a.b.bias", true),
      ("**.bias", "bias", false), ("*", "", true), ("?", "x", true), ("?", "xy", false),
      ("?", ".", false), ("a?c", "aéc", true), ("a?c", "a日c", true), ("a??", "aé", false),
      ("{a,b}.w", "b.w", true), ("{a,b}.w", "c.w", false), ("{a,{b,c}d}.w", "cd.w", true),
      ("{a,{b,c}d}.w", "bw", false), ("running_{mean,var}", "running_var", true),
      (#"a\*b"#, "a*b", true), (#"a\*b"#, "axb", false), (#"\{a"#, "{a", true),
      (#"{a\,b,c}"#, "a,b", true), ("a}", "a}", true), ("*.*.*", "a.b.c", true),
      ("**", "anything.at/all", true), ("layers.*.w*", "layers.10.weight", true), ("", "", true),
      ("{,x}y", "y", true), ("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
    ] as [(String, String, Bool)])
  func matches(_ pattern: String, _ name: String, _ wanted: Bool) throws {
    #expect(try PathGlob(pattern).matches(Name(name)) == wanted)
  }

  @Test func badPatternsAreRefusedInASentence() {
    #expect(
      throws: BadGlob(pattern: "a.{b", reason: "a { is not closed"),
      performing: { try PathGlob("a.{b") })
    let many = String(repeating: "{a,b}", count: 11)
    #expect(throws: BadGlob.self) { try PathGlob(many) }
    #expect(throws: Never.self) { try PathGlob(String(repeating: "{a,b}", count: 10)) }
  }

  @Test func filtersRemoveAndKeep() throws {
    let a = try model(.f32, [("enc.w", [1]), ("enc.b", [1]), ("head.w", [1]), ("head.b", [1])])
    func rows(_ filter: TreeFilter) -> [String] {
      let alignment = Alignment(a.tree, a.tree, filter: filter)
      return (0..<alignment.count).compactMap { row in
        alignment.destinationLeaf(row).map { a.tree.path(of: $0).description }
      }
    }
    #expect(rows(.removing([try PathGlob("**.b")])) == ["enc.w", "head.w"])
    #expect(rows(.removing([try PathGlob("head")])) == ["enc.w", "enc.b"])
    #expect(rows(.keeping([try PathGlob("head")])) == ["head.w", "head.b"])
    #expect(rows(.keeping([try PathGlob("*.w")])) == ["enc.w", "head.w"])
    #expect(
      rows(.keeping([try PathGlob("*.w")]).and(.removing([try PathGlob("enc")]))) == ["head.w"])
  }

  @Test func patternsBeginWhereTheLoadBegins() throws {
    let a = try model(.f32, [("net.enc.w", [1]), ("net.enc.b", [1]), ("net.head.w", [1])])
    let b = try model(.f32, [("ema.model.enc.w", [2]), ("ema.model.head.w", [2])])
    let into = try #require(a.tree.node(named: "net"))
    let from = try #require(b.tree.node(named: "ema.model"))
    let selection = try PathSelection(["enc", "!**.b"])
    let alignment = Alignment(
      a.tree, b.tree, destinationRoot: into, sourceRoot: from, filter: selection.filter)
    let plan = try LoadPlan(alignment, destination: a, source: b)
    #expect(plan.refusal == nil && plan.coverage.tensorsLoaded == 1)
    let report = LoadReport(plan)
    #expect(report.keptByFilter.map { "\(a.tree.path(of: $0))" } == ["net.enc.b", "net.head.w"])
    #expect(report.unusedByFilter.map { "\(b.tree.path(of: $0))" } == ["ema.model.head.w"])
    #expect(
      report.text().contains(
        "kept by filter (2): left out of the destination\n  net.enc.b is F32 [1]\n"))
    #expect(report.text().contains("unused by filter (1): left out of the source\n  ema.model"))
    var json: [UInt8] = []
    report.writeJSON { json += $0 }
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.contains(#""kept_by_filter":[{"dst":{"path":["net.enc.b"]"#))
    #expect(text.contains(#""unused_by_filter":[{"dst":null,"src":{"path":["ema.model.head.w"]"#))
  }

  @Test(
    arguments: [
      (["enc"], ["enc.w", "enc.b"]), (["enc", "head.w"], ["enc.w", "enc.b", "head.w"]),
      (["!enc"], ["head.w", "head.b"]), (["**.w", "!enc.w"], ["head.w"]),
      (["!enc", "!**.b"], ["head.w"]), (["enc.w", "!enc"], []),
      (["**"], ["enc.w", "enc.b", "head.w", "head.b"]),
      ([#"\!enc"#], []), ([], ["enc.w", "enc.b", "head.w", "head.b"]),
    ] as [([String], [String])])
  func selections(_ patterns: [String], _ wanted: [String]) throws {
    let a = try model(.f32, [("enc.w", [1]), ("enc.b", [1]), ("head.w", [1]), ("head.b", [1])])
    let selection = try PathSelection(patterns)
    let alignment = Alignment(a.tree, a.tree, filter: selection.filter)
    let rows = (0..<alignment.count).compactMap { row in
      alignment.destinationLeaf(row).map { a.tree.path(of: $0).description }
    }
    #expect(rows == wanted)
  }

  @Test func patternsThatNameNothingAreFound() throws {
    let a = try model(.f32, [("enc.w", [1])])
    let b = try model(.f32, [("head.w", [1])])
    let unused = try PathSelection(["enc", "encodr", "!head", "!tail"])
      .unused(in: [(a.tree, .root), (b.tree, .root)])
    #expect(unused.included.map(\.description) == ["encodr"])
    #expect(unused.excluded.map(\.description) == ["tail"])
  }

  @Test func selectionsWalkDeepTreesOnce() throws {
    var tree = TreeBuilder()
    var node = TreeBuilder.Handle.root
    for _ in 0..<9_000 { node = try tree.node("a", under: node) }
    try tree.setArray(ArrayDescription(.u8, [1]), at: node)
    let deep = tree.finish()
    let selection = try PathSelection(["**.a", "!b"])
    #expect(selection.unused(in: [(deep, .root)]).excluded.count == 1)
    let alignment = Alignment(deep, deep, filter: selection.filter)
    #expect(alignment.count == 9_001)
  }
}

@Suite struct MatchingTests {
  @Test func settingsAreNotMissingInASourceOfArraysOnly() throws {
    func tree(_ settings: [(Name, LeafValue)]) throws -> Tree {
      var tree = TreeBuilder()
      try tree.setArray(ArrayDescription(.f32, [2]), at: tree.node("w"))
      for (name, value) in settings { try tree.setLeaf(.value(value), at: tree.node(name)) }
      return tree.finish()
    }
    let model = try tree([("rate", .float(0.1)), ("bias", .bool(false))])
    let arrays = try LoadPlan(Alignment(model, tree([])))
    #expect(arrays.issueCount == 0)
    #expect(
      arrays.message(at: try arrays.row("rate"))
        == "untouched: destination rate is 0.1, and the source has nothing under this path; "
        + "the source holds arrays only, so the destination keeps its own")
    // A source that has one setting could have had the other.
    let one = try LoadPlan(Alignment(model, tree([("rate", .float(0.2))])))
    #expect(one.issues.map(\.kind) == ["missing"])
    // What the filter takes from the source does not count.
    let filtered = try LoadPlan(
      Alignment(
        model, tree([("epoch", .integer(1))]), filter: PathSelection(["!epoch"]).filter))
    #expect(filtered.issueCount == 0)
  }

  @Test func subtreesLoadFromAnywhereToAnywhere() throws {
    let destination = try model(.f32, [("head.w", [0]), ("net.a.w", [0])])
    let source = try model(.f32, [("ema.w", [5]), ("other", [1])])
    let into = try #require(destination.tree.node(named: "net.a"))
    let from = try #require(source.tree.node(named: "ema"))
    let plan = try LoadPlan(
      Alignment(destination.tree, source.tree, destinationRoot: into, sourceRoot: from),
      destination: destination, source: source)
    #expect(plan.refusal == nil)
    let loaded = try LoadedSource(plan, destination: destination, source: source)
    #expect(load(try loaded.bytes(of: LeafID(1)), as: Float.self) == [5])
    // What lies outside keeps its value.
    #expect(load(try loaded.bytes(of: LeafID(0)), as: Float.self) == [0])
    #expect(loaded.origin(of: LeafID(0)) == .destination)
    // One leaf into another.
    let leaf = try LoadPlan(
      Alignment(
        destination.tree, source.tree,
        destinationRoot: try #require(destination.tree.node(named: "head.w")),
        sourceRoot: try #require(source.tree.node(named: "other"))),
      destination: destination, source: source)
    #expect(leaf.verdict(at: 0) == .load && leaf.refusal == nil)
    #expect(
      leaf.message(at: 0)
        == "loaded: destination head.w is F32 [1], source other is F32 [1]; the source's values "
        + "are copied")
  }

  @Test func positionsMatchWhateverTheNames() throws {
    let destination = try model(.f32, [("l1.w", [0, 0]), ("l1.b", [0]), ("l2.w", [0])])
    let source = try model(.f32, [("0", [1, 2]), ("1", [3]), ("2", [4])])
    func plan(_ source: MemorySource) throws -> LoadPlan {
      try LoadPlan(
        .byPosition(destination.tree, source.tree), matching: .byPosition,
        destination: destination, source: source)
    }
    let fits = try plan(source)
    #expect(fits.refusal == nil)
    #expect(
      fits.notes.map { fits.sentence(for: $0) }
        == ["matched by position: arrays in walk order; names were not checked"])
    let loaded = try LoadedSource(fits, destination: destination, source: source)
    #expect(load(try loaded.bytes(of: LeafID(2)), as: Float.self) == [4])

    let short = try plan(model(.f32, [("0", [1, 2]), ("1", [3])]))
    #expect(short.issues.map(\.kind) == ["missing"])
    let long = try plan(model(.f32, [("0", [1, 2]), ("1", [3]), ("2", [4]), ("3", [4])]))
    #expect(long.issues.map(\.kind) == ["unexpected"])
    let wrong = try plan(model(.f32, [("0", [1, 2]), ("1", [3, 3]), ("2", [4])]))
    #expect(wrong.issues.map(\.kind) == ["shape_mismatch"])
  }

  @Test func positionsLenientAndFiltered() throws {
    let destination = try model(.f32, [("l1.w", [0, 0]), ("l1.b", [0]), ("l2.w", [0])])
    let source = try model(.f32, [("0", [1, 2]), ("1", [3, 3]), ("2", [4]), ("3", [5])])
    let plan = try LoadPlan(
      .byPosition(destination.tree, source.tree), mode: .lenient, matching: .byPosition,
      destination: destination, source: source)
    #expect(plan.issues.map(\.kind) == ["shape_mismatch", "unexpected"])
    let loaded = try LoadedSource(plan, destination: destination, source: source)
    #expect(
      try destination.tree.leafIDs.map { load(try loaded.bytes(of: $0), as: Float.self) }
        == [[1, 2], [0], [4]])
    // A filter takes arrays out of both lists, and what remains moves up.
    let filtered = try LoadPlan(
      .byPosition(
        destination.tree, source.tree, filter: PathSelection(["!l1.w", "!0", "!1"]).filter),
      matching: .byPosition, destination: destination, source: source)
    #expect(filtered.refusal == nil)
    let moved = try LoadedSource(filtered, destination: destination, source: source)
    #expect(
      try destination.tree.leafIDs.map { load(try moved.bytes(of: $0), as: Float.self) }
        == [[0, 0], [4], [5]])
  }

  @Test func positionsCountTiedArraysOnce() throws {
    var views = Views()
    let shared = views.storage([0, 0])
    try views.add("a", shared, [2])
    try views.add("s", .opaque(type: Array("relu".utf8)))
    try views.add("b", shared, [2])
    try views.add("c", views.storage([0]), [1])
    let destination = views.finish()
    let source = try model(.f32, [("x", [1, 2]), ("y", [3])])
    let plan = try LoadPlan(
      .byPosition(destination.tree, source.tree), matching: .byPosition, source: source)
    #expect(plan.refusal == nil)
    let loaded = try LoadedSource(plan, destination: destination, source: source)
    #expect(load(try loaded.bytes(of: LeafID(2)), as: Float.self) == [1, 2])
  }

  @Test func anotherOrderIsANote() throws {
    let a = try model(.f32, [("x.a", [1]), ("x.b", [1]), ("y", [1])])
    let b = try model(.f32, [("y", [1]), ("x.b", [1]), ("x.a", [1])])
    let plan = try LoadPlan(Alignment(a.tree, b.tree))
    #expect(plan.issueCount == 0)
    #expect(
      plan.notes.map { plan.sentence(for: $0) } == [
        "order differs: the children of destination (root) and source (root) stand in another "
          + "order in the source; names were compared as a set",
        "order differs: the children of destination x and source x stand in another order in the "
          + "source; names were compared as a set",
      ])
    #expect(try LoadPlan(Alignment(a.tree, a.tree)).notes.isEmpty)
  }

  @Test func theOrderOfAFileThatHasNoneIsNoNote() throws {
    var sorted = TreeBuilder(order: .natural)
    var given = TreeBuilder()
    for name in ["y", "x.b", "x.a"] as [Name] {
      try sorted.setArray(ArrayDescription(.f32, [1]), at: sorted.flatNode(name))
      try given.setArray(ArrayDescription(.f32, [1]), at: given.flatNode(name))
    }
    let trees = (sorted: sorted.finish(), given: given.finish())
    #expect(try LoadPlan(Alignment(trees.given, trees.sorted)).notes.isEmpty)
    #expect(try LoadPlan(Alignment(trees.sorted, trees.given)).notes.isEmpty)
  }

  /// `conv` and `conv.weight` in one file: a leaf and a branch under one name.
  @Test func aLeafAndABranchUnderOneName() throws {
    let both = try model(.f32, [("conv", [1]), ("conv.weight", [1])])
    let branch = try model(.f32, [("conv.weight", [1])])
    let leaf = try model(.f32, [("conv", [1])])
    func kinds(_ a: MemorySource, _ b: MemorySource) throws -> [String] {
      try LoadPlan(Alignment(a.tree, b.tree)).issues.map(\.kind)
    }
    #expect(try kinds(both, both) == [])
    #expect(try kinds(both, branch) == ["missing"])
    #expect(try kinds(branch, both) == ["unexpected"])
    #expect(try kinds(both, leaf) == ["missing"])
    #expect(try kinds(leaf, both) == ["unexpected"])
    #expect(try kinds(leaf, branch) == ["structure_mismatch", "unexpected"])
    #expect(try kinds(branch, leaf) == ["structure_mismatch", "missing"])
  }

  @Test func columnOrderIsALayoutNotAShape() throws {
    var views = Views()
    try views.add("w", views.storage([1, 2, 3, 4, 5, 6]), [2, 3], .contiguous(.column))
    let source = views.finish()
    var other = Views()
    try other.add("w", other.storage([0, 0, 0, 0, 0, 0]), [2, 3])
    let loading = try Loading(other.finish(), source)
    #expect(loading.plan.issueCount == 0)
    #expect(try loading.result("w") == [1, 3, 5, 2, 4, 6])
  }
}
