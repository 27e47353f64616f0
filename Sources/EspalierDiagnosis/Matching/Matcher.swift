/// What one destination slot takes.
struct SlotLink {
  /// Source slots, in order.
  var sources: [Int]
  /// How several sources join, and what is done to each before; empty for one to one.
  var join: Join?
  /// How the link was found.
  var evidence: Evidence

  enum Evidence: Int { case name, order, structure, tie }

  /// The slots are rows (or columns) of one another.
  enum Join: Hashable {
    /// Part `index` of a fused source; rows `start ..< stop` of `rows`.
    case part(index: Int, of: Int, start: Int, stop: Int, rows: Int, interleaved: Bool)
    /// All sources, one below the other.
    case concat(interleaved: Bool)
    /// Convolution (or its bias) with the batch norm behind it.
    case foldedNorm
    /// The magnitude and direction are joined from two plain slots.
    case resized([Step])
  }
}

/// State of the search: slots of both sides, what is linked so far and what fits what.
struct Matcher {
  let names: NameTable
  let destination: [Slot]
  let source: [Slot]
  /// Destination paths without a prefix that the source lacks.
  let shortPaths: [[Int]]
  var links: SlotLinks
  var used: [Bool]
  /// Same name, other size.
  var misfits: [Int: Int] = [:]
  /// Most of the destination is found by equal names.
  var namesLineUp = false
  /// Meanings of words, shared so that each is looked up once.
  let scorer: NameScorer
  /// Numbers of the layouts of all slots, and their words and numbers.
  let destinationLayouts: [Int]
  let sourceLayouts: [Int]
  let destinationTokens: [[Int]]
  let sourceTokens: [[Int]]
  /// Directories known to correspond.
  var directories = DirectoryPairs()
  /// The two sides keep matrices the other way round.
  let swapsExpected: Bool?
  /// Matrices have their outputs first, where anything says so.
  let outputFirst: (destination: Bool?, source: Bool?)
  /// Place of each slot in the order in which its model was made.
  let destinationOrder: [Int]
  let sourceOrder: [Int]
  /// Equal shapes have equal numbers.
  private let destinationShapes: [Int]
  private let sourceShapes: [Int]
  /// Whether two shapes that differ fit.
  private var fitCache: [NumberPair: Bool] = [:]

  init(
    names: NameTable, destination: [Slot], source: [Slot], shortPaths: [[Int]], columnMajor: Bool
  ) {
    self.names = names
    scorer = NameScorer(names)
    self.destination = destination
    self.source = source
    self.shortPaths = shortPaths
    links = SlotLinks(slots: destination.count)
    used = [Bool](repeating: false, count: source.count)
    var layouts = LayoutNumbers(room: destination.count)
    let one = destination.map { layouts($0.shape) }
    let two = source.map { layouts($0.shape) }
    (destinationLayouts, destinationShapes) = (one.map(\.layout), one.map(\.shape))
    (sourceLayouts, sourceShapes) = (two.map(\.layout), two.map(\.shape))
    destinationTokens = destination.map { names.tokens(of: $0.path) }
    sourceTokens = source.map { names.tokens(of: $0.path) }
    destinationOrder = ReadingOrder.places(destination, names)
    sourceOrder = ReadingOrder.places(source, names)
    let ours = Orientation.outputFirst(destination, names)
    let theirs = Orientation.outputFirst(source, names)
    outputFirst = (ours, theirs)
    // Where one side has kernels (in, out) and the other says nothing, the other has weights (out, in).
    let isOneSided = (ours ?? theirs) == false || columnMajor
    swapsExpected =
      ours.flatMap { first in theirs.map { second in first != second } }
      ?? (isOneSided ? true : nil)
  }

  /// Could the source's shape be laid out as the destination's?
  mutating func fits(_ d: Int, _ s: Int) -> Bool {
    if source[s].shapeIsFree {
      return destination[d].elements == source[s].elements && destination[d].shape.count >= 2
    }
    if destinationShapes[d] == sourceShapes[s] { return true }
    let key = NumberPair(destinationShapes[d], sourceShapes[s])
    if let known = fitCache[key] { return known }
    let style = AxisStyle()
    let pair = AxisStyle.LeafPair(source: 0, destination: 0)
    let answer =
      style.steps(
        source: source[s].shape, destination: destination[d].shape, leaves: pair, isTable: false)
      != nil
    fitCache[key] = answer
    return answer
  }

  /// - Returns: Pairs of directories that are now known to correspond.
  @discardableResult
  mutating func link(
    _ d: Int, _ s: Int, _ evidence: SlotLink.Evidence, teaches: Bool = true
  ) -> [DirectoryPairs.Pair] {
    links[d] = SlotLink(sources: [s], join: nil, evidence: evidence)
    used[s] = true
    guard teaches else { return [] }
    return directories.add(destination[d].path, source[s].path)
  }

  // MARK: By name

  /// Same path on both sides. A name with another size is remembered, not linked.
  mutating func matchNames() {
    var paths = PrefixTable()
    paths.reserve(source.count)
    var byPath = NumberedValues<Int>()
    // Two towers may have the same names once a prefix is cut.
    var twins: [Int: [Int]] = [:]
    for (index, slot) in source.enumerated() {
      let path = paths.number(of: slot.path)
      if byPath[path] == nil {
        byPath[path] = index
      } else {
        twins[path, default: []].append(index)
      }
    }
    for d in destination.indices {
      var path = paths.number(of: destination[d].path)
      if byPath[path] == nil, shortPaths[d].count < destination[d].path.count {
        path = paths.number(of: shortPaths[d])
      }
      guard let first = byPath[path] else { continue }
      var s = first
      if !twins.isEmpty, !fits(d, first) { s = twins[path]?.first { fits(d, $0) } ?? first }
      if fits(d, s) {
        links[d] = SlotLink(sources: [s], join: nil, evidence: .name)
        used[s] = true
      } else {
        misfits[d] = s
      }
    }
  }

  /// What the links so far say about neighbourhoods; only a search by structure needs it.
  mutating func learnDirectories() {
    for (d, link) in links {
      for s in link.sources { directories.add(destination[d].path, source[s].path) }
    }
  }

  /// Same path but for the numbers in it, which keep their order.
  mutating func matchShiftedNumbers() {
    guard destination.indices.contains(where: { !links.contains($0) }) else { return }
    var patterns = PrefixTable()
    var families = NumberedValues<(d: [Int], s: [Int])>()
    for d in destination.indices {
      let isWhole = shortPaths[d].count == destination[d].path.count
      let tokens = isWhole ? destinationTokens[d] : names.tokens(of: shortPaths[d])
      families[patterns.number(of: pattern(tokens)), default: ([], [])].d.append(d)
    }
    for s in source.indices {
      if let family = patterns.known(pattern(sourceTokens[s])), families[family] != nil {
        families[family, default: ([], [])].s.append(s)
      }
    }
    let moved = families.all.map(\.value).filter { family in
      family.d.count == family.s.count && !family.d.allSatisfy { links.contains($0) }
    }
    for family in moved.sorted(by: { ($0.d.first ?? 0) < ($1.d.first ?? 0) }) {
      let ds = inOrder(family.d) { shortPaths[$0] }
      let ss = inOrder(family.s) { source[$0].path }
      // What a name already links must be inside the family, or the order means nothing.
      let own = Set(ds.compactMap { links[$0]?.sources }.filter { $0.count == 1 }.map { $0[0] })
      var free = true
      for (d, s) in zip(ds, ss) where !fits(d, s) || used[s] && !own.contains(s) {
        free = false
        break
      }
      guard free else { continue }
      for d in ds {
        for s in links[d]?.sources ?? [] { used[s] = false }
        links[d] = nil
      }
      for (d, s) in zip(ds, ss) {
        link(d, s, .order)
        misfits[d] = nil
      }
    }
  }

  private func pattern(_ tokens: [Int]) -> [Int] {
    tokens.map { Token.isNumber($0) ? Token.anyNumber : $0 }
  }

  /// Slots by the numbers in their paths.
  private func inOrder(_ slots: [Int], path: (Int) -> [Int]) -> [Int] {
    slots.map { (slot: $0, numbers: numbers(path($0))) }
      .sorted { $0.numbers.lexicographicallyPrecedes($1.numbers) }
      .map(\.slot)
  }

  private func numbers(_ path: [Int]) -> [Int] {
    names.tokens(of: path).filter(Token.isNumber).map(Token.value)
  }
}
