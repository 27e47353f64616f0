/// Paths that are asked for with a part of a path as it stands, without a copy.
struct PathSet {
  private var paths: Set<ArraySlice<Int>> = []
  /// What paths begin with: most questions end there.
  private var heads = NumberSet()

  mutating func insert(_ path: ArraySlice<Int>) {
    paths.insert(path)
    if let head = path.first, head >= 0 { heads.insert(head) }
  }

  func contains(_ path: ArraySlice<Int>) -> Bool {
    guard let head = path.first else { return paths.contains(path) }
    return (head < 0 || heads.contains(head)) && paths.contains(path)
  }
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
