import EspalierLoad
import EspalierTree
import Testing

/// What can stand on one side of a row.
enum Thing: String, CaseIterable, Sendable {
  case absent, branch, empty, array, zeros, other, packed, yes, no, number, text, opaque, nothing

  var isArray: Bool { self == .array || self == .zeros || self == .other || self == .packed }

  /// A tree with this at `x`, and `y` so that there is something to load.
  ///
  /// - Parameter setting: whether there is a number at `z`.
  func source(setting: Bool = false) throws -> MemorySource {
    var tree = TreeBuilder()
    var values: [[UInt8]?] = []
    func array(_ dtype: DType, _ shape: Shape, _ bytes: [UInt8], at node: TreeBuilder.Handle) throws
    {
      try tree.setArray(ArrayDescription(dtype, shape), at: node)
      values.append(bytes)
    }
    func value(_ value: LeafValue, at node: TreeBuilder.Handle) throws {
      try tree.setLeaf(.value(value), at: node)
      values.append(nil)
    }
    if self != .absent {
      let x = try tree.node("x")
      switch self {
      case .absent, .empty: break
      case .branch: try array(.u8, [1], [5], at: tree.node("z", under: x))
      case .array: try array(.f32, [2], floats(1, -2), at: x)
      case .zeros: try array(.f32, [2], floats(0, -0.0), at: x)
      case .other: try array(.f32, [1, 2], floats(3, 4), at: x)
      case .packed: try array(.qu8, [2], [1, 2], at: x)
      case .yes: try value(.bool(true), at: x)
      case .no: try value(.bool(false), at: x)
      case .number: try value(.float(0.5), at: x)
      case .text: try value(.text(Array("tanh".utf8)), at: x)
      case .opaque: try value(.opaque(type: Array("relu".utf8)), at: x)
      case .nothing: try value(.nothing, at: x)
      }
    }
    try array(.u8, [1], [9], at: tree.node("y"))
    if setting { try value(.integer(3), at: tree.node("z")) }
    return MemorySource(tree: tree.finish(), values: values)
  }
}

func floats(_ values: Float...) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

extension LoadPlan {
  /// The row of a destination or source path.
  func row(_ name: Name) throws -> Int {
    try #require(
      (0..<alignment.count).first { row in
        alignment.destinationNode(row).map { alignment.destination.path(of: $0).flatName == name }
          ?? false
          || alignment.sourceNode(row).map { alignment.source.path(of: $0).flatName == name }
            ?? false
      })
  }
}

/// The whole leaf table: destination by source, in both modes, with every option.
@Suite struct LeafTableTests {
  /// Columns as in `Thing`; `setting` is missing, but not in a source of arrays only; `.` is a branch or nothing at all. `packed` has no zero that is known.
  static let table = """
                absent     branch     empty      array      zeros      other      packed     yes        no         number     text       opaque     nothing
    absent      .          .          unexpected unexpected unexpected unexpected unexpected unexpected unexpected unexpected unexpected unexpected unexpected
    branch      .          .          .          structure  structure  structure  structure  structure  structure  structure  structure  structure  structure
    empty       setting    .          .          structure  structure  structure  structure  untouched  untouched  untouched  untouched  untouched  untouched
    array       missing    structure  notAnArray load       load       shape      dtype      trueSource zeroFill   notAnArray notAnArray notAnArray nothing?
    zeros       missing    structure  notAnArray load       load       shape      dtype      trueSource zeroFill   notAnArray notAnArray notAnArray nothing?
    other       missing    structure  notAnArray shape      shape      load       shape      trueSource zeroFill   notAnArray notAnArray notAnArray nothing?
    packed      missing    structure  notAnArray dtype      dtype      shape      load       trueSource dtype      notAnArray notAnArray notAnArray nothing?
    yes         setting    structure  untouched  trueDest   trueDest   trueDest   trueDest   untouched  untouched  untouched  untouched  untouched  untouched
    no          setting    structure  untouched  lost?      inactive   lost?      lost?      untouched  untouched  untouched  untouched  untouched  untouched
    number      setting    structure  untouched  noArray    noArray    noArray    noArray    untouched  untouched  untouched  untouched  untouched  untouched
    text        setting    structure  untouched  noArray    noArray    noArray    noArray    untouched  untouched  untouched  untouched  untouched  untouched
    opaque      setting    structure  untouched  noArray    noArray    noArray    noArray    untouched  untouched  untouched  untouched  untouched  untouched
    nothing     setting    structure  untouched  noArray    noArray    noArray    noArray    untouched  untouched  untouched  untouched  untouched  untouched
    """

  static func expected(
    _ destination: Thing, _ source: Thing, _ options: LoadOptions, sourceIsArrays: Bool
  ) -> Verdict? {
    let rows = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    guard let row = rows.dropFirst().first(where: { $0[0] == destination.rawValue }),
      let column = rows[0].firstIndex(of: source.rawValue)
    else { return nil }
    switch row[column + 1] {
    case ".": return .branch
    case "unexpected": return .unexpected
    case "missing": return .missing
    case "setting": return sourceIsArrays ? .untouched : .missing
    case "structure": return .structure
    case "untouched": return .untouched
    case "load": return .load
    case "shape": return .shape
    case "dtype": return .dtype
    case "trueSource": return .trueInSource
    case "trueDest": return .trueInDestination
    case "zeroFill": return .zeroFill
    case "notAnArray": return .notAnArray
    case "noArray": return .noArrayToLoadInto
    case "inactive": return .inactive
    case "nothing?": return options.nothingKeeps ? .kept : .nothingInSource
    case "lost?": return options.ignoreInactive ? .inactiveIgnored : .wouldBeLost
    default: return nil
    }
  }

  @Test(arguments: Thing.allCases, Thing.allCases)
  func everyCell(_ left: Thing, _ right: Thing) throws {
    try everyCell(left, right, setting: false)
    try everyCell(left, right, setting: true)
  }

  private func everyCell(_ left: Thing, _ right: Thing, setting: Bool) throws {
    let destination = try left.source(setting: setting)
    let source = try right.source(setting: setting)
    let sourceIsArrays =
      !setting
      && (right == .absent || right == .branch || right == .empty
        || right.isArray)
    for mode in LoadMode.allCases {
      for (nothingKeeps, ignoreInactive) in [
        (false, false), (true, false), (false, true), (true, true),
      ] {
        let options = LoadOptions(nothingKeeps: nothingKeeps, ignoreInactive: ignoreInactive)
        let plan = try LoadPlan(
          Alignment(destination.tree, source.tree), mode: mode, options: options,
          destination: destination, source: source)
        guard
          let wanted = Self.expected(
            left, right, options, sourceIsArrays: sourceIsArrays)
        else {
          Issue.record("the table has no cell for \(left) by \(right)")
          return
        }
        if left == .absent && right == .absent { continue }
        #expect(plan.verdict(at: try plan.row("x")) == wanted, "\(mode) \(options)")
        try check(plan, left, right, destination, source)
      }
    }
  }

  /// What follows from a verdict, whatever it is.
  private func check(
    _ plan: LoadPlan, _ left: Thing, _ right: Thing, _ destination: MemorySource,
    _ source: MemorySource
  ) throws {
    let row = try plan.row("x")
    let verdict = plan.verdict(at: row)
    #expect(plan.issue(at: row).map(\.verdict) == (verdict.isIssue ? verdict : nil))
    #expect(plan.issueCount == plan.issues.count)
    #expect(plan.hasIssues == !plan.isApplicable || plan.mode == .lenient)
    if plan.hasIssues, plan.mode == .strict {
      #expect(throws: LoadRefused.self) {
        try LoadedSource(plan, destination: destination, source: source)
      }
      return
    }
    let result = try LoadedSource(plan, destination: destination, source: source)
    guard left.isArray, let leaf = plan.alignment.destinationLeaf(row) else { return }
    let bytes = try result.bytes(of: leaf)
    switch plan.outcome(at: row) {
    case .loaded:
      let taken = try #require(plan.alignment.sourceLeaf(row))
      #expect(try bytes == source.bytes(of: taken))
    case .zeroFilled: #expect(bytes.allSatisfy { $0 == 0 })
    default: #expect(try bytes == destination.bytes(of: leaf))
    }
  }

  /// One sentence for each kind of issue, in both modes.
  static let wording: [(Thing, Thing, String, String, String)] = [
    (
      .array, .absent, "missing",
      "missing in the source: destination x is F32 [2], and the source has nothing under this path",
      "rename a source entry to it"
    ),
    (
      .absent, .array, "unexpected",
      "unexpected in the source: source x is F32 [2], and the destination has nothing under this "
        + "path", "give the destination a place for it, or filter it out"
    ),
    (
      .array, .other, "shape_mismatch",
      "shape mismatch: destination x is F32 [2], source x is F32 [1, 2]",
      "take a model of the source's sizes"
    ),
    (
      .packed, .array, "dtype",
      "element types do not convert: destination x is QU8 [2], source x is F32 [2]",
      "store both as one element type"
    ),
    (
      .branch, .array, "structure_mismatch",
      "structure mismatch: destination x is a branch of 1 child, source x is F32 [2]",
      "rename one of them, or filter both out"
    ),
    (
      .array, .yes, "true_in_source",
      "true has no meaning for an array: destination x is F32 [2], source x is true",
      "store the array, or false for zeros, in the source"
    ),
    (
      .array, .nothing, "nothing_in_source",
      "nothing to load: destination x is F32 [2], source x is nothing",
      "store the array in the source, or let nothing keep"
    ),
    (
      .array, .opaque, "not_an_array",
      "not an array: destination x is F32 [2], source x is <relu>", "store the array in the source"
    ),
    (
      .array, .empty, "not_an_array", "not an array: destination x is F32 [2], source x is ()",
      "store the array in the source"
    ),
    (
      .yes, .array, "true_in_destination",
      "true can never be loaded into: destination x is true, source x is F32 [2]",
      "give the destination an array"
    ),
    (
      .number, .array, "no_array_to_load_into",
      "no array to load into: destination x is 0.5, source x is F32 [2]",
      "give the destination an array"
    ),
    (
      .no, .array, "would_be_lost",
      "would be lost: destination x is false, source x is F32 [2]",
      "give the destination the parameter, or ignore inactive parameters"
    ),
  ]

  @Test(arguments: 0..<wording.count)
  func issuesAreSaidLikeThis(_ index: Int) throws {
    let (left, right, kind, facts, fix) = Self.wording[index]
    let destination = try left.source()
    let source = try right.source()
    var plan = try LoadPlan(
      Alignment(destination.tree, source.tree), destination: destination, source: source)
    let issue = try #require(plan.issue(at: plan.row("x")))
    #expect(issue.kind == kind)
    let (strict, lenient) =
      kind == "unexpected"
      ? ("leave it unused", "it is left unused")
      : kind == "structure_mismatch"
        ? ("leave both as they are", "both are left as they are")
        : ("keep the destination's value", "the destination keeps its value")
    #expect(plan.sentence(for: issue) == "\(facts); \(fix), or load leniently to \(strict)")
    plan.mode = .lenient
    #expect(plan.sentence(for: issue) == "\(facts); \(lenient); to load it, \(fix)")
  }

  @Test func everyIssueIsListedNotTheFirst() throws {
    var a = MemorySource.Builder()
    var b = MemorySource.Builder()
    for name in ["p", "q", "r"] as [Name] {
      try a.add(name, .f32, [1], values: [1 as Float])
      try b.add(name, .f32, [2], values: [1, 2 as Float])
    }
    try a.add("s", .f32, [1], values: [1 as Float])
    try b.add("t", .f32, [1], values: [1 as Float])
    let plan = try LoadPlan(Alignment(a.finish().tree, b.finish().tree))
    #expect(
      plan.issues.map(\.kind).sorted() == [
        "missing", "shape_mismatch", "shape_mismatch", "shape_mismatch", "unexpected",
      ])
    #expect(plan.issueCount(in: 0) == 5)
    let rows = plan.issues.map(\.row)
    #expect(plan.nextIssueRow(after: rows[1]) == rows[2])
    #expect(plan.previousIssueRow(before: rows[1]) == rows[0])
    #expect(
      plan.nextIssueRow(after: rows[4]) == nil && plan.previousIssueRow(before: rows[0]) == nil)
    #expect(rows.indices.allSatisfy { plan.issueIndex(of: rows[$0]) == $0 })
    #expect(plan.issueIndex(of: 0) == nil)
  }
}
