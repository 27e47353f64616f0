/// The slots that are cut, and which of them have a name that is asked for.
struct AskedSlots {
  private(set) var all: [Slot]
  private var isWanted: [Bool]
  private let wanted: PathSet

  init(_ all: [Slot], _ wanted: PathSet) {
    self.all = all
    self.wanted = wanted
    isWanted = all.map { wanted.contains($0.path) }
  }

  var wantedCount: Int { isWanted.count { $0 } }

  /// Slots whose name is not asked for.
  var rest: [Int] { all.indices.filter { !isWanted[$0] } }

  mutating func change(_ at: Int, _ edit: (inout Slot) -> Void) {
    edit(&all[at])
    isWanted[at] = wanted.contains(all[at].path)
  }
}
