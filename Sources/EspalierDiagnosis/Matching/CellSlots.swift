/// A slot in each of several cells, in the order of the cells.
struct CellSlots: Sequence {
  private var entries: [(cell: Int, slot: Int)]

  init(cell: Int, slot: Int) { entries = [(cell, slot)] }

  var count: Int { entries.count }

  /// Cells are given ascending; of two slots in the last cell the later one counts.
  subscript(_ cell: Int) -> Int? {
    get {
      let at = entries.end { $0.cell < cell }
      return at < entries.count && entries[at].cell == cell ? entries[at].slot : nil
    }
    set {
      guard let newValue else { return }
      if entries.last?.cell == cell { entries.removeLast() }
      entries.append((cell, newValue))
    }
  }

  func makeIterator() -> some IteratorProtocol<(cell: Int, slot: Int)> { entries.makeIterator() }

  /// Does it hold for the two slots of every cell that both have?
  func allShared(with other: CellSlots, _ body: (Int, Int) -> Bool) -> Bool {
    var at = 0
    for entry in entries {
      while at < other.entries.count, other.entries[at].cell < entry.cell { at += 1 }
      guard at < other.entries.count else { return true }
      if other.entries[at].cell == entry.cell, !body(entry.slot, other.entries[at].slot) {
        return false
      }
    }
    return true
  }
}
