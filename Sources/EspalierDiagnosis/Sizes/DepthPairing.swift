import EspalierTree

/// Lists of blocks of both models, those in one row that the links join.
struct DepthPairing {
  private(set) var destination: [HyperParameters.Depth] = []
  private(set) var source: [HyperParameters.Depth] = []
  private(set) var rows: [SizeRow] = []

  /// A table with more lists than these tells nobody anything.
  private static let most = 6
  /// So many stages are counted block by block.
  private static let few = 4
  /// So many where their numbers of blocks differ; more are blocks themselves, and theirs a detail.
  private static let some = 8

  init(_ findings: Findings) {
    let one = BlockDepths(findings.matcher.destination, findings.names)
    let two = BlockDepths(findings.matcher.source, findings.names)
    let partners = Self.partners(one, two, findings)
    var pairs = one.lists.indices.filter { one.lists[$0].isList }
      .map { (destination: Int?.some($0), source: partners[$0]) }
    let taken = Set(partners.values)
    pairs += two.lists.indices.filter { two.lists[$0].isList && !taken.contains($0) }
      .map { (destination: nil, source: $0) }
    let shown = pairs.filter { pair in
      let sides = [pair.destination.map { one.lists[$0] }, pair.source.map { two.lists[$0] }]
        .compactMap(\.self)
      let most = sides.map(\.stages.count).max() ?? 0
      return most <= Self.few
        || most <= Self.some
          && (sides.contains(where: \.isVaried) || Set(sides.map(\.counts)).count > 1)
    }
    // Stages that are counted block by block need not be counted themselves.
    let outer = Set(shown.compactMap { $0.destination.flatMap { Self.stages(of: $0, one) } })
    let outerSource = Set(shown.compactMap { $0.source.flatMap { Self.stages(of: $0, two) } })
    let kept = shown.filter { pair in
      pair.destination.map { !outer.contains($0) } ?? true
        && pair.source.map { !outerSource.contains($0) } ?? true
    }
    .sorted { Self.leaves($0, one, two) > Self.leaves($1, one, two) }
    for pair in kept.prefix(Self.most) {
      let left = pair.destination.map { Self.depth(one.lists[$0]) }
      let right = pair.source.map { Self.depth(two.lists[$0]) }
      if let left { destination.append(left) }
      if let right { source.append(right) }
      rows.append(Self.row(left, right))
    }
  }

  private static func depth(_ list: BlockDepths.List) -> HyperParameters.Depth {
    HyperParameters.Depth(path: list.path, counts: list.counts)
  }

  private static func row(
    _ left: HyperParameters.Depth?, _ right: HyperParameters.Depth?
  ) -> SizeRow {
    var name = left?.path ?? right?.path ?? ""
    if let left, let right, left.path != right.path { name += " (source: \(right.path))" }
    return SizeRow(
      name: "depth of \(visibleText(name.utf8))", destination: left?.text, source: right?.text)
  }

  private static func leaves(
    _ pair: (destination: Int?, source: Int?), _ one: BlockDepths, _ two: BlockDepths
  ) -> Int {
    max(
      pair.destination.map { one.lists[$0].leaves } ?? 0,
      pair.source.map { two.lists[$0].leaves } ?? 0)
  }

  /// The list that a list of several stages counts as well.
  private static func stages(of list: Int, _ depths: BlockDepths) -> Int? {
    guard depths.lists[list].stages.count > 1, let outer = depths.lists[list].outer,
      depths.lists[outer].blockCount == depths.lists[list].stages.count
    else { return nil }
    return outer
  }

  // MARK: Partners

  private struct Pair: Hashable {
    var one: Int
    var two: Int
  }

  /// Leaves that two lists share, and the pairs of blocks that hold them.
  private struct Votes {
    var count = 0
    var blocks: Set<Pair> = []
    private var last: Pair?

    mutating func add(_ pair: Pair) {
      count += 1
      // Leaves of a block follow each other.
      guard pair != last else { return }
      last = pair
      blocks.insert(pair)
    }
  }

  /// For each list of the destination the one of the source whose blocks are its blocks, one to one.
  private static func partners(
    _ one: BlockDepths, _ two: BlockDepths, _ findings: Findings
  ) -> [Int: Int] {
    let left = one.lists.map(\.isList)
    let right = two.lists.map(\.isList)
    var votes: [Pair: Votes] = [:]
    for d in findings.matcher.destination.indices {
      guard let s = findings.matcher.links[d]?.sources.first else { continue }
      for ours in one.places[d] where left[ours.list] {
        for theirs in two.places[s] where right[theirs.list] {
          votes[Pair(one: ours.list, two: theirs.list), default: Votes()]
            .add(Pair(one: ours.block, two: theirs.block))
        }
      }
    }
    func share(_ pair: Pair, _ votes: Votes) -> Double {
      let joined = votes.blocks
      let ones = Set(joined.map(\.one)).count
      let twos = Set(joined.map(\.two)).count
      let leaves = one.lists[pair.one].leaves + two.lists[pair.two].leaves
      return Double(2 * votes.count) / Double(leaves)
        * Double(ones + twos) / Double(2 * joined.count)
    }
    let ranked = votes.map { (pair: $0, share: share($0, $1)) }
      .sorted { ($1.share, $0.pair.one, $0.pair.two) < ($0.share, $1.pair.one, $1.pair.two) }
    var partners: [Int: Int] = [:]
    var taken: Set<Int> = []
    for (pair, _) in ranked where partners[pair.one] == nil && taken.insert(pair.two).inserted {
      partners[pair.one] = pair.two
    }
    return partners
  }
}
