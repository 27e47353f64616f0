import EspalierTree

/// Saves values into a copy of files of tensors: archives of PyTorch or NumPy, or one array of the
/// latter. Everything else in them, the pickle with its classes and settings above all, stays byte for
/// byte; checksums are made anew, and compressed members that change are compressed again.
struct PickledCopy {
  /// What changes in one file.
  private struct Changes {
    var edits = FileEdits()
    var contents: [Int: ZipCopy.Content] = [:]
  }

  /// A storage by the file and where it begins there; of a compressed one, where its member does.
  private struct StorageID: Hashable {
    var file: ObjectIdentifier
    var offset: Int
    var isCompressed: Bool
  }

  private let request: SaveRequest
  private let destination: Checkpoint
  private let places: PickledSource
  private var changes: [ObjectIdentifier: Changes] = [:]
  private var arrays = 0

  /// - Returns: nil where the request is not for the destination's own tree, or where a changed array
  ///   is not stored as plain values in the file.
  init?(_ request: SaveRequest) throws {
    guard CopyWriter.canCopy(request), let destination = request.destination,
      let places = destination.values as? PickledSource
    else { return nil }
    self.request = request
    self.destination = destination
    self.places = places
    guard try collect() else { return nil }
  }

  consuming func write() throws -> SaveReport {
    var plan = CopyWriter.targets(of: destination, request)
    for (number, file) in destination.files.enumerated() where number < plan.files.count {
      plan.files[number].pieces = try pieces(of: file)
    }
    let files = try plan.run(request)
    return SaveReport(
      format: destination.format.name, files: files, arrays: arrays, losses: [])
  }

  private func pieces(of file: InputFile) throws -> [SavePlan.Piece] {
    let changes = changes[ObjectIdentifier(file)] ?? Changes()
    let whole = ByteRegion(file)
    guard ZipArchive.sniff(try whole.prefix(4)) else {
      return try changes.edits.pieces(of: file, whole.range)
    }
    return try ZipCopy(try ZipArchive(whole), changes.edits, changes.contents).pieces()
  }

  private mutating func collect() throws -> Bool {
    let tree = places.tree
    var storages: [StorageID: StorageEdit] = [:]
    for leaf in tree.leafIDs {
      guard let array = tree.array(leaf),
        case .bytes(let bytes, let isBigEndian)? = places.place(of: leaf)
      else { continue }
      if array.byteCount == 0 { continue }
      guard let id = Self.storage(bytes) else {
        if try UnchangedValues.areEqual(leaf, request.source, destination) { continue }
        return false
      }
      storages[
        id,
        default: StorageEdit(
          bytes: bytes, isBigEndian: isBigEndian, request: request, old: destination)
      ].views.append(.init(leaf: leaf, array: array))
    }
    for (id, storage) in storages {
      arrays += 1
      switch storage.bytes {
      case .region(let region):
        try storage.add(to: &changes[id.file, default: Changes()].edits, in: region)
      case .compressed(let zip, let entry, let start):
        if let content = try storage.content(of: zip, entry, from: start) {
          changes[id.file, default: Changes()].contents[id.offset] = content
        }
      case .memory: break
      }
    }
    for file in changes.keys { changes[file]?.edits.sort() }
    for member in places.unpacked { try pack(member) }
    return true
  }

  /// Changes in an archive that lies compressed in another one are new content of its member there.
  private mutating func pack(_ member: UnpackedMember) throws {
    guard let inner = changes.removeValue(forKey: ObjectIdentifier(member.file)),
      !inner.edits.all.isEmpty || !inner.contents.isEmpty
    else { return }
    let pieces = try ZipCopy(
      try ZipArchive(ByteRegion(member.file)), inner.edits, inner.contents
    ).pieces()
    let source = request.source
    let path = request.path
    let offset = member.zip.region.range.lowerBound + member.entry.headerOffset
    changes[ObjectIdentifier(member.zip.region.file), default: Changes()].contents[offset] =
      ZipCopy.Content { append in
        let content = try ZipCopy.Content.file(beside: path) { output in
          try SavePlan.write(pieces, to: output, source, SaveMeter(.none, total: 0))
          return true
        }
        try content?.write(append)
      }
  }

  private static func storage(_ bytes: PickledPlace.Bytes) -> StorageID? {
    switch bytes {
    case .region(let region):
      StorageID(
        file: ObjectIdentifier(region.file), offset: region.range.lowerBound, isCompressed: false)
    case .compressed(let zip, let entry, _):
      StorageID(
        file: ObjectIdentifier(zip.region.file),
        offset: zip.region.range.lowerBound + entry.headerOffset, isCompressed: true)
    case .memory: nil
    }
  }
}
