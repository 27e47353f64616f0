import EspalierTree

/// A `TensorProto`: what it is, and where its values lie. None of them has been read.
struct ONNXTensor {
  var name: [UInt8] = []
  var shape = Shape([])
  var type = ONNXElementType(code: 0)
  /// In bytes from the start of the model.
  let range: Range<Int>

  private var raw: Range<Int>?
  /// Of the fields with values by type: the number, the first run of packed values, and the sum.
  private var typed: TypedField?
  private var isExternal = false
  private var entries: [(key: [UInt8], value: [UInt8])] = []

  static let highestRank = 256
  private static let entryLimit = 64

  private struct TypedField {
    var number: Int
    var run: Range<Int>?
    var runCount = 0
    /// Of all runs and single values.
    var byteCount = 0
    var singleCount = 0
  }

  init(_ range: Range<Int>, _ reader: inout ProtobufReader) throws(CheckpointError) {
    self.range = range
    var dimensions: [Int64] = []
    try reader.visit(range, "tensor")
    while let field = try reader.next() {
      switch field.number {
      case 1: try reader.append(field, "dims", to: &dimensions, limit: Self.highestRank)
      case 2: type = ONNXElementType(code: try reader.signed(field, "data_type"))
      case 3:
        throw reader.error(
          .unsupported, at: field.offset, "segment", found: "a part of a tensor", "a whole one")
      case 4, 5, 6, 7, 10, 11: try addTyped(field, reader)
      case 8: name = try reader.bytes(field, "tensor name")
      case 9:
        guard raw == nil else { throw twice(field, reader) }
        raw = try reader.range(field, "raw_data")
      case 13: try addEntry(field, &reader)
      case 14: isExternal = try reader.number(field, "data_location") == 1
      default: break
      }
    }
    shape = try Self.shape(dimensions, range, reader)
    if typed != nil, raw != nil {
      throw error(reader, .badValue, found: "values in two fields", "in one")
    }
  }

  /// Nil where it is not an array of numbers that take whole bytes.
  var dtype: DType? {
    guard let dtype = type.dtype, (shape.elementCount ?? 0) % dtype.elementsPerBlock == 0 else {
      return nil
    }
    return dtype
  }

  /// In words, for tensors that are not shown as arrays.
  var kind: String { "\(type.name) \(shape)" }

  // MARK: Fields

  private static func shape(
    _ dimensions: [Int64], _ range: Range<Int>, _ reader: ProtobufReader
  ) throws(CheckpointError) -> Shape {
    var shape: [Int] = []
    for dimension in dimensions {
      guard dimension >= 0, let count = Int(exactly: dimension) else {
        throw reader.error(
          .badValue, at: range.lowerBound, "dims", found: "\(dimension)", "a number from 0")
      }
      shape.append(count)
    }
    return Shape(shape)
  }

  private mutating func addTyped(
    _ field: ProtobufField, _ reader: ProtobufReader
  ) throws(CheckpointError) {
    var known = typed ?? TypedField(number: field.number)
    guard known.number == field.number else {
      throw error(reader, .badValue, found: "values in two fields", "in one")
    }
    switch field.value {
    case .bytes(let run):
      known.run = run
      known.runCount += 1
      known.byteCount += run.count
    case .fixed32: known.byteCount += 4
    case .fixed64: known.byteCount += 8
    case .varint: known.singleCount += 1
    }
    typed = known
  }

  private mutating func addEntry(
    _ field: ProtobufField, _ reader: inout ProtobufReader
  ) throws(CheckpointError) {
    guard entries.count < Self.entryLimit else {
      throw error(reader, .limitExceeded, found: "more entries", "at most \(Self.entryLimit)")
    }
    var entry: (key: [UInt8], value: [UInt8]) = ([], [])
    try reader.enter(field, "external_data")
    while let field = try reader.next() {
      switch field.number {
      case 1: entry.key = try reader.bytes(field, "external_data key")
      case 2: entry.value = try reader.bytes(field, "external_data value")
      default: break
      }
    }
    entries.append(entry)
  }

  // MARK: Values

  /// Where the values lie; checks that there are as many as the shape says.
  func place(
    in region: ByteRegion, _ reader: ProtobufReader, _ external: inout ONNXExternalFiles
  ) throws(CheckpointError) -> ONNXPlace {
    guard let dtype, let elements = shape.elementCount,
      let byteCount = dtype.byteCount(elements: elements)
    else {
      throw error(
        reader, .badValue, found: "the shape \(shape)", "a size in bytes that fits in 64 bits")
    }
    if isExternal {
      let part = try external.part(entries, of: self, byteCount, reader)
      return .plain(part)
    }
    if let raw {
      try check(raw.count, byteCount, "raw_data", reader)
      return .plain(try region.slice(at: raw.lowerBound, count: raw.count))
    }
    guard let typed else {
      guard elements == 0 else {
        throw error(
          reader, .badValue, found: "no values", "\(EspalierCheckpoint.byteCount(byteCount))")
      }
      return .plain(try region.slice(at: range.lowerBound, count: 0))
    }
    return try place(typed, byteCount, dtype, region, reader)
  }

  private func place(
    _ typed: TypedField, _ byteCount: Int, _ dtype: DType, _ region: ByteRegion,
    _ reader: ProtobufReader
  ) throws(CheckpointError) -> ONNXPlace {
    guard let coding = type.coding(field: typed.number) else {
      throw error(
        reader, .badValue, found: "\(type.name) values in field \(typed.number)",
        "the field that the type has")
    }
    guard coding.isFixed else {
      // The number of values shows when they are read; what is impossible is known now.
      let items = byteCount / coding.itemSize
      guard typed.singleCount <= items, items - typed.singleCount <= typed.byteCount,
        typed.byteCount / 10 <= items
      else { throw error(reader, .badValue, found: "too few or too many values", "\(items)") }
      return .numbers(ONNXNumbers(region, range, typed.number, coding, byteCount: byteCount))
    }
    guard typed.singleCount == 0 else {
      throw error(reader, .malformed, found: "variable-length numbers", "floating-point numbers")
    }
    try check(typed.byteCount, byteCount, "typed data", reader)
    if typed.runCount == 1, let run = typed.run, run.count == byteCount {
      return .plain(try region.slice(at: run.lowerBound, count: run.count))
    }
    return .numbers(ONNXNumbers(region, range, typed.number, coding, byteCount: byteCount))
  }

  private func check(
    _ found: Int, _ expected: Int, _ field: String, _ reader: ProtobufReader
  ) throws(CheckpointError) {
    guard found == expected else {
      throw error(
        reader, .badValue, found: "\(byteCount(found)) in \(field)",
        "\(byteCount(expected)) for \(type.name) \(shape)")
    }
  }

  func error(
    _ reader: ProtobufReader, _ code: CheckpointError.Code, found: String, _ expected: String,
    advice: String? = nil
  ) -> CheckpointError {
    CheckpointError(
      code, file: reader.origin.file, offset: (reader.origin.offset ?? 0) &+ range.lowerBound,
      place: name.isEmpty ? Array("tensor".utf8) : name, found: found, expected: expected,
      advice: advice)
  }

  private func twice(_ field: ProtobufField, _ reader: ProtobufReader) -> CheckpointError {
    reader.error(
      .badValue, at: field.offset, "raw_data", found: "raw_data a second time", "values once")
  }
}
