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
      guard case .value(.text(let text)) = entry.value, let ties = SafetensorsTies.decode(text)
      else {
        notes.append("the metadata “\(SafetensorsTies.key)” is not readable; ties are not known")
        continue
      }
      for tie in ties {
        if let (leaf, known) = try add(tie) {
          stored[leaf.raw] = stored[known.raw] ?? known
        } else {
          notes.append(
            "the metadata ties “\(visibleText(tie.name))” to an array that is not there, or that "
              + "has no place for it")
        }
      }
    }
    return (stored, notes)
  }

  /// - Returns: nil, and nothing is added, where the tie does not fit.
  private mutating func add(
    _ tie: SafetensorsTies.Tie
  ) throws -> (leaf: LeafID, stored: LeafID)? {
    guard let known = builder.leaf(flatName: Name(tie.stored)),
      builder.leaf(flatName: Name(tie.name)) == nil, let elements = builder.elements(of: known)
    else { return nil }
    if let view = tie.view {
      // A view of a view would not count in elements of what is stored.
      guard known.index < begins.count, elements.dtype.isWholeBytes, view.fits(in: elements.count)
      else { return nil }
    }
    let node = try builder.flatNode(Name(tie.name))
    let storage = builder.storage(of: known, new: StorageID(known.raw))
    guard let view = tie.view else { return (try builder.addTie(node, to: known), known) }
    let array = ArrayDescription(
      elements.dtype, view.shape, layout: view.layout, storage: storage)
    return (try builder.setArray(array, at: node), known)
  }
}
