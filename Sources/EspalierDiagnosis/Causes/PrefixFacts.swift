/// What was cut off in front of the names in use, on either side, counted once for all causes.
struct PrefixFacts {
  /// How many source names carry each prefix; the commonest first, of equally many the shorter.
  private(set) var counts: [(path: [Int], count: Int)] = []
  /// Pairs whose names are equal after the cuts; numbers that moved are a finding of their own.
  private(set) var equalPairs = 0
  /// The prefix most source names carry, where names line up without it or a wrapper put it there.
  private(set) var added: [Int]?
  /// The prefixes that source names lack, and before how many names of the destination.
  private(set) var missing: [(path: [Int], count: Int)] = []
  /// Missing prefixes explain at least half of the pairs; otherwise they belong to a rename.
  private(set) var explain = false

  init() {}

  init(_ facts: Facts) {
    var swapped = NumberSet()
    var stripped = 0
    missing = facts.findings.missingPrefixes.map { ($0, 0) }
    for pair in facts.pairs {
      if facts.isSwapped(pair) {
        swapped.insert(pair.s)
        continue
      }
      if Self.isEqual(pair, facts) { equalPairs += 1 }
      guard pair.stripped else { continue }
      stripped += 1
      let path = facts.matcher.destination[pair.d].path
      for at in missing.indices where path.starts(with: missing[at].path) { missing[at].count += 1 }
    }
    let hasWrapper = missing.contains { facts.isWrapper($0.path) }
    explain = stripped > 0 && (stripped * 2 >= facts.pairs.count || hasWrapper)
    missing.removeAll { $0.count == 0 }
    counts = Self.counts(facts, without: swapped)
    added = findAdded(facts)
  }

  private static func counts(
    _ facts: Facts, without swapped: NumberSet
  ) -> [(path: [Int], count: Int)] {
    var places: [[Int]: Int] = [:]
    var counts: [(path: [Int], count: Int)] = []
    for s in facts.matcher.used.indices where facts.matcher.used[s] && !swapped.contains(s) {
      let prefix = facts.matcher.source[s].cut.prefix
      guard !prefix.isEmpty else { continue }
      if let place = places[prefix] {
        counts[place].count += 1
      } else {
        places[prefix] = counts.count
        counts.append((prefix, 1))
      }
    }
    return counts.enumerated().sorted {
      ($1.element.count, $0.element.path.count, $0.offset)
        < ($0.element.count, $1.element.path.count, $1.offset)
    }.map(\.element)
  }

  private static func isEqual(_ pair: Facts.Pair, _ facts: Facts) -> Bool {
    if pair.destination == pair.source { return true }
    func plain(_ path: [Int]) -> some Sequence<Int> {
      path.lazy.filter { facts.names.number($0) == nil }
    }
    return plain(pair.destination).elementsEqual(plain(pair.source))
  }

  private func findAdded(_ facts: Facts) -> [Int]? {
    guard let path = counts.first?.path else { return nil }
    if facts.isWrapper(path) { return path }
    let carried = facts.pairs.count { !facts.matcher.source[$0.s].cut.prefix.isEmpty }
    let isCommon = carried * 2 >= facts.pairs.count
    return isCommon && equalPairs * 2 >= facts.pairs.count ? path : nil
  }
}

extension Facts {
  /// All of it is what wrappers put before names.
  func isWrapper(_ path: [Int]) -> Bool {
    path.allSatisfy { Vocabulary.wrappers.contains(names.text($0)) }
  }

  /// One prefix cut and another one added: what was in front has another name, no more.
  func isSwapped(_ pair: Pair) -> Bool {
    pair.stripped && !isWrapper(matcher.source[pair.s].cut.prefix)
  }
}
