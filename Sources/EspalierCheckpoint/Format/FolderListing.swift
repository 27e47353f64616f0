import EspalierTree
import Glibc

/// What a folder holds, as far as checkpoints are concerned.
struct FolderListing {
  /// More entries than any folder of shards has.
  static let entryLimit = 100_000

  let path: FilePath
  private(set) var indexes: [FilePath] = []
  /// Readable checkpoints by format, files in order of their names.
  private(set) var kinds: [(format: any CheckpointFormat, files: [InputFile])] = []
  private var entryCount = 0
  /// That a file only stands for the real one.
  private var pointer: CheckpointError?

  init(_ path: FilePath) throws(CheckpointError) {
    self.path = path
    for name in try Self.names(in: path) {
      entryCount += 1
      // Hidden files are none of the user's; unreadable ones are passed over here.
      guard name.first != UInt8(ascii: "."), let file = try? InputFile(path.appending(name)),
        let sample = try? ContentSample(ByteRegion(file))
      else { continue }
      if ShardIndex.isIndex(sample) {
        indexes.append(file.path)
      } else if let found = Formats.sniff(sample), found.confidence > .possible {
        add(file, found.format)
      } else if pointer == nil {
        pointer = ForeignContent.pointer(sample)?.error(file)
      }
    }
  }

  private mutating func add(_ file: InputFile, _ format: any CheckpointFormat) {
    if let at = kinds.firstIndex(where: { $0.format.name == format.name }) {
      kinds[at].files.append(file)
    } else {
      kinds.append((format, [file]))
    }
  }

  /// The files to read together: those of the only format, or of the one that holds most bytes.
  var largestKind: (format: any CheckpointFormat, files: [InputFile])? {
    func size(_ files: [InputFile]) -> Int { files.reduce(0) { $0 &+ $1.size } }
    return kinds.max { size($0.files) < size($1.files) }
  }

  func severalIndexes() -> CheckpointError {
    let names = indexes.map { visibleText($0.name) }.joined(separator: ", ")
    return CheckpointError(
      .notACheckpoint, file: path, found: "a folder with \(indexes.count) indexes (\(names))",
      expected: "one", advice: "open the one you mean")
  }

  func nothingFound() -> CheckpointError {
    if let pointer { return pointer }
    return CheckpointError(
      .notACheckpoint, file: path,
      found: entryCount == 0
        ? "an empty folder"
        : entryCount == 1
          ? "a folder with 1 file, not a checkpoint"
          : "a folder of \(entryCount) files, none of them a checkpoint",
      expected: "shards, or an index that names them", advice: "open a file inside it")
  }

  /// Names in order of their bytes; `model-00002` after `model-00001`.
  private static func names(in path: FilePath) throws(CheckpointError) -> [[UInt8]] {
    try names(in: path) { _, _ in true }
  }

  /// Names of folders in a folder, in order of their bytes; links are none.
  static func subfolders(of path: FilePath) throws(CheckpointError) -> [[UInt8]] {
    let calls = SystemCalls()
    return try names(in: path) { folder, name in
      let status = try? calls.status(FilePath(bytes: name), in: folder)
      return status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }
  }

  /// - Parameter isWanted: gets the folder's descriptor and a name.
  private static func names(
    in path: FilePath, where isWanted: (Int32, [UInt8]) -> Bool
  ) throws(CheckpointError) -> [[UInt8]] {
    guard let folder = path.withCString({ opendir($0) }) ?? nil else {
      throw CheckpointError(
        SystemFailure(call: .openFolder, error: errno), file: path, doing: "opening")
    }
    defer { closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [UInt8(ascii: ".")] || name == Array("..".utf8) { continue }
      guard names.count < entryLimit else {
        throw CheckpointError(
          .limitExceeded, file: path, found: "more files", expected: "at most \(entryLimit)")
      }
      if isWanted(dirfd(folder), name) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
