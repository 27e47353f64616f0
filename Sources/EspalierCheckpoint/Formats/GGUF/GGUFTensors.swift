import EspalierTree

/// One row of the tensor table.
struct GGUFTensor {
  var name: [UInt8]
  var shape: Shape
  var dtype: DType
  /// From the start of the data.
  var offset: Int
  var byteCount: Int
  /// Where the row stands in the file.
  var row: Int

  func error(
    _ scanner: GGUFScanner, _ code: CheckpointError.Code, found: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(
      code, file: scanner.region.file.path, offset: scanner.region.range.lowerBound + row,
      place: name, found: found, expected: expected)
  }
}

extension GGUFScanner {
  mutating func tensorTable() throws(CheckpointError) -> [GGUFTensor] {
    var table: [GGUFTensor] = []
    table.reserveCapacity(tensorCount)
    for _ in 0..<tensorCount { table.append(try tensor()) }
    return table
  }

  private static let highestRank = 8

  private mutating func tensor() throws(CheckpointError) -> GGUFTensor {
    let row = position
    let name = try text(field: "tensor name")
    let place = "tensor “\(visibleText(name))”"
    let rank = try integer(UInt32.self, field: place)
    guard rank <= Self.highestRank else {
      throw error(.limitExceeded, at: row, place, found: "\(rank) dimensions", "at most 8")
    }
    var dimensions: [Int] = []
    for _ in 0..<rank { dimensions.append(try length(field: place)) }
    let code = try integer(UInt32.self, field: place)
    guard let dtype = DType(ggml: code) else {
      throw error(
        .unsupported, at: row, place, found: "type \(code)", "a type that this program knows")
    }
    let start = position
    guard let offset = Int(exactly: try integer(UInt64.self, field: place)) else {
      throw error(.limitExceeded, at: start, place, found: "a huge offset", "one in the file")
    }
    let shape = Shape(dimensions)
    // Blocks lie along the first dimension, which runs fastest.
    guard (dimensions.first ?? 1) % dtype.elementsPerBlock == 0, let elements = shape.elementCount,
      let byteCount = dtype.byteCount(elements: elements)
    else {
      throw error(
        .badValue, at: row, place, found: "the shape \(shape)",
        "a first dimension in blocks of \(dtype.elementsPerBlock), and a size that fits in 64 bits")
    }
    return GGUFTensor(
      name: name, shape: shape, dtype: dtype, offset: offset, byteCount: byteCount, row: row)
  }
}

extension DType {
  /// ggml's number for an element type.
  init?(ggml code: UInt32) {
    guard let type = Self.ggml[code] else { return nil }
    self = type
  }

  private static let ggml: [UInt32: DType] = [
    0: .f32, 1: .f16, 2: .q40, 3: .q41, 6: .q50, 7: .q51, 8: .q80, 9: .q81, 10: .q2K,
    11: .q3K, 12: .q4K, 13: .q5K, 14: .q6K, 15: .q8K, 16: .iq2xxs, 17: .iq2xs, 18: .iq3xxs,
    19: .iq1s, 20: .iq4nl, 21: .iq3s, 22: .iq2s, 23: .iq4xs, 24: .i8, 25: .i16, 26: .i32,
    27: .i64, 28: .f64, 29: .iq1m, 30: .bf16, 34: .tq10, 35: .tq20, 39: .mxfp4,
  ]

  /// Bytes of the numbers that a byte order concerns: half an element for complex types.
  var componentSize: Int { kind == .complex ? bytesPerBlock / 2 : bytesPerBlock }
}
