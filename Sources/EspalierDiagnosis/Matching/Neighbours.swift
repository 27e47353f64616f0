/// Which candidates stand in a pair of directories.
struct Neighbours {
  private var entries: [(pair: UInt64, candidate: Int)] = []

  /// - Parameter pairs: the directories of each candidate.
  init(_ pairs: some Collection<[DirectoryPairs.Pair]>) {
    entries.reserveCapacity(pairs.count)
    for (candidate, own) in pairs.enumerated() {
      for pair in own { entries.append((pair.code, candidate)) }
    }
    entries.sort { ($0.pair, $0.candidate) < ($1.pair, $1.candidate) }
  }

  func of(_ pair: DirectoryPairs.Pair) -> some Sequence<Int> {
    let code = pair.code
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].pair < code { low = middle + 1 } else { high = middle }
    }
    return entries[low...].lazy.prefix { $0.pair == code }.map(\.candidate)
  }
}
