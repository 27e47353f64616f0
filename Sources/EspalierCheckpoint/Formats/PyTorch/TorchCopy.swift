import EspalierTree

/// Saves values into a copy of a file of tensors: an archive of PyTorch or NumPy, or one array of the
/// latter. Everything else in it, the pickle with its classes and settings above all, stays byte for
/// byte; checksums are made anew.
struct TorchCopy {
  private let request: SaveRequest
  private let destination: Checkpoint
  private let places: TorchSource
  private let file: InputFile
  private var edits = TorchEdits()
  private var arrays = 0

  /// - Returns: nil where the request is not for the destination's own tree, or where a changed array
  ///   is not stored as plain values in the file.
  init?(_ request: SaveRequest) throws {
    guard CopyWriter.canCopy(request), let destination = request.destination,
      let places = destination.values as? TorchSource,
      let file = destination.files.first
    else { return nil }
    self.request = request
    self.destination = destination
    self.places = places
    self.file = file
    guard try collect() else { return nil }
  }

  consuming func write() throws -> SaveReport {
    let whole = ByteRegion(file)
    if ZipArchive.sniff(try whole.prefix(4)) { try addChecksums(whole) }
    var output = SavePlan.File(path: request.path)
    output.pieces = try edits.pieces(of: file, 0..<file.size, request.source)
    let files = try SavePlan(files: [output]).run(request)
    return SaveReport(
      format: destination.format.name, files: files, arrays: arrays, losses: [])
  }

  // MARK: What is changed

  private mutating func collect() throws -> Bool {
    let tree = places.tree
    var storages: [Int: TorchStorageEdit] = [:]
    for leaf in tree.leafIDs {
      guard let array = tree.array(leaf),
        case .bytes(let bytes, let isBigEndian)? = places.place(of: leaf)
      else { continue }
      if array.byteCount == 0 { continue }
      guard case .region(let region) = bytes else {
        if try UnchangedValues.areEqual(leaf, request.source, destination) { continue }
        if case .compressed = bytes, destination.format is PyTorch {
          throw compressed(tree.path(of: leaf))
        }
        return false
      }
      storages[
        region.range.lowerBound,
        default: TorchStorageEdit(region: region, isBigEndian: isBigEndian)
      ].views.append(.init(leaf: leaf, array: array))
    }
    for (_, storage) in storages {
      arrays += 1
      try storage.add(to: &edits, from: request.source, over: destination)
    }
    edits.sort()
    return true
  }

  /// Made from nothing, the file would lose its classes for no more than a compressed member.
  private func compressed(_ path: TreePath) -> CheckpointError {
    CheckpointError(
      .unsupported, file: request.path, place: path.flatName.bytes,
      found: "new values for a tensor that is compressed in the destination",
      expected: "one that lies in the file as plain values",
      advice: "save the destination with torch.save first, or the result as safetensors")
  }

  // MARK: Checksums

  /// Makes the checksums of changed members anew; those of archives inside an archive first, since
  /// they are part of its member.
  private mutating func addChecksums(_ region: ByteRegion, depth: Int = 0) throws {
    let archive = try ZipArchive(region)
    var checksums = TorchEdits()
    for entry in archive.entries {
      guard let data = try? archive.stored(entry), edits.touch(data.range) else { continue }
      if depth == 0, ZipArchive.sniff(try data.prefix(4)) { try addChecksums(data, depth: 1) }
      var crc = CRC32()
      for piece in try edits.pieces(of: file, data.range, request.source) {
        try piece.forEachPart(request) { crc.update($0) }
      }
      let bytes = withUnsafeBytes(of: crc.value.littleEndian) { Array($0) }
      for offset in try ZipChecksum(entry, of: archive).offsets {
        let start = region.range.lowerBound + offset
        checksums.add(start..<start + 4, .bytes(bytes))
      }
    }
    edits.add(checksums)
    edits.sort()
  }
}

extension SavePlan.Piece {
  /// The bytes of a piece, in parts, to look at before they are written.
  fileprivate func forEachPart(_ request: SaveRequest, _ body: ([UInt8]) throws -> Void) throws {
    switch self {
    case .bytes(let bytes): try body(bytes)
    case .copy(let file, let range):
      var start = range.lowerBound
      while start < range.upperBound {
        let count = min(1 << 20, range.upperBound - start)
        try body(try file.read(at: start, count: count))
        start += count
      }
    case .values(let leaf, _):
      try request.source.withChunks(of: leaf) { chunk in
        try request.monitor.check(0, of: 1)
        try body(Array(chunk))
      }
    case .made(_, let make):
      try make { part in
        try request.monitor.check(0, of: 1)
        try body(part)
      }
    }
  }
}
