/// The order in which a model's tensors were made, as far as the file keeps it.
///
/// A state dict lists modules in the order in which they were defined, which tells the first of two
/// equal norms from the second. A file in alphabetical or random order tells nothing; there numbers
/// in the names are all the order there is.
enum ReadingOrder {
  /// Place of each slot.
  static func places(_ slots: [Slot], _ names: NameTable) -> [Int] {
    let file = Array(slots.indices)
    guard isScrambled(slots, names) else { return file }
    let keys = slots.map { key($0.path, names) }
    let sorted = file.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
    var places = file
    for (place, slot) in sorted.enumerated() { places[slot] = place }
    return places
  }

  /// One step in four between numbers of neighbouring names goes down where it should not, or names
  /// are sorted letter by letter.
  private static func isScrambled(_ slots: [Slot], _ names: NameTable) -> Bool {
    var steps = Steps(names)
    var sorted = true
    for at in slots.indices.dropFirst() {
      let (one, two) = (slots[at - 1].path, slots[at].path)
      guard let place = zip(one, two).enumerated().first(where: { $1.0 != $1.1 })?.offset else {
        continue
      }
      if sorted, names.text(one[place]) > names.text(two[place]) { sorted = false }
      steps.add(one[...place], two[place])
    }
    return sorted || steps.areScrambled
  }

  /// Steps from a number to the next at one place. What each block repeats (`w1`, `w3`, `w2`) is one
  /// step, however many blocks there are; a list that is counted backwards is in order.
  private struct Steps {
    private let names: NameTable
    private var places = PrefixTable()
    private var known: Set<Step> = []
    private var tallies = NumberedValues<Tally>()
    /// Components without their numbers.
    private var patterns: [Int?] = []

    private struct Step: Hashable {
      var place: Int
      var from: Int
      var to: Int
    }

    private struct Tally {
      var up = 0
      var down = 0
      var jumpsDown = false
    }

    init(_ names: NameTable) { self.names = names }

    /// - Parameter path: as far as the two names differ, the component that does last.
    mutating func add(_ path: ArraySlice<Int>, _ next: Int) {
      guard let last = path.last,
        let (a, b) = zip(names.tokens[last], names.tokens[next]).first(where: { $0 != $1 }),
        Token.isNumber(a), Token.isNumber(b)
      else { return }
      let place = places.number(of: path.map { pattern($0) })
      let (from, to) = (Token.value(a), Token.value(b))
      guard known.insert(Step(place: place, from: from, to: to)).inserted else { return }
      if from < to {
        tallies[place, default: Tally()].up += 1
      } else {
        tallies[place, default: Tally()].down += 1
        if to + 1 < from { tallies[place, default: Tally()].jumpsDown = true }
      }
    }

    private mutating func pattern(_ id: Int) -> Int {
      if patterns.indices.contains(id), let known = patterns[id] { return known }
      let pattern = names.number(id) == nil ? names.withoutDigits(id) : Token.anyNumber
      while patterns.count <= id { patterns.append(nil) }
      patterns[id] = pattern
      return pattern
    }

    /// One step in four goes down where it should not.
    var areScrambled: Bool {
      var all = 0
      var down = 0
      for (_, tally) in tallies.all {
        all += tally.up + tally.down
        if tally.up > 0 || tally.jumpsDown { down += tally.down }
      }
      return down * 4 > all
    }
  }

  /// Words by their letters, numbers by value.
  private static func key(_ path: [Int], _ names: NameTable) -> [UInt64] {
    var out: [UInt64] = []
    for id in path {
      for token in names.tokens[id] {
        if Token.isNumber(token) {
          out.append(UInt64(Token.value(token)))
        } else {
          out.append(contentsOf: names.word(token).utf8.map { UInt64($0) + (1 << 40) })
        }
      }
      out.append(1 << 39)
    }
    return out
  }
}
