import EspalierTree

/// What zarr (version 2) says of an array: its shape, how it is cut into chunks, how these are stored.
struct ZarrArray: Sendable {
  enum Compressor: Sendable, Equatable {
    case none, zstd, zlib, gzip, blosc
    case other(String)
  }

  let name: [UInt8]
  let shape: [Int]
  let chunk: [Int]
  /// As the file spells it.
  let typeName: String
  /// Nil for types that are no numbers of whole bytes.
  let dtype: DType?
  let isBigEndian: Bool
  let compressor: Compressor
  /// An element of chunks that are not stored; nil where it cannot be told.
  let fill: [UInt8]?
  private let separator: UInt8
  /// Why the values cannot be read.
  private(set) var obstacle: String?

  private static let highestRank = 64

  init(_ text: [UInt8], name: [UInt8], file: FilePath) throws(CheckpointError) {
    let json = try JSONDocument(text, origin: ByteOrigin(file: file, offset: nil)).root
    self.name = name
    guard json["zarr_format"]?.int == 2 else {
      throw Self.error(name, file, json["zarr_format"], "zarr_format", "2")
    }
    shape = try Self.dimensions("shape", json, name, file)
    chunk = try Self.dimensions("chunks", json, name, file)
    guard chunk.count == shape.count, HDF5ChunkGrid(shape: shape, chunk: chunk) != nil else {
      throw Self.error(name, file, json["chunks"], "chunks", "as many as dimensions, from 1")
    }
    let code = json["dtype"]?.string ?? ""
    typeName = code.isEmpty ? "structure" : code
    dtype = Self.dtype(code)
    isBigEndian = code.first == ">"
    compressor = Self.compressor(json["compressor"])
    separator = json["dimension_separator"]?.text?.first ?? UInt8(ascii: ".")
    fill = dtype.flatMap { ZarrFill.bytes(json["fill_value"], $0) }
    obstacle = findObstacle(json)
  }

  /// The key of a chunk by its place in the grid.
  func key(_ place: [Int]) -> [UInt8] {
    let numbers = place.isEmpty ? [Array("0".utf8)] : place.map { Array(String($0).utf8) }
    return name + [UInt8(ascii: "/")] + Array(numbers.joined(separator: [separator]))
  }

  private func findObstacle(_ json: JSONValue) -> String? {
    if case .other(let name) = compressor { return "its chunks are compressed with \(name)" }
    if let filters = json["filters"], !filters.isNull, filters.count > 0 {
      return "its chunks have passed filters"
    }
    if json["order"]?.string == "F", shape.count > 1 { return "its chunks are in column order" }
    return nil
  }

  private static func dimensions(
    _ key: String, _ json: JSONValue, _ name: [UInt8], _ file: FilePath
  ) throws(CheckpointError) -> [Int] {
    guard let list = json[key], list.kind == .array, list.count <= highestRank else {
      throw error(name, file, json[key], key, "a list of at most \(highestRank) numbers")
    }
    var dimensions: [Int] = []
    for element in list.elements {
      guard let dimension = element.int, dimension >= 0 else {
        throw error(name, file, element, key, "whole numbers from 0")
      }
      dimensions.append(dimension)
    }
    return dimensions
  }

  private static func error(
    _ name: [UInt8], _ file: FilePath, _ value: JSONValue?, _ field: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(
      .badValue, file: file, place: name + Array("/.zarray, \(field)".utf8),
      found: value.map { $0.string ?? $0.kind.rawValue } ?? "nothing", expected: expected)
  }

  private static func dtype(_ code: String) -> DType? {
    if let known = types[code] { return known }
    return "<>|".contains(code.first ?? " ") ? NumpyDType.coded(code) : nil
  }

  /// TensorStore's own names.
  private static let types: [String: DType] = [
    "bfloat16": .bf16, "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2,
    "float8_e4m3fnuz": .f8e4m3fnuz, "float8_e5m2fnuz": .f8e5m2fnuz,
  ]

  private static func compressor(_ value: JSONValue?) -> Compressor {
    guard let value, !value.isNull else { return .none }
    switch value["id"]?.string {
    case "zstd": return .zstd
    case "zlib": return .zlib
    case "gzip": return .gzip
    case "blosc":
      let method = value["cname"]?.string ?? "blosclz"
      return ["lz4", "lz4hc", "zlib", "zstd"].contains(method) ? .blosc : .other(method)
    case let name: return .other(name ?? "something unknown")
    }
  }
}

/// The element that stands for chunks that are not stored.
enum ZarrFill {
  /// Little-endian; nil where the type cannot hold the value, or how is not known.
  static func bytes(_ value: JSONValue?, _ dtype: DType) -> [UInt8]? {
    let zero = [UInt8](repeating: 0, count: dtype.bytesPerBlock)
    guard let value, !value.isNull else { return zero }
    if value.bool == false || value.double == 0 { return zero }
    switch (dtype, number(value)) {
    case (.bool, _): return value.bool == true ? [1] : nil
    case (.f32, let number?): return bytes(Float(number).bitPattern)
    case (.f64, let number?): return bytes(number.bitPattern)
    default:
      guard dtype.kind == .integer, let whole = value.number?.int64 else { return nil }
      let all = bytes(whole)
      return Array(all.prefix(dtype.bytesPerBlock))
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value.string {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: value.double
    }
  }

  private static func bytes<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
