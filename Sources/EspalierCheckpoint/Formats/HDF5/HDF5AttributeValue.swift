import EspalierTree

/// An attribute as an entry of the checkpoint's metadata.
struct HDF5AttributeValue {
  let value: MetadataEntry.Value

  /// Longer lists are named, not shown.
  private static let listLimit = 4096

  init(_ attribute: HDF5Attribute, _ metadata: HDF5Metadata) throws(CheckpointError) {
    guard !attribute.space.isNull else {
      value = .value(.nothing)
      return
    }
    let count = attribute.space.elementCount ?? 0
    var data = attribute.cursor(metadata)
    if attribute.space.dimensions.isEmpty {
      let single = try attribute.type.leafValue(&data, metadata)
      value = single.map(Self.single) ?? .value(.opaque(type: Array(attribute.type.summary.utf8)))
      return
    }
    guard count <= Self.listLimit, attribute.type.isText || attribute.type.elementType != nil else {
      let words = "\(attribute.type.summary) \(attribute.space.dimensions)"
      value = .value(.opaque(type: Array(words.utf8)))
      return
    }
    var items: [[UInt8]] = []
    for _ in 0..<count {
      switch try attribute.type.leafValue(&data, metadata) {
      case .text(let bytes)?: items.append(Self.quoted(bytes))
      case .float(let number)? where !number.isFinite:
        items.append(Self.quoted(Array("\(number)".utf8)))
      case let other?: items.append(Array(other.description.utf8))
      case nil:
        try data.skip(attribute.type.size, "attribute")
        items.append(Array("null".utf8))
      }
    }
    value = .json(Array("[".utf8) + items.joined(separator: [UInt8(ascii: ",")]) + "]".utf8)
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    var json = HeaderText()
    json.quote(text)
    return json.bytes
  }

  /// A text that is a JSON object or list is shown as one: Keras keeps its configurations so.
  private static func single(_ value: LeafValue) -> MetadataEntry.Value {
    guard case .text(let text) = value, let first = text.first,
      first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
      (try? JSONDocument(text, origin: ByteOrigin(file: "", offset: nil))) != nil
    else { return .value(value) }
    return .json(text)
  }
}
