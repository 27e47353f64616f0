import EspalierTree

/// What Orbax writes beside the database, as JSON.
struct OrbaxMetadata {
  private(set) var entries: [MetadataEntry] = []
  /// The keys that lead to a leaf, by these joined with dots, as the arrays' names are.
  private(set) var paths: [[UInt8]: [Key]] = [:]
  /// Leaves that are `None`, by the same.
  private(set) var absent: [[UInt8]] = []

  struct Key {
    var text: [UInt8]
    /// Whether it counts the elements of a list.
    var isIndex: Bool
  }

  private static let sizeLimit = 256 << 20

  /// Reads a file that may be there.
  mutating func read(
    _ name: String, beside manifest: InputFile
  ) throws(CheckpointError) -> InputFile? {
    let file: InputFile
    do {
      file = try InputFile(try manifest.path.neighbour(Array(name.utf8)))
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
    let region = ByteRegion(file)
    let bytes = try region.readAll(limit: Self.sizeLimit, field: name)
    var json = JSONReader(bytes, origin: region.origin)
    try json.beginObject()
    while let key = try json.nextKey() {
      if json.matches(key, "tree_metadata"), try json.peekKind() == .object {
        try readTree(&json)
      } else {
        entries.append(MetadataEntry(Name(json.unescaped(key)), try MetadataEntry.Value(&json)))
      }
    }
    try json.finish()
    return file
  }

  private mutating func readTree(_ json: inout JSONReader) throws(CheckpointError) {
    try json.beginObject()
    while try json.nextKey() != nil {
      guard try json.peekKind() == .object else {
        try json.skipValue()
        continue
      }
      try readLeaf(&json)
    }
  }

  private mutating func readLeaf(_ json: inout JSONReader) throws(CheckpointError) {
    var keys: [Key] = []
    var isNone = false
    try json.beginObject()
    while let key = try json.nextKey() {
      if json.matches(key, "key_metadata"), try json.peekKind() == .array {
        try json.beginArray()
        while try json.nextElement() { keys.append(try Self.key(&json)) }
      } else if json.matches(key, "value_metadata"), try json.peekKind() == .object {
        isNone = try Self.isNone(&json)
      } else {
        try json.skipValue()
      }
    }
    let name = Array(keys.map(\.text).joined(separator: [UInt8(ascii: ".")]))
    paths[name] = keys
    if isNone { absent.append(name) }
  }

  private static func key(_ json: inout JSONReader) throws(CheckpointError) -> Key {
    var found = Key(text: [], isIndex: false)
    guard try json.peekKind() == .object else {
      try json.skipValue()
      return found
    }
    try json.beginObject()
    while let key = try json.nextKey() {
      if json.matches(key, "key"), try json.peekKind() == .string {
        found.text = json.unescaped(try json.string())
      } else if json.matches(key, "key_type"), try json.peekKind() == .number {
        found.isIndex = try json.number().int64 == 1
      } else {
        try json.skipValue()
      }
    }
    return found
  }

  private static func isNone(_ json: inout JSONReader) throws(CheckpointError) -> Bool {
    try text("value_type", of: &json).map { $0.elementsEqual("None".utf8) } ?? false
  }

  /// A text among the members of an object.
  private static func text(
    _ name: StaticString, of json: inout JSONReader
  ) throws(CheckpointError) -> [UInt8]? {
    guard try json.peekKind() == .object else {
      try json.skipValue()
      return nil
    }
    var text: [UInt8]?
    try json.beginObject()
    while let key = try json.nextKey() {
      if json.matches(key, name), try json.peekKind() == .string {
        text = json.unescaped(try json.string())
      } else {
        try json.skipValue()
      }
    }
    return text
  }
}
