/// Numbers for the beginnings of paths: each is known by the one that it lengthens and one element
/// more.
///
/// Neighbours share most of their path, so only what differs from the path before is looked up: the
/// depth of a tree costs no more than its names do.
struct PrefixTable {
  private struct Step: Hashable {
    var prefix: Int
    var element: Int
  }

  private var numbers: [Step: Int] = [:]
  private var last: [Int] = []
  private var chain = [0]

  /// Numbers that were given, that of the empty path among them.
  var count: Int { numbers.count + 1 }

  /// The numbers of a path's beginnings, the empty one (0) first, the one of `length` elements last.
  mutating func prefixes(of path: [Int], length: Int) -> [Int] {
    var shared = 0
    let most = min(length, chain.count - 1)
    while shared < most, last[shared] == path[shared] { shared += 1 }
    chain.removeLast(chain.count - 1 - shared)
    for at in shared..<length {
      let step = Step(prefix: chain[at], element: path[at])
      let number = numbers[step] ?? numbers.count + 1
      if number > numbers.count { numbers[step] = number }
      chain.append(number)
    }
    last = path
    return chain
  }

  /// The same for the whole path.
  mutating func prefixes(of path: [Int]) -> [Int] { prefixes(of: path, length: path.count) }

  /// The same, as far as the beginnings have numbers.
  func known(of path: [Int], length: Int) -> [Int] {
    var chain = [0]
    for element in path.prefix(length) {
      guard let number = numbers[Step(prefix: chain[chain.count - 1], element: element)] else {
        break
      }
      chain.append(number)
    }
    return chain
  }
}

/// Values by number, for numbers that are given one after the other.
struct NumberedValues<Value> {
  private var values: [Value?] = []

  subscript(_ number: Int) -> Value? { values.indices.contains(number) ? values[number] : nil }

  subscript(_ number: Int, default value: Value) -> Value {
    get { self[number] ?? value }
    _modify {
      while values.count <= number { values.append(nil) }
      var own = values[number] ?? value
      values[number] = nil
      defer { values[number] = own }
      yield &own
    }
  }

  /// The numbers that have a value, and their values.
  var all: some Sequence<(number: Int, value: Value)> {
    values.enumerated().lazy.compactMap { at, value in value.map { (number: at, value: $0) } }
  }
}
