import EspalierTree

/// How tied arrays are recorded in an archive that has no ties: each name holds its own copy, and the
/// archive's comment says which were one array:
///
///     {"espalier.ties": {"head.weight": "embed.weight"}}
///
/// numpy neither shows nor minds the comment. What it says holds as long as the two members are equal
/// byte for byte, by their checksums: whoever has changed one of them has undone the tie.
enum NpzTies {
  private static let key = Array("espalier.ties".utf8)
  /// What a comment can hold.
  static let limit = 0xffff

  /// The comment; nil where it would not fit.
  static func comment(_ ties: [SafetensorsTies.Tie]) -> [UInt8]? {
    if ties.isEmpty { return [] }
    let text = Array("{\"espalier.ties\": ".utf8) + SafetensorsTies.encode(ties) + Array("}".utf8)
    return text.count <= limit ? text : nil
  }

  /// The first name of each array that has several, by all of them but the first.
  static func read(_ zip: ZipArchive) throws(CheckpointError) -> [[UInt8]: [UInt8]] {
    let text = try zip.comment()
    guard text.first == UInt8(ascii: "{"),
      let document = try? JSONDocument(text, origin: ByteOrigin(file: "", offset: nil)),
      document.root.kind == .object,
      let ties = document.root.members.first(where: { $0.key.elementsEqual(key) })?.value,
      ties.kind == .object
    else { return [:] }
    var out: [[UInt8]: [UInt8]] = [:]
    for (name, value) in ties.members {
      guard let first = value.text, let a = try zip.entry(name + NumPy.suffix),
        let b = try zip.entry(first + NumPy.suffix), a.crc32 == b.crc32, a.size == b.size
      else { continue }
      out[Array(name)] = first
    }
    return out
  }
}
