/// Finds a set that holds most of some numbers, without trying all sets.
struct SetIndex {
  private var sets: Set<Set<Int>> = []
  private var list: [Set<Int>] = []
  /// The sets that hold a number.
  private var holders: [Int: [Int]] = [:]

  mutating func insert(_ set: Set<Int>) {
    guard sets.insert(set).inserted else { return }
    for number in set { holders[number, default: []].append(list.count) }
    list.append(set)
  }

  /// Does one set hold so many of the numbers? A number that stands twice counts twice.
  func holds(_ needed: Int, of numbers: [Int]) -> Bool {
    guard needed > 0 else { return !list.isEmpty }
    guard needed <= numbers.count else { return false }
    // Whoever holds so many holds one of these; the rarest have the fewest holders.
    let rarest = numbers.sorted { holderCount($0) < holderCount($1) }
      .prefix(numbers.count - needed + 1)
    var tried: Set<Int> = []
    for number in rarest {
      for at in holders[number] ?? [] where tried.insert(at).inserted {
        if numbers.count(where: { list[at].contains($0) }) >= needed { return true }
      }
    }
    return false
  }

  private func holderCount(_ number: Int) -> Int { holders[number]?.count ?? 0 }
}
