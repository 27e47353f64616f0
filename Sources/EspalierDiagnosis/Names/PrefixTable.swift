/// Numbers for the beginnings of paths: each is known by the one that it lengthens and one element
/// more.
///
/// Neighbours share most of their path, so only what differs from the path before is looked up: the
/// depth of a tree costs no more than its names do.
struct PrefixTable {
  private var numbers: [NumberPair: Int] = [:]
  private var last: [Int] = []
  private var start = 0
  private var chain = [0]

  /// Numbers that were given, that of the empty path among them.
  var count: Int { numbers.count + 1 }

  /// Makes room for so many numbers.
  mutating func reserve(_ room: Int) { numbers.reserveCapacity(room) }

  /// The numbers of a path's beginnings, the empty one (0) first, the one of `length` elements last.
  ///
  /// - Parameter from: Elements at the front that are left aside.
  mutating func prefixes(of path: [Int], from: Int = 0, length: Int) -> [Int] {
    var shared = 0
    let most = min(length, chain.count - 1)
    while shared < most, last[start + shared] == path[from + shared] { shared += 1 }
    chain.removeLast(chain.count - 1 - shared)
    for at in shared..<length {
      chain.append(numbers.number(of: NumberPair(chain[at], path[from + at]), orElse: count))
    }
    last = path
    start = from
    return chain
  }

  /// The same for the whole path.
  mutating func prefixes(of path: [Int]) -> [Int] { prefixes(of: path, length: path.count) }

  /// The number of a whole path.
  mutating func number(of path: [Int], from: Int = 0) -> Int {
    let length = path.count - from
    return prefixes(of: path, from: from, length: length)[length]
  }

  /// The numbers of a path's beginnings, as far as they have any.
  func known(of path: [Int], length: Int) -> [Int] {
    var chain = [0]
    for element in path.prefix(length) {
      guard let number = numbers[NumberPair(chain[chain.count - 1], element)] else { break }
      chain.append(number)
    }
    return chain
  }

  /// The number of a whole path, if it has one.
  func known(_ path: [Int], from: Int = 0) -> Int? {
    var number = 0
    for at in from..<path.count {
      guard let next = numbers[NumberPair(number, path[at])] else { return nil }
      number = next
    }
    return number
  }
}

/// Values by number, for numbers that are given one after the other.
struct NumberedValues<Value> {
  private var values: [Value?] = []

  subscript(_ number: Int) -> Value? {
    get { number < values.count ? values[number] : nil }
    set {
      while values.count <= number { values.append(nil) }
      values[number] = newValue
    }
  }

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
