import EspalierTree

/// The outermost message: what the model says about itself, and where its graphs are.
struct ONNXModel {
  private(set) var metadata: [MetadataEntry] = []
  private(set) var graph: Range<Int>?
  /// Functions that nodes call, with nodes of their own.
  private(set) var functions: [Range<Int>] = []
  private(set) var trainings: [Range<Int>] = []

  private var version: Int64 = 0
  private var properties: [MetadataEntry] = []
  private var operatorSets: [MetadataEntry] = []

  static let messageLimit = 100_000

  init(_ reader: inout ProtobufReader) throws(CheckpointError) {
    while let field = try reader.next() {
      switch field.number {
      case 1, 5: try addNumber(field, reader)
      case 2, 3, 4, 6: try addText(field, &reader)
      case 7:
        guard graph == nil else { throw Self.second(field, reader) }
        graph = try reader.range(field, "graph")
      case 8: try addOperatorSet(field, &reader)
      case 14: try addProperty(field, &reader)
      case 20: try Self.append(field, "training_info", to: &trainings, reader)
      case 25: try Self.append(field, "functions", to: &functions, reader)
      default: break
      }
    }
    guard graph != nil else {
      throw reader.error(.truncated, at: reader.count, "graph", found: "the end", "a graph")
    }
    // Every model since version 3 says which operators it uses; the field follows the graph.
    if operatorSets.isEmpty, version >= 3 {
      throw reader.error(
        .truncated, at: reader.count, "opset_import", found: "the end", "the operator sets in use")
    }
    metadata += operatorSets + properties
  }

  private static let names = [
    1: "ir_version", 2: "producer_name", 3: "producer_version", 4: "domain", 5: "model_version",
    6: "doc_string",
  ]

  private mutating func addNumber(
    _ field: ProtobufField, _ reader: ProtobufReader
  ) throws(CheckpointError) {
    let name = Self.names[field.number] ?? ""
    let number = try reader.signed(field, name)
    if field.number == 1 { version = number }
    metadata.append(MetadataEntry(Name(name), .integer(number)))
  }

  private mutating func addText(
    _ field: ProtobufField, _ reader: inout ProtobufReader
  ) throws(CheckpointError) {
    let name = Self.names[field.number] ?? ""
    let range = try reader.range(field, name)
    guard !range.isEmpty else { return }
    metadata.append(MetadataEntry(Name(name), try Self.text(range, name, &reader)))
  }

  private mutating func addOperatorSet(
    _ field: ProtobufField, _ reader: inout ProtobufReader
  ) throws(CheckpointError) {
    var domain = Array("ai.onnx".utf8)
    var version: Int64 = 0
    try Self.checkCount(operatorSets.count, "opset_import", field, reader)
    try reader.enter(field, "opset_import")
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let name = try reader.bytes(field, "domain")
        if !name.isEmpty { domain = name }
      case 2: version = try reader.signed(field, "version")
      default: break
      }
    }
    operatorSets.append(
      MetadataEntry(Name(Array("opset_import.".utf8) + domain), .integer(version)))
  }

  private mutating func addProperty(
    _ field: ProtobufField, _ reader: inout ProtobufReader
  ) throws(CheckpointError) {
    try Self.checkCount(properties.count, "metadata_props", field, reader)
    var key: [UInt8] = []
    var value = 0..<0
    try reader.enter(field, "metadata_props")
    while let field = try reader.next() {
      switch field.number {
      case 1: key = try reader.bytes(field, "key")
      case 2: value = try reader.range(field, "value")
      default: break
      }
    }
    let text = try Self.text(value, "metadata_props", &reader)
    properties.append(MetadataEntry(Name(Array("metadata_props.".utf8) + key), text))
  }

  private static func append(
    _ field: ProtobufField, _ name: String, to ranges: inout [Range<Int>], _ reader: ProtobufReader
  ) throws(CheckpointError) {
    try Self.checkCount(ranges.count, name, field, reader)
    ranges.append(try reader.range(field, name))
  }

  private static func checkCount(
    _ count: Int, _ name: String, _ field: ProtobufField, _ reader: ProtobufReader
  ) throws(CheckpointError) {
    guard count < Self.messageLimit else {
      throw reader.error(
        .limitExceeded, at: field.offset, name, found: "more of them",
        "at most \(Self.messageLimit)")
    }
  }

  private static let textLimit = 1 << 20

  private static func text(
    _ range: Range<Int>, _ name: String, _ reader: inout ProtobufReader
  ) throws(CheckpointError) -> LeafValue {
    guard range.count <= textLimit else {
      return .opaque(type: Array("text of \(byteCount(range.count))".utf8))
    }
    return .text(try reader.bytes(in: range, name))
  }

  private static func second(_ field: ProtobufField, _ reader: ProtobufReader) -> CheckpointError {
    reader.error(
      .duplicateName, at: field.offset, "graph", found: "a second graph", "one graph")
  }
}
