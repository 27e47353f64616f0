/// Which candidates stand in a pair of directories.
struct Neighbours {
  private var entries: [(pair: DirectoryPairs.Pair, candidate: Int)] = []

  /// - Parameter pairs: the directories of each candidate.
  init(_ pairs: some Collection<[DirectoryPairs.Pair]>) {
    entries.reserveCapacity(pairs.count)
    for (candidate, own) in pairs.enumerated() {
      for pair in own { entries.append((pair, candidate)) }
    }
    entries.sort { ($0.pair, $0.candidate) < ($1.pair, $1.candidate) }
  }

  func of(_ pair: DirectoryPairs.Pair) -> some Sequence<Int> {
    let first = entries.end { $0.pair < pair }
    return entries[first...].lazy.prefix { $0.pair == pair }.map(\.candidate)
  }
}
