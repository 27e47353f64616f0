import EspalierTree

/// A key-value store in a folder, as TensorStore writes it: a manifest, and data files with the nodes
/// of a tree and with values. Read as of its newest version.
///
/// OCDBT stands for optionally-cooperative distributed B+tree.
struct OCDBTDatabase {
  enum Value: Sendable {
    case bytes([UInt8])
    case stored(ByteRegion)

    /// In bytes.
    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .stored(let region): region.count
      }
    }

    /// Some of the bytes; nil where the value does not have them.
    func part(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8]? {
      guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
        return nil
      }
      return switch self {
      case .bytes(let bytes): Array(bytes[offset..<(offset + count)])
      case .stored(let region): try region.read(at: offset, count: count)
      }
    }

    func read(limit: Int, field: String) throws(CheckpointError) -> [UInt8] {
      switch self {
      case .bytes(let bytes): bytes
      case .stored(let region): try region.readAll(limit: limit, field: field)
      }
    }
  }

  /// In order of the keys.
  private(set) var entries: [(key: [UInt8], value: Value)] = []
  /// Data files that hold nodes or values, in the order in which they were met.
  private(set) var files: [InputFile] = []

  private let manifest: FilePath
  private var known: [[UInt8]: InputFile] = [:]

  static let fileName = Array("manifest.ocdbt".utf8)
  private static let fileLimit = 65_536

  init(manifest region: ByteRegion) throws(CheckpointError) {
    manifest = region.file.path
    let manifest = try OCDBTManifest(region)
    guard let root = manifest.root else { return }
    var pending = [(prefix: [UInt8](), place: root, height: manifest.height)]
    var budget = OCDBTNode.Budget()
    while let next = pending.popLast() {
      let region = try part(next.place)
      let node = try OCDBTNode(
        region, in: next.place.file, height: next.height, prefix: next.prefix,
        budget: &budget)
      for (key, value) in node.values { entries.append((key, try self.value(value))) }
      for child in node.children.reversed() {
        pending.append((child.prefix, child.place, next.height - 1))
      }
    }
  }

  private mutating func value(_ value: OCDBTNode.Value) throws(CheckpointError) -> Value {
    switch value {
    case .inline(let bytes): .bytes(bytes)
    case .stored(let place): .stored(try part(place))
    }
  }

  private mutating func part(_ place: OCDBTReference) throws(CheckpointError) -> ByteRegion {
    try ByteRegion(try file(place.file.path)).slice(at: place.offset, count: place.length)
  }

  /// A data file, by its path from the manifest's folder: names of folders and of a file, never a way
  /// out.
  private mutating func file(_ path: [UInt8]) throws(CheckpointError) -> InputFile {
    if let file = known[path] { return file }
    var target = manifest
    for (depth, name) in path.split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
    ).enumerated() {
      // The first name is beside the manifest, each other one beside anything in the folder before.
      target = try (depth == 0 ? target : target.appending([0x78])).neighbour(Array(name))
    }
    guard files.count < Self.fileLimit else {
      throw CheckpointError(
        .limitExceeded, file: manifest, found: "more data files",
        expected: "at most \(Self.fileLimit)")
    }
    let file: InputFile
    do {
      file = try InputFile(target)
    } catch {
      guard error.code == .notFound else { throw error }
      throw CheckpointError(
        .missingShard, file: manifest, place: path, found: "no such file in the folder",
        expected: "all data files that the checkpoint names", advice: "download the missing ones")
    }
    known[path] = file
    files.append(file)
    return file
  }
}
