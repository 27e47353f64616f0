@testable import EspalierCheckpoint

/// Builds PyTorch archives member by member, the broken ones too.
struct TorchFile {
  var members: [(name: String, content: [UInt8])] = []

  /// An archive with a pickle and storages under their keys.
  init(_ storages: [String: [UInt8]] = [:], _ write: (inout PicklePen) -> Void) {
    var pen = PicklePen()
    write(&pen)
    pen.stop()
    members.append(("m/data.pkl", pen.bytes))
    for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) {
      members.append(("m/data/\(key)", bytes))
    }
  }

  func save(_ path: FilePath) throws {
    let file = try AtomicFile(path, options: SaveOptions(replace: true))
    var zip = ZipWriter(file)
    for (name, content) in members { try zip.add(Array(name.utf8), content) }
    try zip.finish()
    try file.commit()
  }

  func open(in folder: TemporaryFolder) throws(CheckpointError) -> Checkpoint {
    let path = folder.file("made.pt")
    do { try save(path) } catch let error as CheckpointError { throw error } catch {
      throw CheckpointError(.io, file: path, found: "\(error)")
    }
    return try Checkpoint.open(path)
  }
}

extension PicklePen {
  /// A dictionary with text keys.
  mutating func dictionary(_ items: [(String, (inout PicklePen) -> Void)]) {
    emptyDictionary()
    mark()
    for (key, value) in items {
      text(Array(key.utf8))
      value(&self)
    }
    setItems()
  }

  mutating func integers(_ values: [Int]) {
    mark()
    for value in values { integer(Int64(value)) }
    tuple()
  }

  mutating func storage(_ key: String, _ type: String = "FloatStorage", count: Int = 0) {
    mark()
    text(Array("storage".utf8))
    global("torch", type)
    text(Array(key.utf8))
    text(Array("cpu".utf8))
    integer(Int64(count))
    tuple()
    persistentID()
  }

  mutating func tensor(
    _ key: String, offset: Int = 0, _ shape: [Int], _ strides: [Int],
    as type: String = "FloatStorage", more: (inout PicklePen) -> Void = { _ in }
  ) {
    global("torch._utils", "_rebuild_tensor_v2")
    mark()
    storage(key, type)
    integer(Int64(offset))
    integers(shape)
    integers(strides)
    bool(false)
    none()
    more(&self)
    tuple()
    reduce()
  }
}
