import EspalierTree

/// BSON as Julia's BSON.jl writes it: documents with tags that say which of Julia's values they are.
///
/// Read without Julia, and without the types. Fields have no names in the file: those of known layers
/// get the names that they have in Julia, others their numbers.
package struct BSON: CheckpointFormat {
  package let name = "bson"
  package let summary = "Flux with BSON.jl (Julia)"
  package let extensions = ["bson"]
  package let signature = "the file's size in four bytes, then BSON's elements"
  package var writer: (any CheckpointWriter)? { BSONWriter() }

  package init() {}

  package func sniff(_ sample: ContentSample) -> Confidence {
    let prefix = sample.prefix
    guard prefix.count >= 5 else { return .no }
    let length = prefix[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    let isWhole = length == sample.size
    if prefix[4] == 0 { return isWhole && length == 5 ? .likely : .no }
    guard BSONKind(rawValue: prefix[4]) != nil else { return .no }
    // A cut file, or one with something behind it, is known by a tag.
    return isWhole || sample.contains("\u{2}tag\0", within: prefix.count) ? .likely : .no
  }

  package func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    let document = try BSONScanner(region).scan()
    var reader = try BSONTreeReader(document)
    return try reader.read()
  }
}
