import EspalierTree

/// Dictionaries whose keys are not symbols: two lists, of keys and of values.
extension BSONTreeReader {
  /// An element of a list: a value of its own, or a number among others.
  private enum Item {
    case value(BSONID)
    case element(LeafValue)
  }

  private struct Entry {
    var name: Name
    /// Where the name does not say it.
    var key: Item?
    var value: Item
  }

  /// Entries stand under their keys; where a key is neither text nor number (Julia's optimisers keep
  /// their state under the arrays themselves), under their number, with the key beside the value.
  ///
  /// - Returns: false where these are not the lists of a dictionary.
  mutating func addDictionary(
    _ type: BSONType, keys: BSONID, _ values: BSONID, _ task: Task
  ) throws -> Bool {
    guard let keys = try items(keys, task), let values = try items(values, task),
      keys.count == values.count
    else { return false }
    builder.setLabel(type.shown.utf8, of: task.node)
    var entries: [Entry] = []
    var taken: Set<Name> = []
    for (index, (key, value)) in zip(keys, values).enumerated() {
      let named = try name(key)
      try count(named.map { $0.bytes.count / 64 } ?? 0, at: task.value)
      if let name = named, taken.insert(name).inserted {
        entries.append(Entry(name: name, value: value))
        continue
      }
      var name = Name("\(index + 1)")
      while !taken.insert(name).inserted { name.bytes.append(UInt8(ascii: "'")) }
      entries.append(Entry(name: name, key: key, value: value))
    }
    entries.sort { $0.name < $1.name }
    let start = pending.count
    for entry in entries {
      let node = try builder.flatNode(entry.name, under: task.node)
      if let key = entry.key {
        try add(key, at: try builder.node("key", under: node), task)
        try add(entry.value, at: try builder.node("value", under: node), task)
      } else {
        try add(entry.value, at: node, task)
      }
    }
    pending[start...].reverse()
    return true
  }

  private mutating func add(_ item: Item, at node: TreeBuilder.Handle, _ task: Task) throws {
    switch item {
    case .value(let value): pending.append(Task(value: value, node: node, inside: task.inside))
    case .element(let value): try builder.setLeaf(.value(value), at: node)
    }
  }

  private func name(_ key: Item) throws -> Name? {
    switch key {
    case .element(let value): return Name(value.description)
    case .value(let id):
      if let text = try values.text(id) { return Name(text) }
      return document.integer(try values.resolve(id).value).map { Name("\($0)") }
    }
  }

  private static var elementsLimit: Int { 16 << 20 }

  /// The elements of a list or of an array; nil where it is neither, or its elements are of no known
  /// type.
  private mutating func items(_ id: BSONID, _ task: Task) throws -> [Item]? {
    var list = try values.resolve(id).value
    var dtype: DType? = .u8
    if values.tag(list) == .array {
      dtype = try types.element(try values.part(list, "type"))
      list = try values.part(list, "data")
    }
    if document.kind(list) == .array {
      try count(document.count(list), at: task.value)
      return document.children(list).map { .value($0) }
    }
    guard let dtype, let range = document.range(list), range.count <= Self.elementsLimit else {
      return nil
    }
    let size = dtype.bytesPerBlock
    try count(range.count / size, at: task.value)
    let bytes = try document.region.read(at: range.lowerBound, count: range.count)
    var items: [Item] = []
    for at in stride(from: 0, through: bytes.count - size, by: size) {
      guard let value = LeafValue(dtype, littleEndian: Array(bytes[at..<at + size])) else {
        return nil
      }
      items.append(.element(value))
    }
    return items
  }
}
