/// Groups as files before HDF5 1.8 and h5py by default have them: a B-tree of symbol tables whose
/// names lie in a heap.
extension HDF5Metadata {
  func oldLinks(_ tree: Int, _ heap: Int) throws(CheckpointError) -> [HDF5Link] {
    let names = try localHeap(heap)
    var links: [HDF5Link] = []
    for table in try symbolTables(tree) {
      var cursor = try cursor(at: table, 8, "symbol table")
      try cursor.expect("SNOD", "symbol table")
      _ = try cursor.expectVersion(1...1, "symbol table")
      try cursor.skip(1, "symbol table")
      let count = try cursor.u16("symbol table")
      let entry = 2 * sizes.offset + 24
      var entries = try self.cursor(at: table + 8, count * entry, "symbol table")
      for _ in 0..<count { links.append(try oldLink(&entries, names)) }
    }
    return links
  }

  private func oldLink(
    _ entries: inout HDF5Cursor, _ names: HDF5Cursor
  ) throws(CheckpointError) -> HDF5Link {
    func name(_ offset: Int) throws(CheckpointError) -> [UInt8] {
      var heap = names
      try heap.skip(offset, "name in a group")
      return try heap.text("name in a group")
    }
    let nameOffset = try entries.count(sizes.offset, "name in a group")
    let header = try entries.address("object header address")
    let cache = try entries.u32("symbol table entry")
    try entries.skip(4, "symbol table entry")
    var scratch = try entries.part(16, "symbol table entry")
    if cache == 2 {
      let path = try name(try scratch.u32("soft link"))
      return HDF5Link(name: try name(nameOffset), target: .soft(path))
    }
    guard let header else {
      throw entries.error(
        .badValue, "object header address", found: "the undefined address",
        expected: "one inside the file")
    }
    return HDF5Link(name: try name(nameOffset), target: .hard(header))
  }

  private func localHeap(_ address: Int) throws(CheckpointError) -> HDF5Cursor {
    var cursor = try cursor(at: address, 8 + 2 * sizes.length + sizes.offset, "group names")
    try cursor.expect("HEAP", "group names")
    _ = try cursor.expectVersion(0...0, "group names")
    try cursor.skip(3, "group names")
    let size = try cursor.length("group names")
    _ = try cursor.unsigned(sizes.length, "group names")
    let data = try cursor.someAddress("group names")
    return try self.cursor(at: data, size, "group names")
  }

  /// The addresses of a group's symbol tables, in order of their names.
  private func symbolTables(_ root: Int) throws(CheckpointError) -> [Int] {
    var tables: [Int] = []
    try walkBTree1(root, kind: 0, keySize: sizes.length) { _, table throws(CheckpointError) in
      tables.append(table)
    }
    return tables
  }

  /// Hands over each key and child of the leaves of a B-tree of version 1.
  func walkBTree1(
    _ root: Int, kind: UInt8, keySize: Int,
    _ body: (inout HDF5Cursor, Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let head = 8 + 2 * sizes.offset
    var pending: [(address: Int, level: UInt8?)] = [(root, nil)]
    var seen: Set<Int> = [root]
    while let (address, level) = pending.popLast() {
      var cursor = try cursor(at: address, head, "B-tree node")
      try cursor.expect("TREE", "B-tree node")
      let foundKind = try cursor.u8("B-tree kind")
      let foundLevel = try cursor.u8("B-tree level")
      guard foundKind == kind, level == nil || foundLevel == level else {
        throw cursor.error(
          .badHeader, "B-tree node", found: "kind \(foundKind), level \(foundLevel)",
          expected: "kind \(kind), level \(level ?? 0)")
      }
      let count = try cursor.u16("B-tree entries")
      var entries = try self.cursor(
        at: address + head, count * (keySize + sizes.offset), "B-tree node")
      var children: [(address: Int, level: UInt8?)] = []
      for _ in 0..<count {
        var key = try entries.part(keySize, "B-tree key")
        let child = try entries.someAddress("B-tree child")
        if foundLevel == 0 {
          try body(&key, child)
        } else {
          guard seen.insert(child).inserted else {
            throw entries.error(
              .malformed, "B-tree child", found: "a node that was read already",
              expected: "a further one")
          }
          children.append((child, foundLevel - 1))
        }
      }
      pending += children.reversed()
    }
  }
}
