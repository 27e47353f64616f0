import EspalierTree

/// The data files of an index, opened as they are needed.
struct BundleFiles {
  private let index: InputFile
  private let count: Int
  private var opened: [Int: ByteRegion] = [:]

  /// More would not be left open by the system.
  private static let fileLimit = 512

  init(index: InputFile, count: Int) {
    self.index = index
    self.count = count
  }

  /// All that were opened, in order of their numbers.
  var files: [InputFile] { opened.sorted { $0.key < $1.key }.map(\.value.file) }

  /// Where the bytes of an entry lie.
  mutating func region(of entry: BundleEntry) throws(CheckpointError) -> ByteRegion {
    guard entry.shard < count else {
      throw entry.error(
        .badValue, found: "data file number \(entry.shard)", expected: "less than \(count)")
    }
    let file: ByteRegion
    if let known = opened[entry.shard] { file = known } else { file = try open(entry.shard) }
    opened[entry.shard] = file
    guard entry.offset <= file.count, entry.size <= file.count - entry.offset else {
      throw entry.error(
        .truncated, found: "\(byteCount(entry.size)) at offset \(entry.offset)",
        expected:
          "an end within the \(byteCount(file.count)) of “\(visibleText(file.file.path.name))”",
        advice: "copy index and data files of one checkpoint again")
    }
    return try file.slice(at: entry.offset, count: entry.size)
  }

  private func open(_ shard: Int) throws(CheckpointError) -> ByteRegion {
    guard opened.count < Self.fileLimit else {
      throw CheckpointError(
        .limitExceeded, file: index.path, found: "values in more data files",
        expected: "at most \(Self.fileLimit)")
    }
    guard let name = TensorFlow.dataName(index: index.path.name, shard: shard, of: count) else {
      throw CheckpointError(
        .missingShard, file: index.path,
        found: "an index under a name from which those of its data files cannot be told",
        expected: "“….index” beside “….data-00000-of-00001”",
        advice: "give it the name back that it was saved under")
    }
    do {
      return ByteRegion(try InputFile(try index.path.neighbour(name)))
    } catch {
      guard error.code == .notFound else { throw error }
      throw CheckpointError(
        .missingShard, file: index.path, place: name, found: "no such file beside the index",
        expected: "the data file\(count == 1 ? "" : "s (\(count) in all)") with the values",
        advice: "copy or download it into the same folder")
    }
  }
}
