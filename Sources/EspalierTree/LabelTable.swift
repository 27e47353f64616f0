/// The names of branches' types: each name once, and which node has which.
struct LabelTable: Sendable {
  private var names: [[UInt8]] = []
  private var numbers: [[UInt8]: Int32] = [:]
  private var entries = ContiguousArray<(node: Int32, name: Int32)>()

  /// A node's label; the last one that was set. Entries have to be in order.
  subscript(node: Int32) -> [UInt8]? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle].node <= node { low = middle + 1 } else { high = middle }
    }
    guard low > 0, entries[low - 1].node == node else { return nil }
    return names[Int(entries[low - 1].name)]
  }

  mutating func set(_ label: [UInt8], of node: Int32) {
    entries.append((node, number(of: label)))
  }

  private mutating func number(of label: [UInt8]) -> Int32 {
    // Layers of one type often follow one another.
    if let last = entries.last?.name, names[Int(last)] == label { return last }
    if let known = numbers[label] { return known }
    let number = Int32(truncatingIfNeeded: names.count)
    names.append(label)
    numbers[label] = number
    return number
  }

  /// Gives nodes their numbers in the finished tree.
  mutating func renumber(_ number: (Int32) -> Int32) {
    for index in entries.indices { entries[index].node = number(entries[index].node) }
  }

  /// Puts entries in order of their nodes.
  mutating func sort() {
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.node <= $1.node }
    if !isSorted { entries.sort { $0.node < $1.node } }
  }
}
