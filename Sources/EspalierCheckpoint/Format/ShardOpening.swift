import EspalierTree
import Glibc

extension Checkpoint {
  static func isFolder(_ path: FilePath) -> Bool {
    (try? SystemCalls().status(path)).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// Opens the files that an index names.
  static func openIndex(
    _ file: InputFile, named path: FilePath, _ options: OpenOptions
  ) throws -> Checkpoint {
    let index = try ShardIndex(file)
    var files: [InputFile] = []
    for name in index.shards { files.append(try open(shard: name, of: index)) }
    let (format, content) = try open(shards: files, options)
    if let shardOfLeaf = content.shardOfLeaf {
      try index.check(content.values.tree, shardOf: shardOfLeaf)
    }
    var whole = content
    whole.metadata = index.metadata + content.metadata
    return try assemble(
      path, format, whole, files + [file], options,
      shards: Shards(index: file, names: index.shards, files: files))
  }

  private static func open(
    shard name: [UInt8], of index: ShardIndex
  ) throws(CheckpointError) -> InputFile {
    let path = try index.file.path.neighbour(name)
    do {
      return try InputFile(path)
    } catch {
      guard error.code == .notFound else { throw error }
      throw CheckpointError(
        .missingShard, file: index.file.path, place: name, found: "no such file beside the index",
        expected: "all \(index.shards.count) shards", advice: "download the missing ones")
    }
  }

  /// Opens a folder: by its index, or all its files of one format together.
  static func openFolder(_ path: FilePath, _ options: OpenOptions) throws -> Checkpoint {
    let folder = try FolderListing(path)
    if folder.indexes.count == 1 {
      return try openIndex(try InputFile(folder.indexes[0]), named: path, options)
    }
    guard folder.indexes.isEmpty else { throw folder.severalIndexes() }
    guard let candidates = folder.largestKind else { throw folder.nothingFound() }
    let files = candidates.files
    try checkAllThere(files, folder)
    if files.count == 1 {
      let region = ByteRegion(files[0])
      let content = try candidates.format.open(region, options)
      return try assemble(path, candidates.format, content, files, options)
    }
    try checkBelongTogether(files, candidates.format, folder)
    let (format, content) = try open(shards: files, options)
    var whole = content
    whole.notes.append("\(files.count) files of the folder are read as one tree")
    return try assemble(
      path, format, whole, files, options,
      shards: Shards(index: nil, names: files.map(\.path.name), files: files))
  }

  /// Where several files of a format are nothing unusual, only names that count them make them one.
  private static func checkBelongTogether(
    _ files: [InputFile], _ format: any CheckpointFormat, _ folder: FolderListing
  ) throws(CheckpointError) {
    guard format.shardsAreNumbered, !ShardName.countAlike(files.map(\.path.name)) else { return }
    let names = files.prefix(3).map { "“\(visibleText($0.path.name))”" }.joined(separator: ", ")
    throw CheckpointError(
      .notACheckpoint, file: folder.path,
      found: "\(files.count) checkpoints: \(names)\(files.count > 3 ? ", …" : "")",
      expected: "the numbered shards of one, or an index that names them",
      advice: "open the one you mean")
  }

  /// Shards whose names count them must all be in the folder.
  private static func checkAllThere(
    _ files: [InputFile], _ folder: FolderListing
  ) throws(CheckpointError) {
    guard let missing = ShardName.firstMissing(among: files.map(\.path.name)) else { return }
    if let file = try? InputFile(folder.path.appending(missing)) {
      // It is there, and no checkpoint: its own error says what it is.
      let sample = try ContentSample(ByteRegion(file))
      _ = try format(of: sample)
    }
    throw CheckpointError(
      .missingShard, file: folder.path, place: missing, found: "no such file in the folder",
      expected: "all shards that the names of the others count",
      advice: "download the missing ones, or open the others one by one")
  }

  private static func open(
    shards files: [InputFile], _ options: OpenOptions
  ) throws -> (any CheckpointFormat, OpenedContent) {
    var known: (any CheckpointFormat)?
    for file in files {
      let sample = try ContentSample(ByteRegion(file))
      guard !ShardIndex.isIndex(sample) else {
        throw CheckpointError(
          .notACheckpoint, file: file.path, found: "an index of shards, which another one names",
          expected: "a shard")
      }
      let format = try format(of: sample)
      if let known, known.name != format.name {
        throw CheckpointError(
          .badHeader, file: file.path, found: "a shard in the format “\(format.name)”",
          expected: "“\(known.name)” like the shards before it")
      }
      known = format
    }
    guard let format = known else {
      throw CheckpointError(.notACheckpoint, file: "", found: "no shards")
    }
    return (format, try format.open(shards: files.map { ByteRegion($0) }, options))
  }
}
