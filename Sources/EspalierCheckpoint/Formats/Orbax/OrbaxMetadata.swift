import EspalierTree

/// What Orbax writes beside the database, as JSON.
struct OrbaxMetadata {
  private(set) var entries: [MetadataEntry] = []
  /// Leaves that are `None`, by their keys joined with dots, as the arrays' names are.
  private(set) var absent: [[UInt8]] = []

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
    var keys: [[UInt8]] = []
    var isNone = false
    try json.beginObject()
    while let key = try json.nextKey() {
      if json.matches(key, "key_metadata"), try json.peekKind() == .array {
        try json.beginArray()
        while try json.nextElement() { keys.append(try Self.text("key", of: &json) ?? []) }
      } else if json.matches(key, "value_metadata"), try json.peekKind() == .object {
        isNone =
          try Self.text("value_type", of: &json).map { $0.elementsEqual("None".utf8) } ?? false
      } else {
        try json.skipValue()
      }
    }
    if isNone { absent.append(Array(keys.joined(separator: [UInt8(ascii: ".")]))) }
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
