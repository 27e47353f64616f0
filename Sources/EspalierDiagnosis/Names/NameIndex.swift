/// Places by full name. Names are long, so their bytes are hashed in one go.
struct NameIndex: Sendable {
  private struct Key: Hashable {
    let name: [UInt8]

    func hash(into hasher: inout Hasher) {
      name.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
  }

  private var places: [Key: Int] = [:]

  /// An empty index with room for so many names.
  init(room: Int = 0) { places.reserveCapacity(room) }

  /// The names of all tensors; of equal names the last one counts.
  init(_ inventory: Inventory) {
    self.init(room: inventory.tensors.count)
    for (index, tensor) in inventory.tensors.enumerated() { self[tensor.name] = index }
  }

  var count: Int { places.count }

  subscript(_ name: [UInt8]) -> Int? {
    get { places[Key(name: name)] }
    set { places[Key(name: name)] = newValue }
  }

  /// The place of a name, which becomes `place` if it has none.
  mutating func place(of name: [UInt8], orElse place: Int) -> Int {
    let found = places[Key(name: name), default: place]
    if found == place { places[Key(name: name)] = place }
    return found
  }
}
