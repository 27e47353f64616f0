import EspalierTree

/// A zip archive of checkpoints, as Stable-Baselines3 saves an agent: each is a branch.
struct TorchBundle {
  private let zip: ZipArchive

  init(_ zip: ZipArchive) { self.zip = zip }

  func open() throws -> OpenedContent {
    var filler = PickledTreeFiller()
    var notes: [String] = []
    var members: [[UInt8]] = []
    for entry in zip.entries where TorchArchive.isCheckpoint(entry.name) {
      let name = visibleText(entry.name)
      guard let inner = try region(of: entry, &filler) else {
        notes.append(
          "the member “\(name)” is compressed and too large to be shown: unpack it to see it")
        continue
      }
      guard let archive = try TorchArchive(ZipArchive(inner)) else {
        notes.append("the member “\(name)” is not a PyTorch checkpoint and not shown")
        continue
      }
      try filler.add(archive, under: filler.branch(entry.name))
      members.append(entry.name)
    }
    guard !members.isEmpty else {
      throw CheckpointError(
        .notACheckpoint, file: zip.region.file.path,
        found: "a zip archive without a readable checkpoint (\(notes.joined(separator: "; ")))",
        expected: "one")
    }
    var content = filler.finish()
    content.notes = notes
    content.metadata = try metadata()
    chooseRoot(of: &content, members)
    return content
  }

  /// Bytes that compressed members together may come to; they are unpacked into memory.
  private static let unpackedLimit = 128 << 20

  private func region(
    of entry: ZipEntry, _ filler: inout PickledTreeFiller
  ) throws -> ByteRegion? {
    if let stored = try zip.stored(entry) { return stored }
    let left = Self.unpackedLimit - filler.unpacked.reduce(0) { $0 + $1.file.size }
    guard entry.size <= left else { return nil }
    let file = try zip.inflated(entry, limit: left)
    filler.unpacked.append(UnpackedMember(file: file, zip: zip, entry: entry))
    return ByteRegion(file)
  }

  /// The member that holds the weights, where only one of them can.
  private func chooseRoot(of content: inout OpenedContent, _ members: [[UInt8]]) {
    let tree = content.values.tree
    let holders = tree.children(of: .root).filter { node in
      !tree.isHidden(node)
        && (node.index..<tree.end(of: node)).contains { index in
          tree.leaf(at: NodeID(Int32(truncatingIfNeeded: index)))
            .map { tree.kind(of: $0) == .array } ?? false
        }
    }
    guard members.count > 1, holders.count == 1, let root = holders.first else { return }
    content.root = root
    content.notes.append("the weights are taken from the member “\(tree.name(of: root))”")
  }

  private static let described = ["_stable_baselines3_version", "system_info.txt"]

  private func metadata() throws -> [MetadataEntry] {
    try Self.described.compactMap { name in
      guard let entry = try zip.entry(name), entry.size <= 4096 else { return nil }
      return MetadataEntry(Name(name), .text(try zip.read(entry, limit: 4096)))
    }
  }
}
