import EspalierTree
import Testing

@testable import EspalierLoad

/// A model whose arrays lie in storages that may be shared, all of one element type.
struct Views {
  var tree = TreeBuilder()
  var values: [[UInt8]?] = []
  var storages: [[Float]] = []

  /// A new storage.
  mutating func storage(_ values: [Float]) -> Int {
    storages.append(values)
    return storages.count - 1
  }

  /// An array of a storage.
  mutating func add(_ name: Name, _ storage: Int, _ shape: Shape, _ layout: Layout = .row) throws {
    let array = ArrayDescription(
      .f32, shape, layout: layout, storage: StorageID(Int32(storage)))
    try tree.setArray(array, at: tree.flatNode(name))
    let base = storages[storage]
    var offsets = [layout.offset()]
    for (dimension, stride) in zip(shape.dimensions, layout.strides(for: shape)) {
      offsets = offsets.flatMap { start in (0..<dimension).map { start + $0 * stride } }
    }
    values.append(offsets.map { base[$0] }.withUnsafeBytes { Array($0) })
  }

  mutating func add(_ name: Name, _ value: LeafValue) throws {
    try tree.setLeaf(.value(value), at: tree.flatNode(name))
    values.append(nil)
  }

  func finish() -> MemorySource { MemorySource(tree: tree.finish(), values: values) }
}

struct Loading {
  let plan: LoadPlan
  let destination: MemorySource
  let source: MemorySource

  init(
    _ destination: MemorySource, _ source: MemorySource, _ mode: LoadMode = .strict,
    _ options: LoadOptions = LoadOptions()
  ) throws {
    self.destination = destination
    self.source = source
    plan = try LoadPlan(
      Alignment(destination.tree, source.tree), mode: mode, options: options,
      destination: destination, source: source)
  }

  func verdict(_ name: Name) throws -> Verdict { plan.verdict(at: try plan.row(name)) }
  func outcome(_ name: Name) throws -> Outcome { plan.outcome(at: try plan.row(name)) }

  /// The result's values under a name.
  func result(_ name: Name) throws -> [Float] {
    let loaded = try LoadedSource(plan, destination: destination, source: source)
    let node = try #require(loaded.tree.node(named: name))
    return EspalierLoadTests.load(
      try loaded.bytes(of: #require(loaded.tree.leaf(at: node))), as: Float.self)
  }
}

/// What can stand at the two paths of a tied destination.
enum Occurrence: String, CaseIterable, Sendable {
  case same, equal, other, zeros, no, nothing, missing, shape, yes, number, text, opaque, empty

  func add(_ name: Name, to views: inout Views, shared: Int) throws {
    switch self {
    case .same: try views.add(name, shared, [2])
    case .equal: try views.add(name, views.storage([1, 2]), [2])
    case .other: try views.add(name, views.storage([1, 5]), [2])
    case .zeros: try views.add(name, views.storage([0, -0.0]), [2])
    case .no: try views.add(name, .bool(false))
    case .yes: try views.add(name, .bool(true))
    case .nothing: try views.add(name, .nothing)
    case .missing: break
    case .shape: try views.add(name, views.storage([1, 2, 3]), [3])
    case .number: try views.add(name, .integer(1))
    case .text: try views.add(name, .text([1]))
    case .opaque: try views.add(name, .opaque(type: [1]))
    case .empty: _ = try views.tree.flatNode(name)
    }
  }

  /// What the array becomes when this path is loaded; nil when it is not.
  var loads: [Float]? {
    switch self {
    case .same, .equal: return [1, 2]
    case .other: return [1, 5]
    case .zeros, .no: return [0, 0]
    default: return nil
    }
  }
}

@Suite struct TieTests {
  static func tiedDestination() throws -> MemorySource {
    var views = Views()
    let shared = views.storage([7, 8])
    try views.add("a", shared, [2])
    try views.add("b", shared, [2])
    try views.add("c", views.storage([9]), [1])
    return views.finish()
  }

  static func source(_ first: Occurrence, _ second: Occurrence) throws -> MemorySource {
    var views = Views()
    let shared = views.storage([1, 2])
    try first.add("a", to: &views, shared: shared)
    try second.add("b", to: &views, shared: shared)
    try views.add("c", views.storage([3]), [1])
    return views.finish()
  }

  /// What a row is that no tie has a say in.
  static func own(_ occurrence: Occurrence, _ options: LoadOptions) -> Verdict {
    switch occurrence {
    case .same, .equal, .other, .zeros: return .load
    case .no: return .zeroFill
    case .nothing: return options.nothingKeeps ? .kept : .nothingInSource
    case .missing: return .missing
    case .shape: return .shape
    case .yes: return .trueInSource
    case .number, .text, .opaque, .empty: return .notAnArray
    }
  }

  /// Every pair of occurrences: the first load stands, later paths agree or are issues.
  @Test(arguments: Occurrence.allCases, Occurrence.allCases)
  func everyPair(_ first: Occurrence, _ second: Occurrence) throws {
    for nothingKeeps in [false, true] {
      for ignoreInactive in [false, true] {
        try everyPair(
          first, second,
          LoadOptions(nothingKeeps: nothingKeeps, ignoreInactive: ignoreInactive))
      }
    }
  }

  private func everyPair(
    _ first: Occurrence, _ second: Occurrence, _ options: LoadOptions
  ) throws {
    let (destination, source) = (try Self.tiedDestination(), try Self.source(first, second))
    let loading = try Loading(destination, source, .lenient, options)
    let (a, b) = (try loading.verdict("a"), try loading.verdict("b"))
    let later: Verdict
    switch (first.loads, second.loads) {
    case (let x?, let y?) where x == y: later = .tied
    case (_?, _?):
      later = first == .no || second == .no ? .tiedBoolAndArray : .tiedSourcesDiffer
    case (nil, _?): later = Self.own(second, options)
    case (_?, nil) where second == .nothing || second == .missing: later = .tied
    default: later = Self.own(second, options)
    }
    #expect(b == later, "\(options)")
    let isSilent = first == .nothing || first == .missing
    #expect(a == (isSilent && second.loads != nil ? .tied : Self.own(first, options)))
    // After the load both paths are one array.
    let wanted = first.loads ?? second.loads ?? [7, 8]
    #expect(try loading.result("a") == wanted && loading.result("b") == wanted)
    let isKept = first.loads == nil && second.loads == nil
    #expect(try (loading.outcome("b") == .kept) == isKept)
    #expect(try (loading.outcome("a") == .kept) == isKept)
    // Both are one array: one array's parameters.
    #expect(loading.plan.coverage.parameters == 3)
    #expect(loading.plan.coverage.parametersLoaded == (isKept ? 1 : 3))

    let strict = try Loading(destination, source, .strict, options)
    #expect(strict.plan.isApplicable == !(a.isIssue || b.isIssue))
    if !strict.plan.isApplicable {
      #expect(throws: LoadRefused.self) { try strict.result("a") }
    }
  }

  @Test func aConflictIsADifference() throws {
    let differ = try Loading(Self.tiedDestination(), Self.source(.same, .other)).plan
    #expect(try differ.status(at: differ.row("a")) == .equal)
    #expect(try differ.status(at: differ.row("b")) == .value)
    #expect(!differ.isSame())
    let mixed = try Loading(Self.tiedDestination(), Self.source(.no, .other)).plan
    #expect(try mixed.status(at: mixed.row("b")) == .value)
    #expect(try Loading(Self.tiedDestination(), Self.source(.same, .same)).plan.isSame())
  }

  @Test func conflictsNameBothPathsAndTheFirstDifference() throws {
    let differ = try Loading(Self.tiedDestination(), Self.source(.same, .other))
    let issue = try #require(differ.plan.issues.first)
    #expect(issue.kind == "tied_sources_differ")
    #expect(
      differ.plan.sentence(for: issue)
        == "tied destination, sources differ: destination b (F32 [2]) shares its memory with "
        + "destination a, which is loaded first; at element [1] source a (F32 [2]) gives 2.0, "
        + "source b (F32 [2]) gives 5.0; make the source's arrays equal, or untie the "
        + "destination, or load leniently to keep what is loaded at destination a")
    var mixed = try Loading(Self.tiedDestination(), Self.source(.no, .other)).plan
    mixed.mode = .lenient
    let other = try #require(mixed.issues.first)
    #expect(other.kind == "tied_bool_and_array")
    #expect(
      mixed.sentence(for: other)
        == "tied, Boolean at one path and array at another: destination b (F32 [2]) shares its "
        + "memory with destination a, which is loaded first; at element [0] false in the source "
        + "gives 0.0, source b (F32 [2]) gives 1.0; what is loaded at destination a stands; to "
        + "load it, say false at both paths or at neither")
    let reversed = try Loading(Self.tiedDestination(), Self.source(.other, .no)).plan
    #expect(
      reversed.facts(try reversed.row("b"))
        == "destination b (F32 [2]) shares its memory with destination a, which is loaded first; "
        + "at element [0] source a (F32 [2]) gives 1.0, source b (false) gives 0.0")
  }

  @Test func withoutValuesSuchRowsAreUndecided() throws {
    let (a, b) = (try Self.tiedDestination(), try Self.source(.equal, .other))
    let plan = try LoadPlan(Alignment(a.tree, b.tree))
    #expect(plan.verdict(at: try plan.row("b")) == .undecided)
    #expect(plan.refusal == .undecided)
    // One array in the source needs no look.
    let same = try LoadPlan(Alignment(a.tree, try Self.source(.same, .same).tree))
    #expect(same.verdict(at: try same.row("b")) == .tied)
    #expect(same.refusal == nil)
  }

  @Test func equalMeansNumbersNotBits() throws {
    func source(_ second: [Float]) throws -> MemorySource {
      var views = Views()
      try views.add("a", views.storage([.nan, 0]), [2])
      try views.add("b", views.storage(second), [2])
      try views.add("c", views.storage([3]), [1])
      return views.finish()
    }
    let other = Float(bitPattern: 0xFFC0_0001)
    #expect(try Loading(Self.tiedDestination(), source([other, -0.0])).verdict("b") == .tied)
    let loading = try Loading(Self.tiedDestination(), source([1, 0]), .lenient)
    #expect(try loading.verdict("b") == .tiedSourcesDiffer)
    #expect(try loading.result("b")[0].isNaN)
  }

  @Test func aTiedSourceGivesCopiesAndANote() throws {
    var views = Views()
    try views.add("a", views.storage([0, 0]), [2])
    try views.add("b", views.storage([0, 0]), [2])
    try views.add("c", views.storage([0]), [1])
    let loading = try Loading(views.finish(), Self.source(.same, .same))
    #expect(try loading.verdict("b") == .load)
    let note = try #require(loading.plan.notes.first)
    #expect(
      loading.plan.sentence(for: note)
        == "source tied, destination not: destination b is F32 [2], source b is F32 [2], whose "
        + "source is also loaded at destination a; each destination path gets its own copy")
    #expect(loading.plan.notes.count == 1)
  }
}

@Suite struct ViewTests {
  static let transposed = Layout.strided(offset: 0, strides: [1, 3])

  /// `w` [2, 3] and its transpose `t` [3, 2]; the transpose first when asked.
  static func model(_ values: [Float], tied: Bool, transposeFirst: Bool) throws -> MemorySource {
    var views = Views()
    let shared = views.storage(values)
    let flipped = (0..<3).flatMap { column in (0..<2).map { values[$0 * 3 + column] } }
    let second = tied ? shared : views.storage(flipped)
    func addTransposed(_ name: Name) throws {
      try views.add(name, second, [3, 2], tied ? transposed : .row)
    }
    if transposeFirst { try addTransposed("a") }
    try views.add(transposeFirst ? "b" : "a", shared, [2, 3])
    if !transposeFirst { try addTransposed("b") }
    return views.finish()
  }

  @Test(arguments: [false, true], [false, true])
  func transposesAreCheckedThroughTheirStrides(_ first: Bool, _ sourceTied: Bool) throws {
    let destination = try Self.model([0, 0, 0, 0, 0, 0], tied: true, transposeFirst: first)
    #expect(destination.tree.tiedGroups.count == 1)
    let source = try Self.model([1, 2, 3, 4, 5, 6], tied: sourceTied, transposeFirst: first)
    let loading = try Loading(destination, source)
    #expect(loading.plan.issueCount == 0)
    #expect(try loading.verdict("b") == .tied)
    let (w, t): (Name, Name) = first ? ("b", "a") : ("a", "b")
    #expect(try loading.result(w) == [1, 2, 3, 4, 5, 6])
    #expect(try loading.result(t) == [1, 4, 2, 5, 3, 6])
    #expect(loading.plan.coverage.parameters == 6)
    if sourceTied {
      // One storage seen alike on both sides: no value is read.
      let blind = try LoadPlan(Alignment(destination.tree, source.tree))
      #expect(blind.refusal == nil)
    }
  }

  @Test(arguments: [false, true])
  func aTransposeThatDiffersIsAnIssue(_ first: Bool) throws {
    let destination = try Self.model([0, 0, 0, 0, 0, 0], tied: true, transposeFirst: first)
    var views = Views()
    try views.add("a", views.storage([1, 2, 3, 4, 5, 6]), first ? [3, 2] : [2, 3])
    try views.add("b", views.storage([1, 4, 2, 5, 9, 6]), first ? [2, 3] : [3, 2])
    let loading = try Loading(destination, views.finish(), .lenient)
    let conflict = try #require(loading.plan.issues.first?.conflict)
    // [1, 2, 3, 4, 5, 6] seen from the other side is [1, 4, 2, 5, 3, 6] or [1, 3, 5, 2, 4, 6].
    let wanted: [Float] = first ? [1, 3, 5, 2, 4, 6] : [1, 4, 2, 5, 3, 6]
    #expect(try loading.result("b") == wanted)
    #expect(conflict.element == (first ? 1 : 4))
    #expect(conflict.loaded == "3.0")
  }

  @Test(arguments: [false, true])
  func sliceOfALoadedArray(_ sliceFirst: Bool) throws {
    func model(_ base: [Float], _ slice: [Float]?) throws -> MemorySource {
      var views = Views()
      let shared = views.storage(base)
      func addSlice(_ name: Name) throws {
        if let slice {
          try views.add(name, views.storage(slice), [2])
        } else {
          try views.add(name, shared, [2], .strided(offset: 1, strides: [2]))
        }
      }
      if sliceFirst { try addSlice("a") }
      try views.add(sliceFirst ? "b" : "a", shared, [4])
      if !sliceFirst { try addSlice("b") }
      return views.finish()
    }
    let destination = try model([0, 0, 0, 0], nil)
    let fits = try Loading(destination, model([1, 2, 3, 4], [2, 4]))
    #expect(fits.plan.issueCount == 0)
    #expect(try fits.result(sliceFirst ? "b" : "a") == [1, 2, 3, 4])
    #expect(try fits.result(sliceFirst ? "a" : "b") == [2, 4])
    let differs = try Loading(destination, model([1, 2, 3, 4], [2, 5]), .lenient)
    let conflict = try #require(differs.plan.issues.first?.conflict)
    #expect(conflict.element == (sliceFirst ? 3 : 1))
    if sliceFirst {
      // The slice stands; the rest of the base keeps what the destination had.
      #expect(try differs.result("a") == [2, 5])
      #expect(try differs.result("b") == [0, 2, 0, 5])
    } else {
      #expect(try differs.result("a") == [1, 2, 3, 4])
      #expect(try differs.result("b") == [2, 4])
    }
  }

  /// `a` and `b` are six elements each of a storage of eight and share four.
  static func overlapping(_ storage: [Float]) throws -> MemorySource {
    var views = Views()
    let shared = views.storage(storage)
    try views.add("a", shared, [6], .strided(offset: 0, strides: [1]))
    try views.add("b", shared, [6], .strided(offset: 2, strides: [1]))
    return views.finish()
  }

  static func flat(_ a: [Float]?, _ b: [Float]?) throws -> MemorySource {
    var views = Views()
    if let a { try views.add("a", views.storage(a), [a.count]) }
    if let b { try views.add("b", views.storage(b), [b.count]) }
    return views.finish()
  }

  @Test func partlyOverlappingArraysThatAgreeAreBothLoaded() throws {
    let loading = try Loading(
      Self.overlapping([0, 0, 0, 0, 0, 0, 0, 0]),
      Self.flat([1, 2, 3, 4, 5, 6], [3, 4, 5, 6, 7, 8]))
    #expect(try loading.verdict("a") == .load && loading.verdict("b") == .load)
    #expect(try loading.result("b") == [3, 4, 5, 6, 7, 8])
  }

  @Test func partlyOverlappingArraysThatDisagreeAreAnIssue() throws {
    let destination = try Self.overlapping([10, 11, 12, 13, 14, 15, 16, 17])
    let source = try Self.flat([1, 2, 3, 4, 5, 6], [3, 4, 9, 6, 7, 8])
    let loading = try Loading(destination, source, .lenient)
    #expect(try loading.verdict("b") == .tiedSourcesDiffer)
    let conflict = try #require(loading.plan.issues.first?.conflict)
    #expect(conflict.element == 2 && conflict.loaded == "5.0" && conflict.other == "9.0")
    // What `a` covers is loaded, the rest is the destination's.
    #expect(try loading.result("a") == [1, 2, 3, 4, 5, 6])
    #expect(try loading.result("b") == [3, 4, 5, 6, 16, 17])
    #expect(try loading.outcome("b") == .tied)
    #expect(throws: LoadRefused.self) {
      try LoadedSource(
        Loading(destination, source).plan, destination: destination, source: source)
    }
  }

  @Test func missingIsFineOnlyWhereEverythingIsLoadedElsewhere() throws {
    let destination = try Self.overlapping([10, 11, 12, 13, 14, 15, 16, 17])
    let loading = try Loading(destination, Self.flat([1, 2, 3, 4, 5, 6], nil), .lenient)
    #expect(try loading.verdict("b") == .missing)
    #expect(try loading.result("b") == [3, 4, 5, 6, 16, 17])
    #expect(loading.plan.coverage.tensorsLoaded == 1)

    // Two halves cover the whole.
    var views = Views()
    let shared = views.storage([0, 0, 0, 0])
    try views.add("whole", shared, [2, 2])
    try views.add("x", shared, [2], .strided(offset: 0, strides: [1]))
    try views.add("y", shared, [2], .strided(offset: 2, strides: [1]))
    var halves = Views()
    try halves.add("x", halves.storage([1, 2]), [2])
    try halves.add("y", halves.storage([3, 4]), [2])
    let covered = try Loading(views.finish(), halves.finish())
    #expect(try covered.verdict("whole") == .tied)
    #expect(try covered.result("whole") == [1, 2, 3, 4])
  }

  @Test func columnsOfOneMatrixDoNotTouchEachOther() throws {
    var views = Views()
    let shared = views.storage([0, 0, 0, 0])
    try views.add("whole", shared, [2, 2])
    try views.add("x", shared, [2], .strided(offset: 0, strides: [2]))
    try views.add("y", shared, [2], .strided(offset: 1, strides: [2]))
    var columns = Views()
    try columns.add("whole", columns.storage([1]), [1])
    try columns.add("x", columns.storage([1, 3]), [2])
    try columns.add("y", .nothing)
    let loading = try Loading(views.finish(), columns.finish(), .lenient)
    #expect(try loading.verdict("x") == .load)
    #expect(try loading.verdict("y") == .nothingInSource && loading.outcome("y") == .kept)
    #expect(try loading.result("y") == [0, 0])
    #expect(try loading.result("whole") == [1, 0, 3, 0])
  }

  /// Two views of one source storage need not be the two views that the destination has.
  @Test func oneSourceStorageSeenOtherwiseIsStillCompared() throws {
    let destination = try Self.model([0, 0, 0, 0, 0, 0], tied: true, transposeFirst: false)
    var views = Views()
    let shared = views.storage([1, 2, 3, 4, 5, 6, 1, 4, 2, 5, 3, 6])
    try views.add("a", shared, [2, 3], .strided(offset: 0, strides: [3, 1]))
    try views.add("b", shared, [3, 2], .strided(offset: 6, strides: [2, 1]))
    #expect(try Loading(destination, views.finish()).verdict("b") == .tied)
    var other = Views()
    let second = other.storage([1, 2, 3, 4, 5, 6])
    try other.add("a", second, [2, 3])
    try other.add("b", second, [3, 2])
    let loading = try Loading(destination, other.finish())
    #expect(try loading.verdict("b") == .tiedSourcesDiffer)
    #expect(loading.plan.issues.first?.conflict?.element == 1)
  }

  /// Layouts against each other by brute force: what rebasing says holds for every element.
  @Test func rebasingAgreesWithPlaces() throws {
    let layouts: [(Shape, Layout)] = [
      ([4, 6], .row), ([6, 4], .strided(offset: 0, strides: [1, 6])),
      ([4, 6], .contiguous(.column)), ([24], .row),
      ([2, 3], .strided(offset: 7, strides: [6, 1])),
      ([3, 2], .strided(offset: 7, strides: [1, 6])), ([2, 2, 6], .row),
      ([6], .strided(offset: 3, strides: [4])),
      ([2, 1, 3], .strided(offset: 1, strides: [6, 99, 2])),
      ([5], .strided(offset: 20, strides: [-3])), ([2], .strided(offset: 23, strides: [-23])),
    ]
    var views = Views()
    let shared = views.storage((0..<24).map { Float($0) })
    for (index, (shape, layout)) in layouts.enumerated() {
      try views.add(Name("v\(index)"), shared, shape, layout)
    }
    let source = views.finish()
    let leaves = Array(source.tree.leafIDs)
    var found = 0
    for a in leaves {
      for b in leaves {
        let (x, y) = (TieView(source.tree, a), TieView(source.tree, b))
        let mine = Set(load(try source.bytes(of: a), as: Float.self))
        let others = Set(load(try source.bytes(of: b), as: Float.self))
        #expect(x.sharesElements(with: y) == !mine.isDisjoint(with: others), "\(a) \(b)")
        #expect(x.lies(in: y) == mine.isSubset(of: others), "\(a) \(b)")
        guard let layout = x.rebased(onto: y) else { continue }
        found += 1
        var reader = try #require(strided(x, layout) { try source.reader(for: b) })
        var bytes = [UInt8](repeating: 0, count: x.count * 4)
        let count = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
        #expect(try bytes == source.bytes(of: a) && count == bytes.count, "\(a) \(b)")
      }
    }
    #expect(found > 40)
  }
}
