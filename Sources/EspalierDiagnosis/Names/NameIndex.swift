/// A name's bytes as a key. Names are long and come from files: their bytes are hashed once, in one
/// go, by a hash that cannot be played, and a table that grows looks at no name again.
struct NameKey: Hashable, Sendable {
  let name: [UInt8]
  private let digest: Int

  init(_ name: [UInt8]) {
    self.name = name
    var hasher = Hasher()
    name.withUnsafeBytes { hasher.combine(bytes: $0) }
    digest = hasher.finalize()
  }

  static func == (one: NameKey, two: NameKey) -> Bool {
    one.digest == two.digest && one.name == two.name
  }

  func hash(into hasher: inout Hasher) { hasher.combine(digest) }

  /// What dictionaries ask.
  func _rawHashValue(seed: Int) -> Int { WordHash.mix(seed, digest) }
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
