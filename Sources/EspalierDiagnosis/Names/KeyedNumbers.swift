extension Dictionary where Value == Int {
  /// The number of a key, which becomes `new` if it has none; one look-up finds or gives it.
  mutating func number(of key: Key, orElse new: Int) -> Int {
    func kept(_ number: inout Int) -> Int { number }
    return kept(&self[key, default: new])
  }
}

extension RandomAccessCollection {
  /// Where the elements end of which it holds: it holds for none after one of which it does not.
  func end(where holds: (Element) -> Bool) -> Index {
    var low = startIndex
    var length = count
    while length > 0 {
      let half = length / 2
      let middle = index(low, offsetBy: half)
      if holds(self[middle]) {
        low = index(after: middle)
        length -= half + 1
      } else {
        length = half
      }
    }
    return low
  }
}
