/// Recognises a model. ONNX has no magic number: what speaks for it is that the whole file is one
/// message of the fields that a model has, with their types, among them a version and a graph that
/// begins as graphs do.
enum ONNXSniffer {
  /// Versions of the format so far, with room for more.
  private static let versions: ClosedRange<UInt64> = 1...64
  /// What else begins alike must not be read to its end.
  private static let fieldLimit = 10_000

  static func confidence(_ sample: ContentSample) -> Confidence {
    // A cheap no for almost everything: the first field is the version in what serializers write.
    guard let first = sample.prefix.first, modelFields[Int(first >> 3)] != nil else { return .no }
    var reader = ProtobufReader(sample.region, windowSize: 256)
    var version: UInt64?
    var graph: Range<Int>?
    do throws(CheckpointError) {
      var count = 0
      while let field = try reader.next() {
        count += 1
        guard isKnown(field, in: modelFields), count <= fieldLimit else { return .no }
        if field.number == 1 { version = try reader.number(field, "version") }
        if field.number == 7 { graph = try reader.range(field, "graph") }
      }
      guard let version, versions.contains(version), let graph else { return .no }
      return try beginsAsGraph(graph, &reader) ? .likely : .no
    } catch {
      return cutShort(sample, error) ? .possible : .no
    }
  }

  /// Whether a model ends too early: it says its version and who made it, and then has too few bytes.
  private static func cutShort(_ sample: ContentSample, _ error: CheckpointError) -> Bool {
    sample.prefix.count >= 3 && sample.prefix[0] == 0x08
      && versions.contains(UInt64(sample.prefix[1]))
      && [0x12, 0x1a, 0x22, 0x3a].contains(sample.prefix[2]) && error.code == .truncated
  }

  private static func beginsAsGraph(
    _ graph: Range<Int>, _ reader: inout ProtobufReader
  ) throws(CheckpointError) -> Bool {
    try reader.visit(graph, "graph")
    for _ in 0..<16 {
      guard let field = try reader.next() else { break }
      guard isKnown(field, in: graphFields) else { return false }
    }
    return !graph.isEmpty
  }

  private enum Kind { case number, bytes }

  private static func isKnown(_ field: ProtobufField, in fields: [Int: Kind]) -> Bool {
    switch field.value {
    case .varint: fields[field.number] == .number
    case .bytes: fields[field.number] == .bytes
    case .fixed32, .fixed64: false
    }
  }

  private static let modelFields: [Int: Kind] = [
    1: .number, 2: .bytes, 3: .bytes, 4: .bytes, 5: .number, 6: .bytes, 7: .bytes, 8: .bytes,
    14: .bytes, 20: .bytes, 25: .bytes, 26: .bytes,
  ]
  private static let graphFields: [Int: Kind] = [
    1: .bytes, 2: .bytes, 5: .bytes, 10: .bytes, 11: .bytes, 12: .bytes, 13: .bytes, 14: .bytes,
    15: .bytes, 16: .bytes,
  ]
}
