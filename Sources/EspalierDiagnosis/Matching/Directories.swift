/// Pairs of directories, so that what lies beside a link is looked for beside its source.
struct DirectoryPairs {
  /// A destination directory and a source directory, by number. Of a directory that was never seen
  /// (-1) all pairs are unlike those that were.
  typealias Pair = NumberPair

  private var destinations = PrefixTable()
  private var sources = PrefixTable()
  private var near: Set<Pair> = []
  private var known = NumberSet()

  /// - Returns: The pairs that were not known before.
  @discardableResult
  mutating func add(_ destination: [Int], _ source: [Int]) -> [Pair] {
    guard destination.count > 1, source.count > 1 else { return [] }
    let one = destinations.prefixes(of: destination, length: destination.count - 1)
    let two = sources.prefixes(of: source, length: source.count - 1)
    var new: [Pair] = []
    for up in 1...min(3, destination.count - 1) {
      for across in 1...min(3, source.count - 1) where up == across || up + across <= 4 {
        let pair = Pair(one[one.count - up], two[two.count - across])
        if near.insert(pair).inserted { new.append(pair) }
      }
    }
    known.insert(one[one.count - 1])
    return new
  }

  /// Where a leaf stands in the destination; its directories get numbers if they have none.
  mutating func place(destination path: [Int]) -> Place {
    Place(
      destinations.prefixes(of: path, length: max(0, path.count - 1)), count: path.count)
  }

  /// Where a leaf stands in the source; its directories get numbers if they have none.
  mutating func place(source path: [Int]) -> Place {
    Place(sources.prefixes(of: path, length: max(0, path.count - 1)), count: path.count)
  }

  /// From 0 (nothing known) to 1 (siblings are linked).
  func closeness(_ destination: [Int], _ source: [Int]) -> Double {
    closeness(
      Place(
        destinations.known(of: destination, length: max(0, destination.count - 1)),
        count: destination.count),
      Place(sources.known(of: source, length: max(0, source.count - 1)), count: source.count))
  }

  /// From 0 (nothing known) to 1 (siblings are linked).
  func closeness(_ destination: Place, _ source: Place) -> Double {
    guard destination.count > 1, source.count > 1 else {
      return destination.count == source.count ? 0.1 : 0
    }
    if isNear(destination.parent, source.parent) { return 1 }
    let isKnown = known.contains(destination.parent) ? -0.25 : 0
    guard destination.count > 2, source.count > 2 else { return isKnown }
    if isNear(destination.above, source.above) { return 0.5 + isKnown }
    if isNear(destination.parent, source.above) || isNear(destination.above, source.parent) {
      return 0.35 + isKnown
    }
    return isKnown
  }

  private func isNear(_ destination: Int, _ source: Int) -> Bool {
    near.contains(Pair(destination, source))
  }
}

/// Where a leaf stands: the directory that holds it and the one above.
struct Place {
  /// -1 where the directory was never seen.
  var parent: Int
  var above: Int
  /// Components of the leaf's path.
  var count: Int

  /// - Parameter chain: the directories above the leaf, outermost first.
  fileprivate init(_ chain: [Int], count: Int) {
    parent = chain.count == count ? chain[chain.count - 1] : -1
    above = count > 1 && chain.count >= count - 1 ? chain[count - 2] : -1
    self.count = count
  }

  /// The pairs of directories on which the closeness of two leaves depends.
  func pairs(with source: Place) -> [DirectoryPairs.Pair] {
    guard count > 1, source.count > 1 else { return [] }
    let nearest = DirectoryPairs.Pair(parent, source.parent)
    guard count > 2, source.count > 2 else { return [nearest] }
    return [
      nearest, DirectoryPairs.Pair(above, source.above),
      DirectoryPairs.Pair(parent, source.above),
      DirectoryPairs.Pair(above, source.parent),
    ]
  }
}
