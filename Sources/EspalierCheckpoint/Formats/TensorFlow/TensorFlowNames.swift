import EspalierTree

extension TensorFlow {
  /// A checkpoint is called by what its files' names have in common, and a SavedModel by its folder:
  /// neither is the file that says what is in it.
  package func fileMeant(by path: FilePath) -> FilePath? {
    let variables = Array("variables".utf8)
    let index = Array("variables.index".utf8)
    if Checkpoint.isFolder(path) {
      let inside = path.appending(variables).appending(index)
      return (try? InputFile(inside)) == nil ? nil : inside
    }
    let candidates = [
      FilePath(bytes: path.bytes + Array(".index".utf8)),
      Self.prefix(of: path.name).flatMap { try? path.neighbour($0 + Array(".index".utf8)) },
      Self.besideVariables.contains(path.name)
        ? path.folder.appending(variables).appending(index) : nil,
    ]
    return candidates.compactMap { $0 }.first { (try? InputFile($0)) != nil }
  }

  /// Files of a SavedModel that hold no values.
  private static let besideVariables = ["saved_model.pb", "keras_metadata.pb", "fingerprint.pb"]
    .map { Array($0.utf8) }

  /// What stands before `.data-00000-of-00001` or `.meta`.
  private static func prefix(of name: [UInt8]) -> [UInt8]? {
    if name.hasSuffix(".meta") { return Array(name.dropLast(5)) }
    // `.data-`, five digits, `-of-`, five digits.
    let end = name.suffix(20)
    let isData =
      end.count == 20 && end.starts(with: ".data-".utf8)
      && end.dropFirst(11).starts(with: "-of-".utf8)
      && (end.dropFirst(6).prefix(5) + end.suffix(5)).allSatisfy { (0x30...0x39).contains($0) }
    return isData ? Array(name.dropLast(20)) : nil
  }

  /// The name of a data file, from that of the index; nil where that does not end as one should.
  static func dataName(index: [UInt8], shard: Int, of count: Int) -> [UInt8]? {
    guard index.hasSuffix(".index") else { return nil }
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }
    return Array(index.dropLast(6)) + Array(".data-\(digits(shard))-of-\(digits(count))".utf8)
  }
}
