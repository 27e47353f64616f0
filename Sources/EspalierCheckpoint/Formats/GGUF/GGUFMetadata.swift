import EspalierTree

/// The metadata of a GGUF file, in its order.
struct GGUFMetadata {
  var entries: [MetadataEntry] = []
  /// Where values begin: a multiple of this many bytes.
  var alignment = 32
}

extension GGUFScanner {
  mutating func metadata() throws(CheckpointError) -> GGUFMetadata {
    var result = GGUFMetadata()
    var seen: Set<[UInt8]> = []
    for _ in 0..<entryCount {
      let start = position
      let key = try text(field: "metadata key")
      guard seen.insert(key).inserted else {
        throw error(
          .duplicateName, at: start, "metadata", found: "“\(visibleText(key))” a second time",
          "every key once")
      }
      let type = try valueType("metadata “\(visibleText(key))”")
      if type == .array {
        result.entries.append(MetadataEntry(Name(key), try array(key)))
      } else {
        result.entries.append(MetadataEntry(Name(key), .value(try scalar(type))))
      }
      if key.elementsEqual("general.alignment".utf8) {
        result.alignment = try alignment(result.entries[result.entries.count - 1], at: start)
      }
    }
    return result
  }

  enum ValueType: UInt32 {
    case u8, i8, u16, i16, u32, i32, f32, bool, text, array, u64, i64, f64

    /// Bytes of a value; nil where it varies.
    var size: Int? {
      switch self {
      case .u8, .i8, .bool: return 1
      case .u16, .i16: return 2
      case .u32, .i32, .f32: return 4
      case .u64, .i64, .f64: return 8
      case .text, .array: return nil
      }
    }
  }

  private mutating func valueType(_ field: String) throws(CheckpointError) -> ValueType {
    let start = position
    let raw = try integer(UInt32.self, field: field)
    guard let type = ValueType(rawValue: raw) else {
      throw error(.unsupported, at: start, field, found: "value type \(raw)", "a type from 0 to 12")
    }
    return type
  }

  private mutating func scalar(_ type: ValueType) throws(CheckpointError) -> LeafValue {
    let field = "metadata value"
    switch type {
    case .u8: return .integer(Int64(try integer(UInt8.self, field: field)))
    case .i8: return .integer(Int64(try integer(Int8.self, field: field)))
    case .u16: return .integer(Int64(try integer(UInt16.self, field: field)))
    case .i16: return .integer(Int64(try integer(Int16.self, field: field)))
    case .u32: return .integer(Int64(try integer(UInt32.self, field: field)))
    case .i32: return .integer(Int64(try integer(Int32.self, field: field)))
    case .i64: return .integer(try integer(Int64.self, field: field))
    case .u64: return .unsigned(try integer(UInt64.self, field: field))
    case .f32: return .float(Double(Float(bitPattern: try integer(UInt32.self, field: field))))
    case .f64: return .float(Double(bitPattern: try integer(UInt64.self, field: field)))
    case .bool: return .bool(try integer(UInt8.self, field: field) != 0)
    case .text: return .text(try text(field: field))
    case .array: return .nothing
    }
  }

  /// Arrays up to this length are kept; of longer ones (vocabularies) only what they are.
  private static let keptElements = 64
  private static let deepestArray = 8

  private mutating func array(_ key: [UInt8]) throws(CheckpointError) -> MetadataEntry.Value {
    let type = try valueType("metadata array")
    let count = try length(field: "metadata array length")
    if count <= Self.keptElements, type != .array {
      var values: [LeafValue] = []
      for _ in 0..<count { values.append(try scalar(type)) }
      return .json(jsonArray(values))
    }
    try skipElements(type, count, depth: 0)
    return .value(.opaque(type: Array("array of \(count) \(type) values".utf8)))
  }

  private mutating func skipElements(
    _ type: ValueType, _ count: Int, depth: Int
  ) throws(CheckpointError) {
    if let size = type.size {
      _ = try bounded(count, each: size, "metadata array")
      try skip(count * size, field: "metadata array")
      return
    }
    _ = try bounded(count, each: version == 1 ? 4 : 8, "metadata array")
    guard depth < Self.deepestArray else {
      throw error(
        .limitExceeded, at: position, "metadata array", found: "arrays in arrays",
        "at most \(Self.deepestArray) levels")
    }
    for _ in 0..<count {
      if type == .text {
        try skip(try length(field: "text length"), field: "text")
      } else {
        let inner = try valueType("metadata array")
        try skipElements(inner, try length(field: "array length"), depth: depth + 1)
      }
    }
  }

  private func jsonArray(_ values: [LeafValue]) -> [UInt8] {
    var json = JSONWriter()
    json.beginArray()
    for value in values { json.value(value) }
    json.endArray()
    return json.bytes
  }

  private func alignment(_ entry: MetadataEntry, at offset: Int) throws(CheckpointError) -> Int {
    guard case .value(.integer(let value)) = entry.value, let alignment = Int(exactly: value),
      alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0
    else {
      throw error(
        .badValue, at: offset, "general.alignment", found: "\(entry.value)", "a power of two")
    }
    return alignment
  }
}
