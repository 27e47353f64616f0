/// What a pickle put aside, by number: nearly always counted up from zero.
struct PickleMemo {
  private var dense: [PickleID] = []
  private var sparse: [Int: PickleID] = [:]

  var count: Int { dense.count + sparse.count }

  mutating func set(_ number: Int, _ id: PickleID) {
    if number < dense.count {
      dense[number] = id
    } else if number == dense.count, sparse.isEmpty {
      dense.append(id)
    } else {
      sparse[number] = id
    }
  }

  subscript(number: Int) -> PickleID? {
    number >= 0 && number < dense.count ? dense[number] : sparse[number]
  }
}
