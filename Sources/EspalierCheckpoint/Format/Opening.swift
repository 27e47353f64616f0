import EspalierTree

extension Checkpoint {
  /// Opens a file, an index of shards, or a folder of shards.
  ///
  /// The content decides how it is read, never the name. Only a path that is no checkpoint itself,
  /// but stands for one in a format's own way (a prefix, a file of mere values), leads to another
  /// file; a note says so.
  ///
  /// - Throws: ``CheckpointError``; one sentence that says what the file is, where it is wrong, and
  ///   what to do.
  public static func open(
    _ path: FilePath, options: OpenOptions = OpenOptions()
  ) throws(CheckpointError) -> Checkpoint {
    do {
      if let file = Formats.fileMeant(by: path), try !isCheckpoint(path) {
        return try openFile(file, named: path, options)
      }
      return try isFolder(path) ? openFolder(path, options) : openFile(path, named: path, options)
    } catch let error as CheckpointError {
      throw error
    } catch let error as TreeError {
      throw CheckpointError(error, file: path)
    } catch {
      throw CheckpointError(.badHeader, file: path, found: "\(error)")
    }
  }

  private static func openFile(
    _ path: FilePath, named name: FilePath, _ options: OpenOptions
  ) throws -> Checkpoint {
    let file = try InputFile(path)
    let region = ByteRegion(file)
    let sample = try ContentSample(region)
    if ShardIndex.isIndex(sample) { return try openIndex(file, named: name, options) }
    let format = try format(of: sample)
    var content = try format.open(region, options)
    if path != name { content.notes.append("read from “\(path)”") }
    if let shard = ShardName(path.name), shard.count > 1, content.moreFiles.isEmpty {
      content.notes.append(
        "this is one of \(shard.count) shards; open their folder, or the index, for all of them")
    }
    return try assemble(name, format, content, [file], options)
  }

  /// Whether a path is a file with a checkpoint in it.
  private static func isCheckpoint(_ path: FilePath) throws(CheckpointError) -> Bool {
    guard !isFolder(path), let file = try? InputFile(path) else { return false }
    let sample = try ContentSample(ByteRegion(file))
    return ShardIndex.isIndex(sample) || (Formats.sniff(sample)?.confidence ?? .no) > .possible
  }

  /// The format of a file; throws what the file is where it is none's.
  static func format(of sample: ContentSample) throws(CheckpointError) -> any CheckpointFormat {
    let found = Formats.sniff(sample)
    if let found, found.confidence > .possible { return found.format }
    if let foreign = ForeignContent.recognise(sample) { throw foreign.error(sample.region.file) }
    if let found { return found.format }
    if let foreign = ForeignContent.recogniseVaguely(sample) {
      throw foreign.error(sample.region.file)
    }
    throw CheckpointError(
      .notACheckpoint, file: sample.region.file.path,
      found: "content that begins with \(hexadecimal(sample.prefix.prefix(8)))",
      expected: "one of \(Formats.all.map(\.name).joined(separator: ", "))")
  }

  static func assemble(
    _ path: FilePath, _ format: any CheckpointFormat, _ content: OpenedContent,
    _ files: [InputFile], _ options: OpenOptions, shards: Shards? = nil
  ) throws(CheckpointError) -> Checkpoint {
    let choice = try WeightsRoot.choose(in: content, options, path: path)
    return Checkpoint(
      path: path, format: format, content: content, root: choice.root,
      notes: content.notes + choice.notes, files: files + content.moreFiles, shards: shards)
  }
}

extension CheckpointError {
  /// What keeps a tree from being built, as an error about the file that describes it.
  init(_ error: TreeError, file: FilePath, offset: Int? = nil) {
    switch error {
    case .tooDeep(let path):
      self.init(
        .limitExceeded, file: file, offset: offset,
        place: TreePath(Array(path.segments.prefix(4))).flatName.bytes,
        found: "more than \(Tree.maximumDepth) levels below this",
        expected: "at most \(Tree.maximumDepth)")
    case .tooLarge:
      self.init(
        .limitExceeded, file: file, offset: offset, found: "more than \(Int32.max) nodes",
        expected: "at most that many")
    case .duplicate(let path):
      self.init(
        .duplicateName, file: file, offset: offset, place: path.flatName.bytes,
        found: "this name a second time", expected: "every name once")
    case .badShape(let path, let shape):
      self.init(
        .badValue, file: file, offset: offset, place: path.flatName.bytes,
        found: "the shape \(shape)",
        expected: "a shape whose size in bytes is a whole number that fits in 64 bits")
    case .cycle(let path):
      self.init(
        .badValue, file: file, offset: offset, place: path.flatName.bytes,
        found: "a child that is its own ancestor", expected: "a tree")
    }
  }
}
