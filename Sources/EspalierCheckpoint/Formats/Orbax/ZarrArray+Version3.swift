import EspalierTree

extension ZarrArray {
  static let fileName3 = "zarr.json"

  /// An array of version 3, from the text of its `zarr.json`; nil where that describes a group.
  init?(version3 text: [UInt8], name: [UInt8], file: FilePath) throws(CheckpointError) {
    let description = try ZarrDescription(text, name: name, file: file, field: Self.fileName3)
    let json = description.json
    if json["node_type"]?.string == "group" { return nil }
    guard json["zarr_format"]?.int == 3 else {
      throw description.error(json["zarr_format"], "zarr_format", "3")
    }
    self.name = name
    shape = try description.dimensions("shape", of: json["shape"])
    let grid = json["chunk_grid"]
    let outer = try description.dimensions(
      "chunk_grid", of: grid?["configuration"]?["chunk_shape"], least: 1)
    try description.checkGrid(shape, outer, "chunk_grid")
    typeName = json["data_type"]?.string ?? "structure"
    dtype = Self.types[typeName]
    keys = Self.keys(json["chunk_key_encoding"])
    fill = dtype.flatMap { ZarrFill.bytes(json["fill_value"], $0) }
    var obstacle: String?
    if let name = grid?["name"]?.string, name != "regular" {
      obstacle = "its chunks form a grid of the kind “\(name)”"
    }
    if let transformers = json["storage_transformers"], transformers.count > 0 {
      obstacle = "its chunks are stored by way of something else"
    }
    if let sharding = Self.sharding(json["codecs"]) {
      let inner = try description.dimensions(
        "sharding_indexed", of: sharding["chunk_shape"], least: 1)
      guard inner.count == outer.count, zip(outer, inner).allSatisfy({ $0 % $1 == 0 }),
        product(zip(outer, inner).map { $0 / $1 }) != nil
      else {
        throw description.error(nil, "sharding_indexed", "chunks that divide \(outer)")
      }
      chunk = inner
      codecs = ZarrCodecs(sharding["codecs"])
      let index = ZarrCodecs(sharding["index_codecs"])
      shards = ZarrShards(
        counts: zip(outer, inner).map { $0 / $1 }, index: index,
        isIndexFirst: sharding["index_location"]?.string == "start")
      obstacle = obstacle ?? codecs.obstacle ?? index.obstacle
    } else {
      chunk = outer
      codecs = ZarrCodecs(json["codecs"])
      shards = nil
      obstacle = obstacle ?? codecs.obstacle
    }
    self.obstacle = obstacle
  }

  /// How shards are divided, where chunks are in shards and nothing is done to these.
  private static func sharding(_ codecs: JSONValue?) -> JSONValue? {
    guard let codecs, codecs.count == 1, let only = codecs.elements.first,
      only["name"]?.string == "sharding_indexed"
    else { return nil }
    return only["configuration"]
  }

  private static func keys(_ encoding: JSONValue?) -> ZarrKeys {
    let separator = encoding?["configuration"]?["separator"]?.text?.first
    if encoding?["name"]?.string == "v2" {
      return ZarrKeys(separator: separator ?? UInt8(ascii: "."))
    }
    return ZarrKeys(first: [UInt8(ascii: "c")], separator: separator ?? UInt8(ascii: "/"))
  }

  private static let types: [String: DType] = [
    "bool": .bool, "int8": .i8, "uint8": .u8, "int16": .i16, "uint16": .u16, "int32": .i32,
    "uint32": .u32, "int64": .i64, "uint64": .u64, "float16": .f16, "bfloat16": .bf16,
    "float32": .f32, "float64": .f64, "complex64": .c64, "complex128": .c128,
    "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2, "float8_e4m3fnuz": .f8e4m3fnuz,
    "float8_e5m2fnuz": .f8e5m2fnuz, "float8_e8m0fnu": .f8e8m0,
  ]
}
