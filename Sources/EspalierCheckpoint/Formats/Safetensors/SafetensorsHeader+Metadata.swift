import EspalierTree

/// What the file says of itself, and the ties that it records there.
extension SafetensorsHeader {
  mutating func readMetadata(_ document: JSONDocument) throws {
    if document.root.isNull { return }
    guard document.root.kind == .object else {
      throw document.root.error(
        .badValue, field: "__metadata__", expected: "an object of strings, or null")
    }
    for (key, value) in document.root.members {
      guard let text = value.text else {
        throw value.error(
          .badValue, field: "__metadata__.\(visibleText(key))", expected: "a string")
      }
      // Shards repeat the metadata of the whole.
      let entry = MetadataEntry(Name(key), .text(text))
      if !metadata.contains(entry) { metadata.append(entry) }
    }
  }

  /// Adds the names that share an array with another, as the metadata has them.
  ///
  /// - Returns: for each such leaf the one that is stored, and what did not fit.
  mutating func addTies() throws -> (stored: [Int32: LeafID], notes: [String]) {
    var stored: [Int32: LeafID] = [:]
    var notes: [String] = []
    for entry in metadata where entry.key == SafetensorsTies.key {
      guard case .value(.text(let text)) = entry.value, let pairs = SafetensorsTies.decode(text)
      else {
        notes.append("the metadata “\(SafetensorsTies.key)” is not readable; ties are not known")
        continue
      }
      for (name, target) in pairs {
        guard let known = builder.leaf(flatName: Name(target)),
          builder.leaf(flatName: Name(name)) == nil
        else {
          notes.append("the metadata ties “\(visibleText(name))” to an array that is not there")
          continue
        }
        let node = try builder.flatNode(Name(name))
        _ = builder.storage(of: known, new: StorageID(known.raw))
        let leaf = try builder.addTie(node, to: known)
        stored[leaf.raw] = stored[known.raw] ?? known
      }
    }
    return (stored, notes)
  }
}
