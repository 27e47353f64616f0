/// A name's bytes as a key. Names are long, so the bytes are hashed in one go.
struct NameKey: Hashable, Sendable {
  let name: [UInt8]

  init(_ name: [UInt8]) { self.name = name }

  func hash(into hasher: inout Hasher) {
    name.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// Places by full name.
struct NameIndex: Sendable {
  private var places: [NameKey: Int] = [:]

  /// An empty index with room for so many names.
  init(room: Int = 0) { places.reserveCapacity(room) }

  /// The names of all tensors; of equal names the last one counts.
  init(_ inventory: Inventory) {
    self.init(room: inventory.tensors.count)
    for (index, tensor) in inventory.tensors.enumerated() { self[tensor.name] = index }
  }

  var count: Int { places.count }

  subscript(_ name: [UInt8]) -> Int? {
    get { places[NameKey(name)] }
    set { places[NameKey(name)] = newValue }
  }

  /// The place of a name, which becomes `place` if it has none.
  mutating func place(of name: [UInt8], orElse place: Int) -> Int {
    places.number(of: NameKey(name), orElse: place)
  }

  /// Makes room for so many names.
  mutating func reserve(_ room: Int) { places.reserveCapacity(room) }
}
