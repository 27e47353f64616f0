import EspalierTree

extension LoadPlan {
  /// Decides every row of an alignment.
  ///
  /// - Parameters:
  ///   - destination, source: where values are read from when a rule asks for them: `false`
  ///     opposite an array, and tied arrays whose sources are not one array. Without them such
  ///     rows are ``Verdict/undecided``.
  ///   - progress: bytes read of the bytes that the rules ask for.
  /// - Throws: ``Cancelled``, and what reading throws.
  public init(
    _ alignment: Alignment, mode: LoadMode = .strict, options: LoadOptions = LoadOptions(),
    matching: Matching = .byPath, destination: (any TensorSource)? = nil,
    source: (any TensorSource)? = nil, progress: ProgressMonitor = .none
  ) throws {
    var planner = Planner(alignment, options: options, matching: matching, source: source)
    try planner.decideRows(progress)
    var work = ReadWork(total: planner.bytesToRead, progress: progress)
    try planner.checkZeros(&work)
    try planner.decideTies(&work)
    planner.collect()
    self.alignment = alignment
    self.options = options
    self.mode = mode
    self.matching = matching
    coverage = planner.coverage
    notes = planner.notes.sorted { ($0.row, $0.kind.rawValue) < ($1.row, $1.kind.rawValue) }
    verdicts = planner.verdicts
    issueRows = planner.issueRows
    ties = planner.ties
  }
}

/// The planning of one load.
struct Planner {
  let alignment: Alignment
  let destination: Tree
  let source: Tree
  let options: LoadOptions
  let matching: LoadPlan.Matching
  let values: (any TensorSource)?

  var verdicts: ContiguousArray<Verdict>
  var issueRows = ContiguousArray<Int32>()
  var notes: [LoadNote] = []
  var ties = TiePlan()
  var coverage = LoadPlan.Coverage()
  /// Rows where `false` meets an array whose values have to be looked at.
  private var zeroChecks: [Int] = []
  private var shapes: ShapePairs
  private let sourceIsArrays: Bool

  init(
    _ alignment: Alignment, options: LoadOptions, matching: LoadPlan.Matching,
    source: (any TensorSource)?
  ) {
    self.alignment = alignment
    destination = alignment.destination
    self.source = alignment.source
    self.options = options
    self.matching = matching
    values = source
    verdicts = ContiguousArray(repeating: .branch, count: alignment.count)
    shapes = ShapePairs(alignment.destination, alignment.source)
    sourceIsArrays = alignment.sourceIsArrays
  }

  // MARK: Row by row

  mutating func decideRows(_ progress: ProgressMonitor) throws {
    if matching == .byPosition { notes.append(LoadNote(.namesNotChecked, row: 0)) }
    let first = matching == .byPosition ? 1 : 0
    for row in first..<alignment.count {
      verdicts[row] = decide(row)
      if row & 0xFFFF == 0 { try progress.check(0, of: 0) }
    }
    if matching == .byPath { noteOrders() }
  }

  private mutating func decide(_ row: Int) -> Verdict {
    let left = alignment.destinationNode(row)
    let right = alignment.sourceNode(row)
    let a = left.flatMap { destination.leaf(at: $0) }
    let b = right.flatMap { source.leaf(at: $0) }
    if let a, let b, destination.kind(of: a) == .array, source.kind(of: b) == .array {
      return decideArrays(a, b)  // nearly every row of a real model
    }
    var x = side(destination, left, a)
    var y = side(source, right, b)
    // A node may be a leaf and a branch at once (`conv` and `conv.weight` in one file): where
    // the other side has only the branch, the leaf stands alone.
    if y == .branch, let left, a != nil, destination.hasChildren(left) { y = .absent }
    if x == .branch, let right, b != nil, source.hasChildren(right) { x = .absent }
    switch leafRule(destination: x, source: y, sourceIsArrays: sourceIsArrays) {
    case .decided(.nothingInSource) where options.nothingKeeps: return .kept
    case .decided(.zeroFill):
      guard let a, destination.dtype(of: a).holdsZero else { return .dtype }
      return .zeroFill
    case .decided(let verdict): return verdict
    case .arrays:
      guard let a, let b else { return .structure }
      return decideArrays(a, b)
    case .zeroOrLost:
      zeroChecks.append(row)
      return .undecided
    }
  }

  @inline(__always)
  private mutating func decideArrays(_ a: LeafID, _ b: LeafID) -> Verdict {
    guard shapes.match(a, b) else { return .shape }
    let from = source.dtype(of: b)
    let to = destination.dtype(of: a)
    if from != to, !Conversion.exists(from: from, to: to) { return .dtype }
    if let values, !values.hasValues(b) {
      // Lists of text of any length can be described but not read; they are labels, no weights.
      return from == .string && to == .string ? .untouched : .noValues
    }
    return from == to ? .load : .convert
  }

  private func side(_ tree: Tree, _ node: NodeID?, _ leaf: LeafID?) -> Side {
    guard let node else { return .absent }
    guard let leaf else { return tree.hasChildren(node) ? .branch : .empty }
    switch tree.kind(of: leaf) {
    case .array: return .array
    case .bool: return tree.value(leaf) == .bool(true) ? .yes : .no
    case .nothing: return .nothing
    case .number, .text, .opaque: return .value
    }
  }

  /// Notes the branches whose children stand in another order.
  private mutating func noteOrders() {
    if destination.isNaturallyOrdered && source.isNaturallyOrdered { return }
    // An order that means nothing is no other order.
    if destination.isSorted || source.isSorted { return }
    // For each branch the last of its children's source nodes, and whether it has been noted.
    var last = ContiguousArray<Int32>(repeating: -1, count: alignment.count)
    let noted = Int32.max
    for row in 1..<max(1, alignment.count) {
      guard let node = alignment.sourceNode(row), alignment.destinationNode(row) != nil,
        let parent = alignment.parent(of: row), last[parent] != noted
      else { continue }
      if node.raw < last[parent] {
        notes.append(LoadNote(.orderDiffers, row: parent))
        last[parent] = noted
      } else {
        last[parent] = node.raw
      }
    }
  }

  // MARK: Values

  /// About how many bytes the rules ask for.
  var bytesToRead: Int {
    guard values != nil else { return 0 }
    let zeros = zeroChecks.compactMap { alignment.sourceLeaf($0) }
    let later = destination.tiedGroups.flatMap { $0.leaves.dropFirst() }
    return zeros.reduce(0) { $0 &+ source.byteCount(of: $1) }
      &+ later.reduce(0) { $0 &+ destination.byteCount(of: $1) }
  }

  /// Looks at the arrays that `false` stands opposite to.
  mutating func checkZeros(_ work: inout ReadWork) throws {
    guard let values else { return }
    for row in zeroChecks {
      guard let leaf = alignment.sourceLeaf(row), values.hasValues(leaf) else { continue }
      let isZero = try isAllZero(values, leaf) { try work.did($0) }
      verdicts[row] =
        isZero ? .inactive : options.ignoreInactive ? .inactiveIgnored : .wouldBeLost
    }
  }

  // MARK: The whole

  /// Gathers issues, notes and coverage from the verdicts.
  mutating func collect() {
    for row in 0..<verdicts.count {
      let verdict = verdicts[row]
      if verdict.isIssue { issueRows.append(Int32(truncatingIfNeeded: row)) }
      switch verdict {
      case .convert:
        if conversionLoses(row) { notes.append(LoadNote(.conversionLoses, row: row)) }
      case .inactiveIgnored: notes.append(LoadNote(.inactiveIgnored, row: row))
      case .kept: notes.append(LoadNote(.nothingKeeps, row: row))
      case .undecided: notes.append(LoadNote(.notChecked, row: row))
      default: break
      }
    }
    countCoverage()
  }

  private func conversionLoses(_ row: Int) -> Bool {
    guard let a = alignment.destinationLeaf(row), let b = alignment.sourceLeaf(row) else {
      return false
    }
    return Conversion.mayLose(from: source.dtype(of: b), to: destination.dtype(of: a))
  }

  private mutating func countCoverage() {
    let elements = shapes.destinationCounts
    for row in 0..<verdicts.count {
      guard let leaf = alignment.destinationLeaf(row), destination.kind(of: leaf) == .array else {
        continue
      }
      let isLoaded: Bool
      switch verdicts[row] {
      case .load, .convert, .zeroFill, .tied: isLoaded = true
      case .untouched: continue
      default: isLoaded = ties.followers[leaf]?.isWhole ?? false
      }
      // A later path of a storage adds no parameters.
      let count = ties.repeats.contains(leaf) ? 0 : elements[destination.shapeNumber(of: leaf)]
      coverage.tensors += 1
      coverage.parameters &+= count
      if isLoaded {
        coverage.tensorsLoaded += 1
        coverage.parametersLoaded &+= count
      }
    }
  }
}

extension Alignment {
  /// Whether the source has arrays and nothing else.
  fileprivate var sourceIsArrays: Bool {
    var hasArrays = false
    for row in 0..<count {
      guard let leaf = sourceLeaf(row) else { continue }
      guard source.kind(of: leaf) == .array else { return false }
      hasArrays = true
    }
    return hasArrays
  }
}

/// Compares shapes of two trees by number.
struct ShapePairs {
  private let destination: Tree
  private let source: Tree
  /// For each shape of the source the destination's number of it, or -1.
  private let translated: ContiguousArray<Int32>
  let destinationCounts: ContiguousArray<Int>

  init(_ destination: Tree, _ source: Tree) {
    self.destination = destination
    self.source = source
    var numbers: [Shape: Int32] = [:]
    var counts = ContiguousArray<Int>()
    for number in 0..<destination.shapeCount {
      let shape = destination.shape(number: number)
      counts.append(shape.elementCount ?? 0)
      numbers[shape] = Int32(truncatingIfNeeded: number)
    }
    destinationCounts = counts
    translated = ContiguousArray(
      (0..<source.shapeCount).map { numbers[source.shape(number: $0)] ?? -1 })
  }

  @inline(__always) func match(_ a: LeafID, _ b: LeafID) -> Bool {
    Int(translated[source.shapeNumber(of: b)]) == destination.shapeNumber(of: a)
  }
}
