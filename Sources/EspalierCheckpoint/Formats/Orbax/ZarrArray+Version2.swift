import EspalierTree

extension ZarrArray {
  static let fileName2 = ".zarray"

  /// An array of version 2, from the text of its `.zarray`.
  init(version2 text: [UInt8], name: [UInt8], file: FilePath) throws(CheckpointError) {
    let description = try ZarrDescription(text, name: name, file: file, field: Self.fileName2)
    let json = description.json
    guard json["zarr_format"]?.int == 2 else {
      throw description.error(json["zarr_format"], "zarr_format", "2")
    }
    let code = json["dtype"]?.string ?? ""
    let codecs = ZarrCodecs(compressor: json["compressor"], isBigEndian: code.first == ">")
    self.name = name
    shape = try description.dimensions("shape", of: json["shape"])
    chunk = try description.dimensions("chunks", of: json["chunks"], least: 1)
    try description.checkGrid(shape, chunk, "chunks")
    typeName = code.isEmpty ? "structure" : code
    dtype = Self.dtype(code)
    self.codecs = codecs
    keys = ZarrKeys(
      separator: json["dimension_separator"]?.text?.first ?? UInt8(ascii: "."))
    shards = nil
    fill = dtype.flatMap { ZarrFill.bytes(json["fill_value"], $0) }
    obstacle = codecs.obstacle ?? Self.obstacle(json, rank: shape.count)
  }

  private static func obstacle(_ json: JSONValue, rank: Int) -> String? {
    if let filters = json["filters"], !filters.isNull, filters.count > 0 {
      return "its chunks have passed filters"
    }
    if json["order"]?.string == "F", rank > 1 { return "its chunks are in column order" }
    return nil
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
}
