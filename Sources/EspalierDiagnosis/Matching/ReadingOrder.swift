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

  /// Numbers at the same place of neighbouring names go down as often as up, or names are sorted
  /// letter by letter.
  private static func isScrambled(_ slots: [Slot], _ names: NameTable) -> Bool {
    var up = 0
    var down = 0
    var sorted = true
    for (one, two) in zip(slots, slots.dropFirst()) {
      guard let place = zip(one.path, two.path).enumerated().first(where: { $0.element.0 != $0.element.1 })
      else { continue }
      let (a, b) = place.element
      if names.text(a) > names.text(b) { sorted = false }
      if let (x, y) = zip(names.tokens[a], names.tokens[b]).first(where: { $0 != $1 }),
        Token.isNumber(x), Token.isNumber(y)
      {
        if x < y { up += 1 } else { down += 1 }
      }
    }
    return sorted || down * 4 > up + down
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
