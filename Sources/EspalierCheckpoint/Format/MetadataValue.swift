import EspalierTree

extension MetadataEntry.Value {
  /// The next value of a JSON document.
  init(_ json: inout JSONReader) throws(CheckpointError) {
    switch try json.peekKind() {
    case .string: self = .value(.text(json.unescaped(try json.string())))
    case .bool: self = .value(.bool(try json.bool()))
    case .null:
      try json.null()
      self = .value(.nothing)
    case .number: self = .value(LeafValue(try json.number()))
    case .object, .array:
      let start = json.position
      try json.skipValue()
      self = .json(Array(json.bytes[start..<json.position]))
    }
  }
}

extension MetadataEntry.Value {
  /// As JSON text.
  public var json: [UInt8] {
    if case .json(let text) = self { return text }
    guard case .value(let value) = self else { return [] }
    if case .bigNumber(let digits) = value { return Array(digits.utf8) }
    var json = JSONWriter()
    json.value(value)
    return json.bytes
  }
}

extension LeafValue {
  init(_ number: JSONNumber) {
    let isWhole = !number.text.contains {
      $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e")
    }
    if isWhole, let value = number.int64 {
      self = .integer(value)
    } else if isWhole, let value = number.uint64 {
      self = .unsigned(value)
    } else if !isWhole, let value = number.double {
      self = .float(value)
    } else {
      self = .bigNumber(String(decoding: number.text, as: UTF8.self))
    }
  }
}
