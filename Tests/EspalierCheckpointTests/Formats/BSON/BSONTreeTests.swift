import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// Julia's values come back without Julia.
@Suite struct BSONTreeTests {
  private let folder = TemporaryFolder()

  private func fixture(_ name: String) throws -> Checkpoint {
    try Checkpoint.open(FilePath(Fixtures.folder.appendingPathComponent("bson/\(name).bson")))
  }

  private func open(_ pairs: [(String, BSONValue)]) throws(CheckpointError) -> Checkpoint {
    try Checkpoint.open(folder.write("a.bson", BSONValue.file(pairs)))
  }

  private func floats(_ file: Checkpoint, _ name: Name) throws -> [Float] {
    let leaf = try #require(file.tree.node(named: name).flatMap { file.tree.leaf(at: $0) })
    return try file.bytes(of: leaf).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  @Test func aModelHasTheNamesOfItsLayers() throws {
    let file = try fixture("model")
    #expect(
      file.tree.dump == """
        args
          lr  0.5
          name  "run 1"
          steps  7
          λ  0.5
        model  <Flux.Chain>
          layers  (…)
            1  <Flux.Dense>
              weight  F32 [3, 2] column  tie 0
              bias  F32 [3]
              σ  <NNlib.relu>
            2  <NNlib.relu>
            3  <Flux.Dense>
              weight  F32 [2, 3]  tie 0
              bias  false
              σ  <identity>
            4
              scale  0.5
            5  <Flux.MaxPool>
              k  (…)
                1  2
                2  2
              pad  (…)
                1  0
                2  0
              stride  (…)
                1  2
                2  2
        opt  <Flux.Optimise.Momentum>  hidden
          eta  0.01
          rho  0.9
          velocity  <IdDict>
            1
              key  F32 [3, 2] column  tie 0
              value  F32 [3, 2] column
        """)
    #expect(file.rootPath.description == "model")
    // Columns 1 2 3 and 4 5 6, in C order of the size (3, 2); and the same transposed.
    #expect(try floats(file, "model.layers.1.weight") == [1, 4, 2, 5, 3, 6])
    #expect(try floats(file, "model.layers.3.weight") == [1, 2, 3, 4, 5, 6])
    #expect(file.findings.map(\.code) == ["code-in-file"])
    #expect(file.findings.first?.sentence.contains("the function #5#6") == true)
  }

  @Test func otherValuesAreKnown() throws {
    let file = try fixture("values")
    #expect(
      file.tree.dump == """
        bits  (…)
          1  <Complex{Int64} [1]>
          2  C64 [1]
          3  <Nothing [3]>
          4  BOOL [2, 1] column
          5  F64 [0]
        counts  <Dict>
          a  2
          b  1
        encoder  <Encoder>  (…)
          1  F32 [1]
          2  "mean"
        items  (…)
          1  <Array [1, 2]>  (…)
            1  "x"
            2  nothing
          2  U8 [3]
          3
          4  (…)
          5  <Float32>
          6  <Base>
          7  <Node>  (…)
            1  "loop"
            2  <reference to a value above>
          8
            tag  "no tag of BSON.jl's"
        named
          W  <Tracker.TrackedArray>
            tracker  <Tracker.Tracked>  hidden
              ref  1
              f  nothing
              isleaf  true
              grad  hidden  F32 [2]  tie 0
            data  F32 [2]
            grad  hidden  F32 [2]  tie 0
          b  F32 [3, 2] column
        numbered  <Dict>
          10  true
        parameters  <Zygote.Params>  (…)
          1  F32 [2]  tie 0
        """)
    #expect(try floats(file, "named.W.data") == [7, 8])
    let device = try #require(
      file.tree.node(named: "named.b").flatMap { file.tree.leaf(at: $0) })
    #expect(!file.hasValues(device))
    let error = #expect(throws: NoValues.self) { try file.bytes(of: device) }
    #expect(error?.reason.contains("on a GPU") == true)
    #expect(file.notes.first?.contains("1 array lay on a GPU") == true)
  }

  @Test func filesOfA32BitJuliaAreTheSame() throws {
    let file = try fixture("from-32-bit")
    #expect(file.tree.dump == "obj  <Dict>\n  name  F32 [2, 1] column")
    #expect(try floats(file, "obj.name") == [1, 2])
  }

  @Test func structsOfUnknownLayersAreNumbered() throws {
    // Dense with a field too many is not the Dense that is known.
    let dense = BSONValue.structure("Flux.Dense", [.int(1), .int(2), .int(3), .int(4)])
    let file = try open([("m", dense), ("n", .structure("Mine.Layer", [.int(1)]))])
    #expect(
      file.tree.dump == """
        m  <Flux.Dense>  (…)
          1  1
          2  2
          3  3
          4  4
        n  <Mine.Layer>  (…)
          1  1
        """)
  }

  @Test func trackersOfOldFluxAreKnownToo() throws {
    let tracked = BSONValue.structure("Flux.Tracker.TrackedReal", [.int(1), .null])
    #expect(
      try open([("x", tracked)]).tree.dump == """
        x  <Flux.Tracker.TrackedReal>
          data  1
          tracker  hidden  nothing
        """)
  }

  @Test func dottedKeysNestAndKeysThatAreAlikeStayApart() throws {
    let dictionary = BSONValue.structure(
      "Base.Dict", [.list([.int(1), .text("1"), .text("a.b")]), .list([.null, .int(2), .int(3)])])
    let file = try open([("d", dictionary)])
    #expect(
      file.tree.dump == """
        d  <Dict>
          1  nothing
          2
            key  "1"
            value  2
          a
            .b  3
        """)
  }

  // MARK: What does not fit

  static let wrong: [(value: BSONValue, shared: [BSONValue], says: String)] = [
    (.ref(1), [], "a reference to shared value 1, expected no reference"),
    (.ref(0), [.null], "a reference to shared value 0, expected 1 to 1"),
    (.ref(1), [.ref(2), .ref(1)], "expected 1 to 2, and no circle"),
    (.document([("tag", .text("backref"))]), [.null], "found no number"),
    (.document([("tag", .text("struct"))]), [], "a tagged document without it, expected “type”"),
    (.document([("tag", .text("tuple")), ("data", .int(1))]), [], "data: found int64"),
    (
      .array("Core.Float32", [2], .bytes([1, 2, 3])), [],
      "data: found 3 bytes, expected 8 bytes, for F32 [2]"
    ),
    (.array("Core.Float32", [-1], .bytes([])), [], "size: found something else than sizes"),
    (.array("Core.Float32", [.max, 3], .bytes([])), [], "size: found something else than sizes"),
    (.array("Core.Any", [2, 2], .list([.null])), [], "data: found 1 elements, expected 4"),
  ]

  @Test(arguments: wrong.indices)
  func whatDoesNotFitIsRefused(_ index: Int) throws {
    let (value, shared, says) = Self.wrong[index]
    let error = #expect(throws: CheckpointError.self) {
      try open([("x", value)] + (shared.isEmpty ? [] : [("_backrefs", .list(shared))]))
    }
    #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "opened")")
    #expect(error?.offset != nil)
  }

  @Test func valuesSharedOverAndOverAreRefused() throws {
    // Each of forty lists holds the next one twice.
    var shared = (0..<40).map { BSONValue.list([.ref(Int64($0 + 2)), .ref(Int64($0 + 2))]) }
    shared.append(.null)
    let error = #expect(throws: CheckpointError.self) {
      try open([("x", .ref(1)), ("_backrefs", .list(shared))])
    }
    #expect(error?.code == .limitExceeded)
  }

  @Test func whatIsSharedOftenCostsLittle() throws {
    let long = BSONValue.text(String(repeating: "x", count: 1_000_000))
    let references = BSONValue.list([BSONValue](repeating: .ref(1), count: 4_000))
    // A long text, a module of a long name, a document of many keys that looks like a tag.
    let module = BSONValue.document([("tag", .text("ref")), ("path", .list([long]))])
    for shared in [long, module] {
      let file = try open([("x", references), ("_backrefs", .list([shared]))])
      #expect(file.tree.leafCount == 4_000)
    }
    let keys = (0..<20_000).map { ("k\($0)", BSONValue.null) } + [("tag", .text("backref"))]
    let error = #expect(throws: CheckpointError.self) {
      try open([("x", references), ("_backrefs", .list([.document(keys)]))])
    }
    #expect(error?.code == .limitExceeded)
  }

  @Test func aListThatHoldsItselfIsCut() throws {
    let file = try open([("x", .ref(1)), ("_backrefs", .list([.list([.int(1), .ref(1)])]))])
    #expect(file.tree.dump == "x  (…)\n  1  1\n  2  <reference to a value above>")
  }
}
