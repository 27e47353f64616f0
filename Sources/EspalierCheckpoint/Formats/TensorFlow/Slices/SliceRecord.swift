import EspalierTree

/// A record of a table of the first version: the values of one part of an array
/// (`SavedTensorSlices` with a `SavedSlice`).
struct SliceRecord {
  private let table: SSTable
  private let place: SSTablePlace
  private var message: ProtobufReader
  /// The record in the file; nil where its block is packed.
  private let region: ByteRegion?

  init(_ table: SSTable, _ place: SSTablePlace) throws(CheckpointError) {
    self.table = table
    self.place = place
    region = try table.region(of: place)
    if let region {
      message = ProtobufReader(region, windowSize: 256)
    } else {
      message = ProtobufReader(
        try table.bytes(of: place), origin: ByteOrigin(file: table.region.file.path, offset: nil))
    }
  }

  /// Where the values lie. Their number is checked where that takes no reading.
  consuming func values(
    of name: [UInt8], _ dtype: DType, _ type: TensorFlowType, count: Int
  ) throws(CheckpointError) -> StoredValues {
    var found: (range: Range<Int>, encoding: StoredValues.Encoding)?
    while let field = try message.next() {
      guard field.number == 2 else { continue }
      try message.enter(field, "part of an array")
      while let field = try message.next() {
        guard field.number == 3 else { continue }
        found = try tensor(field, name, dtype, found)
      }
    }
    let range = found?.range ?? 0..<0
    let values = StoredValues(
      place: try stored(range), dtype: dtype, count: count, encoding: found?.encoding ?? .plain,
      name: name)
    switch values.encoding {
    case .plain where range.count != values.byteCount: throw wrongSize(name, range, values)
    // One byte for each number at least.
    case .varints where range.count < count: throw wrongSize(name, range, values)
    default: return values
    }
  }

  /// `TensorProto`.
  private mutating func tensor(
    _ field: ProtobufField, _ name: [UInt8], _ dtype: DType,
    _ earlier: (range: Range<Int>, encoding: StoredValues.Encoding)?
  ) throws(CheckpointError) -> (range: Range<Int>, encoding: StoredValues.Encoding)? {
    var found = earlier
    let typed = Self.field(of: dtype)
    try message.enter(field, "values")
    while let field = try message.next() {
      guard field.number == typed.number || field.number == 4 else { continue }
      guard found == nil, case .bytes(let range) = field.value else {
        throw CheckpointError(
          .unsupported, file: table.region.file.path, offset: message.origin.offset, place: name,
          found: "values in several pieces", expected: "them in one")
      }
      found = (range, field.number == 4 ? .plain : typed.encoding)
    }
    return found
  }

  private func stored(_ range: Range<Int>) throws(CheckpointError) -> StoredValues.Place {
    guard let region else { return .packed(table, place, range) }
    return .file(try region.slice(at: range.lowerBound, count: range.count))
  }

  private func wrongSize(
    _ name: [UInt8], _ range: Range<Int>, _ values: StoredValues
  ) -> CheckpointError {
    CheckpointError(
      .badValue, file: table.region.file.path,
      offset: message.origin.offset.map { $0 + range.lowerBound }, place: name,
      found: "values of \(byteCount(range.count))",
      expected: "\(values.count) of type \(values.dtype)")
  }

  /// The field of a `TensorProto` that holds elements of a type.
  private static func field(of dtype: DType) -> (number: Int, encoding: StoredValues.Encoding) {
    switch dtype {
    case .f32: (5, .plain)
    case .f64: (6, .plain)
    case .c64: (9, .plain)
    case .c128: (12, .plain)
    case .i64: (10, .varints)
    case .bool: (11, .varints)
    case .f16, .bf16: (13, .varints)
    case .u32: (16, .varints)
    case .u64: (17, .varints)
    default: (7, .varints)
    }
  }
}
