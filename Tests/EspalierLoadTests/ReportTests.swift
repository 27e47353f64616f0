import EspalierTree
import Testing

@testable import EspalierLoad

@Suite struct ReportTests {
  /// One of each kind of trouble.
  static func pair() throws -> (destination: MemorySource, source: MemorySource) {
    var a = MemorySource.Builder()
    try a.add("w", .f16, [2], [0, 0, 0, 0])
    try a.add("b", .f32, [1], floats(1))
    try a.add("off", .bool(false))
    try a.add("shape", .f32, [2], floats(1, 2))
    try a.add("only.here", .f32, [3], floats(1, 2, 3))
    try a.add("act", .opaque(type: Array("relu".utf8)))
    var b = MemorySource.Builder()
    try b.add("w", .f32, [2], floats(1, 0.1))
    try b.add("b", .bool(false))
    try b.add("off", .f32, [1], floats(4))
    try b.add("shape", .f32, [1, 2], floats(1, 2))
    try b.add("only.there", .i64, [1], [UInt8](repeating: 0, count: 8))
    try b.add("act", .opaque(type: Array("tanh".utf8)))
    return (a.finish(), b.finish())
  }

  static func report(_ mode: LoadMode) throws -> LoadReport {
    let (a, b) = try pair()
    return LoadReport(try Loading(a, b, mode).plan)
  }

  @Test func aRefusedStrictLoadSaysFirstWhatStopsIt() throws {
    #expect(
      try Self.report(.strict).text() == """
        strict load refused, nothing has been changed: 4 issues; 2 of 4 arrays, 3 of 8 parameters \
        would fit

        missing in the source (1): rename a source entry to it
          destination only.here is F32 [3], and the source has nothing under this path

        unexpected in the source (1): give the destination a place for it, or filter it out
          source only.there is I64 [1], and the destination has nothing under this path

        shape mismatch (1): take a model of the source's sizes
          destination shape is F32 [2], source shape is F32 [1, 2]

        would be lost (1): give the destination the parameter, or ignore inactive parameters
          destination off is false, source off is F32 [1]

        zero-filled (1): false in the source stands for zeros
          destination b is F32 [1], source b is false

        note, conversion may lose information (1)
          destination w is F16 [2], source w is F32 [2]
        """)
  }

  @Test func anAppliedLenientLoadSaysWhatWasLost() throws {
    let (a, b) = try Self.pair()
    let plan = try Loading(a, b, .lenient).plan
    let loaded = try LoadedSource(plan, destination: a, source: b)
    for leaf in loaded.tree.leafIDs where loaded.hasValues(leaf) { _ = try loaded.bytes(of: leaf) }
    let report = LoadReport(applied: loaded)
    #expect(
      report.headline
        == "lenient load: loaded 2 of 4 arrays, 3 of 8 parameters; 3 kept, 1 unused from the source"
    )
    #expect(
      report.text().hasSuffix(
        "note, conversion may lose information (1)\n"
          + "  destination w is F16 [2], source w is F32 [2]: 1 rounded"))
    let names = { (rows: [Int]) in
      rows.map { row in
        plan.alignment.destinationNode(row).map { a.tree.path(of: $0).description }
          ?? plan.alignment.sourceNode(row).map { b.tree.path(of: $0).description } ?? ""
      }
    }
    #expect(names(report.loaded) == ["w"])
    #expect(names(report.zeroFilled) == ["b"])
    #expect(Set(names(report.kept)) == ["off", "shape", "only.here"])
    #expect(names(report.missing) == ["only.here"])
    #expect(names(report.unexpected) == ["only.there"])
    #expect(Set(names(report.mismatched)) == ["off", "shape"])
  }

  @Test func longListsAreCutOnlyWhenAsked() throws {
    let names = (0..<30).map { Name("a\($0)") }
    let a = try model(.f32, names.map { ($0, [1]) })
    let b = try model(.f32, names.map { ($0, [1, 2]) })
    let report = LoadReport(try Loading(a, b).plan)
    #expect(report.text().split(separator: "\n").count == 32)
    let short = report.text(limit: 3)
    #expect(short.split(separator: "\n").count == 6)
    #expect(short.hasSuffix("\n  … and 27 more"))
    #expect(short.contains("shape mismatch (30): "))
  }

  @Test func theLoadAsJSON() throws {
    var bytes: [UInt8] = []
    try Self.report(.lenient).writeJSON(output: "out.safetensors", style: .indented) { bytes += $0 }
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(
      text.hasPrefix("{\n  \"schema\": 1,\n  \"mode\": \"lenient\",\n  \"applied\": false,\n"))
    var compact: [UInt8] = []
    try Self.report(.strict).writeJSON { compact += $0 }
    let json = String(decoding: compact, as: UTF8.self)
    let w =
      #"{"path":["w"],"kind":"array","dtype":"F16","shape":[2],"order":"row","bytes":4,"tied":null}"#
    let source =
      #"{"path":["w"],"kind":"array","dtype":"F32","shape":[2],"order":"row","bytes":8,"tied":null}"#
    #expect(
      json.hasPrefix(
        #"{"schema":1,"mode":"strict","applied":false,"output":null,"loaded":[{"dst":"# + w
          + #","src":"# + source + #"}],"zero_filled":[{"dst":"#))
    #expect(
      json.contains(
        #""missing":[{"dst":{"path":["only.here"],"kind":"array","dtype":"F32","shape":[3],"order":"row","bytes":12,"tied":null},"src":null}]"#
      ))
    #expect(
      json.contains(
        #"{"kind":"would_be_lost","dst":{"path":["off"],"kind":"bool","value":false},"src":{"path":["off"],"kind":"array","dtype":"F32","shape":[1],"order":"row","bytes":4,"tied":null},"message":"would be lost: "#
      ))
    #expect(json.contains(#""notes":[{"kind":"conversion_loses","dst":"#))
    #expect(json.hasSuffix(#""coverage":{"tensors":[2,4],"parameters":[3,8]}}"#))
  }

  @Test func theDifferenceAsJSON() throws {
    let (a, b) = try Self.pair()
    var bytes: [UInt8] = []
    let plan = try Loading(a, b).plan
    plan.writeDiffJSON { bytes += $0 }
    let json = String(decoding: bytes, as: UTF8.self)
    #expect(
      json.hasPrefix(
        #"{"schema":1,"same":false,"coverage":{"tensors":[2,4],"parameters":[3,8]},"rows":[{"status":"dtype","dst":{"path":["w"]"#
      ))
    let found = json.split(separator: "\"status\":\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(
      Set(found) == ["dtype", "inactive", "shape", "only_destination", "only_source", "value"])
    #expect(found.count == 7)
    #expect(!plan.isSame())
    #expect(try Loading(a, a).plan.isSame())
  }

  @Test func statusesOfAllKinds() throws {
    let cases: [(Thing, Thing, RowStatus?)] = [
      (.array, .array, .equal), (.array, .zeros, .equal), (.array, .other, .shape),
      (.array, .packed, .dtype), (.array, .no, .inactive), (.no, .array, .inactive),
      (.array, .yes, .kind), (.array, .nothing, .kind), (.array, .branch, .kind),
      (.branch, .array, .kind), (.array, .absent, .onlyDestination),
      (.absent, .array, .onlySource), (.no, .no, .equal), (.no, .yes, .value),
      (.number, .number, .equal), (.number, .text, .kind), (.nothing, .opaque, .kind),
      (.empty, .opaque, .kind), (.empty, .empty, nil), (.branch, .branch, nil),
      (.empty, .absent, .onlyDestination),
    ]
    for (left, right, wanted) in cases {
      let plan = try LoadPlan(Alignment(left.source().tree, right.source().tree))
      #expect(plan.status(at: try plan.row("x")) == wanted, "\(left) \(right)")
    }
  }

  @Test func valuesAreComparedWhenAsked() throws {
    let a = try model(.f16, [("same", [1, .nan]), ("other", [1, 2, 3]), ("shape", [1])])
    let b = try model(.f32, [("same", [1, .nan]), ("other", [1, 5, 3]), ("shape", [1, 1])])
    let plan = try Loading(a, b).plan
    let differences = try ValueDifferences(of: plan, destination: a, source: b)
    let row = try plan.row("other")
    #expect(differences.byRow.keys.sorted() == [row])
    #expect(
      differences.sentence(plan, row)
        == "values differ: destination other is F16 [3], source other is F32 [3]; at element [1] "
        + "the destination has 2.0, the source 5.0")
    let equal = try Loading(a, a).plan
    #expect(equal.isSame(differences: try ValueDifferences(of: equal, destination: a, source: a)))
  }
}
