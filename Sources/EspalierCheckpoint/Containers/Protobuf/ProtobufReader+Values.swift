/// What a field holds, by the type that the schema gives it. A field of another wire type is refused
/// under the schema's name for it.
extension ProtobufReader {
  /// Where the bytes of a text, a message or packed numbers lie, from the start of what is read.
  package func range(
    _ field: ProtobufField, _ name: String
  ) throws(CheckpointError) -> Range<Int> {
    guard case .bytes(let range) = field.value else {
      throw mismatch(field, name, "a sequence of bytes")
    }
    return range
  }

  /// `uint64`, `uint32`, `bool` or an enumeration.
  package func number(_ field: ProtobufField, _ name: String) throws(CheckpointError) -> UInt64 {
    guard case .varint(let value) = field.value else {
      throw mismatch(field, name, "a variable-length number")
    }
    return value
  }

  /// `int64` or `int32`: in two's complement, not zigzag.
  package func signed(_ field: ProtobufField, _ name: String) throws(CheckpointError) -> Int64 {
    Int64(bitPattern: try number(field, name))
  }

  /// A number that counts or places something in memory: refused where it is negative or huge.
  package func count(_ field: ProtobufField, _ name: String) throws(CheckpointError) -> Int {
    let value = try number(field, name)
    guard let count = Int(exactly: value) else {
      throw error(
        .badValue, at: field.offset, name, found: "\(Int64(bitPattern: value))",
        "a number from 0 to \(Int.max)")
    }
    return count
  }

  package func float32(_ field: ProtobufField, _ name: String) throws(CheckpointError) -> Float {
    guard case .fixed32(let bits) = field.value else {
      throw mismatch(field, name, "a number of 4 bytes")
    }
    return Float(bitPattern: bits)
  }

  /// A repeated `int64` or `uint64`, of which one field is one number, or many packed.
  ///
  /// - Parameter limit: how many numbers there may be in all.
  package mutating func append(
    _ field: ProtobufField, _ name: String, to numbers: inout [Int64], limit: Int
  ) throws(CheckpointError) {
    guard case .bytes = field.value else {
      try append(try signed(field, name), name, at: field.offset, to: &numbers, limit)
      return
    }
    try enter(field, name)
    while remaining > 0 {
      let offset = position
      try append(
        Int64(bitPattern: try varint(name)), name, at: offset, to: &numbers, limit)
    }
    leave()
  }

  private func append(
    _ number: Int64, _ name: String, at offset: Int, to numbers: inout [Int64], _ limit: Int
  ) throws(CheckpointError) {
    guard numbers.count < limit else {
      throw error(.limitExceeded, at: offset, name, found: "more numbers", "at most \(limit)")
    }
    numbers.append(number)
  }

  private func mismatch(
    _ field: ProtobufField, _ name: String, _ expected: String
  ) -> CheckpointError {
    error(.malformed, at: field.offset, name, found: field.kind, expected)
  }
}
