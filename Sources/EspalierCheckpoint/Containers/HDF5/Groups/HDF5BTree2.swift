/// A tree of records, sorted by a key: the index of dense groups, attributes and some chunked data.
struct HDF5BTree2 {
  let kind: UInt8
  let recordSize: Int
  private let nodeSize: Int
  private let depth: Int
  private let root: Int?
  private let rootRecords: Int
  let recordCount: Int

  init(_ metadata: HDF5Metadata, at address: Int) throws(CheckpointError) {
    let size = 22 + metadata.sizes.offset + metadata.sizes.length
    var cursor = try metadata.cursor(at: address, size, "B-tree header")
    try cursor.expect("BTHD", "B-tree header")
    _ = try cursor.expectVersion(0...0, "B-tree header")
    kind = try cursor.u8("B-tree kind")
    nodeSize = try cursor.u32("B-tree node size")
    recordSize = try cursor.u16("B-tree record size")
    depth = try cursor.u16("B-tree depth")
    try cursor.skip(2, "B-tree header")
    root = try cursor.address("B-tree root")
    rootRecords = try cursor.u16("B-tree root")
    recordCount = try cursor.length("B-tree records")
    try cursor.checksum("B-tree header")
    guard recordSize > 0, nodeSize > 10 + recordSize, depth < 64 else {
      throw cursor.error(
        .badHeader, "B-tree header",
        found: "records of \(recordSize) bytes in nodes of \(nodeSize), \(depth) levels",
        expected: "records that fit into their nodes")
    }
  }

  /// Hands over every record; order is that of the key.
  func forEachRecord(
    _ metadata: HDF5Metadata,
    _ body: (inout HDF5Cursor) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try forEachRecordInNode(metadata) { record, _ throws(CheckpointError) in try body(&record) }
  }

  /// - Parameter body: gets a record, and the addresses of the node, checksum and all, that it is in.
  func forEachRecordInNode(
    _ metadata: HDF5Metadata,
    _ body: (inout HDF5Cursor, Range<Int>) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard let root else { return }
    let levels = Levels(self, metadata.sizes)
    var pending = [(address: root, records: rootRecords, level: depth)]
    var seen: Set<Int> = []
    while let node = pending.popLast() {
      guard seen.insert(node.address).inserted else {
        throw metadata.error(
          .malformed, at: node.address, "B-tree node", found: "a node that was read already",
          expected: "a further one")
      }
      let pointer = node.level > 0 ? levels.pointerSize(node.level) : 0
      guard let size = product([node.records, recordSize + pointer]),
        size <= metadata.file.region.count
      else {
        throw metadata.error(
          .badValue, at: node.address, "B-tree node", found: "\(node.records) records",
          expected: "as many as the file has bytes for")
      }
      var cursor = try metadata.cursor(
        at: node.address, 6 + size + pointer + 4, "B-tree node")
      try cursor.expect(node.level > 0 ? "BTIN" : "BTLF", "B-tree node")
      try cursor.skip(2, "B-tree node")
      for _ in 0..<node.records {
        var record = try cursor.part(recordSize, "B-tree record")
        try body(&record, cursor.range)
      }
      if node.level > 0 {
        var children: [(address: Int, records: Int, level: Int)] = []
        for _ in 0...node.records {
          let child = try cursor.someAddress("B-tree child")
          let records = try cursor.count(levels.countSize, "B-tree child")
          if node.level > 1 {
            try cursor.skip(levels.totalSize(node.level - 1), "B-tree child")
          }
          children.append((child, records, node.level - 1))
        }
        pending += children.reversed()
      }
      try cursor.checksum("B-tree node")
    }
  }

  /// How wide the counts in inner nodes are: as wide as full nodes below them need.
  private struct Levels {
    let countSize: Int
    private let offset: Int
    /// By level: bytes that hold the number of records of a full subtree.
    private var totals = [0]

    init(_ tree: HDF5BTree2, _ sizes: HDF5Sizes) {
      offset = sizes.offset
      let leafRecords = max(1, (tree.nodeSize - 10) / tree.recordSize)
      countSize = bytesNeeded(leafRecords)
      var subtree = leafRecords
      for level in 1..<max(2, tree.depth + 1) {
        let pointer = offset + countSize + totals[level - 1]
        let records = max(1, (tree.nodeSize - 10 - pointer) / (tree.recordSize + pointer))
        let (many, overflow) = (records + 1).multipliedReportingOverflow(by: subtree)
        subtree = overflow || many > Int.max - records ? Int.max : many + records
        totals.append(bytesNeeded(subtree))
      }
    }

    func totalSize(_ level: Int) -> Int { level < totals.count ? totals[level] : 8 }
    func pointerSize(_ level: Int) -> Int {
      offset + countSize + (level > 1 ? totalSize(level - 1) : 0)
    }
  }
}
