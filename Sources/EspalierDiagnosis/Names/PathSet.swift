/// Paths that are asked for with a part of a path as it stands, without a copy.
struct PathSet {
  private var paths: Set<NumberList> = []
  /// What paths begin with: most questions end there.
  private var heads = NumberSet()

  /// An empty set with room for so many paths.
  init(room: Int = 0) { paths.reserveCapacity(room) }

  init(_ paths: some Collection<[Int]>) {
    self.init(room: paths.count)
    for path in paths { insert(path[...]) }
  }

  mutating func insert(_ path: ArraySlice<Int>) {
    paths.insert(NumberList(path))
    if let head = path.first, head >= 0 { heads.insert(head) }
  }

  func contains(_ path: ArraySlice<Int>) -> Bool {
    guard let head = path.first else { return paths.contains(NumberList(path)) }
    return (head < 0 || heads.contains(head)) && paths.contains(NumberList(path))
  }

  func contains(_ path: [Int]) -> Bool { contains(path[...]) }
}

/// A set of small numbers; none is negative.
struct NumberSet {
  private var members: [Bool] = []
  private(set) var isEmpty = true

  mutating func insert(_ number: Int) {
    if number >= members.count {
      members.append(contentsOf: repeatElement(false, count: number + 1 - members.count))
    }
    members[number] = true
    isEmpty = false
  }

  func contains(_ number: Int) -> Bool { members.indices.contains(number) && members[number] }
}
