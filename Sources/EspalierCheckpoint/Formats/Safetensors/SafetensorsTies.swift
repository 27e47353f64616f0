import EspalierTree

/// How tied arrays are kept in a format that has no ties: the values are stored once, and an entry of
/// the metadata names the other paths, as JSON: `{"decoder.weight":"encoder.weight"}`, the second
/// name first, the stored one after it. Other readers see an array less and a text more.
enum SafetensorsTies {
  static let key = Name("espalier.ties")

  /// Pairs of a further name and the stored one; nil where the text is not what it should be.
  static func decode(_ text: [UInt8]) -> [(name: [UInt8], stored: [UInt8])]? {
    let origin = ByteOrigin(file: "", offset: nil)
    guard let document = try? JSONDocument(text, origin: origin), document.root.kind == .object
    else { return nil }
    var pairs: [(name: [UInt8], stored: [UInt8])] = []
    for (name, value) in document.root.members {
      guard let stored = value.text else { return nil }
      pairs.append((name, stored))
    }
    return pairs
  }

  static func encode(_ pairs: [(name: [UInt8], stored: [UInt8])]) -> [UInt8] {
    var text = HeaderText()
    text.append("{")
    for (index, pair) in pairs.enumerated() {
      if index > 0 { text.append(",") }
      text.quote(pair.name)
      text.append(":")
      text.quote(pair.stored)
    }
    text.append("}")
    return text.bytes
  }
}
