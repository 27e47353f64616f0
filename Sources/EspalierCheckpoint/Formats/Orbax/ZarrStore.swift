import EspalierTree

/// Where the arrays of a checkpoint are: in a database, or in folders with a file for each chunk.
struct ZarrStore: Sendable {
  typealias Value = OCDBTDatabase.Value

  private enum Place: Sendable {
    case database([[UInt8]: Value])
    case folder(FilePath)
  }

  /// The file that stands for the checkpoint, for errors.
  let path: FilePath
  private let place: Place
  /// By the names of the arrays, in the order of the store.
  private(set) var arrays: [ZarrArray] = []

  private static let descriptionLimit = 1 << 20

  init(_ database: OCDBTDatabase, _ manifest: FilePath) throws(CheckpointError) {
    path = manifest
    var values: [[UInt8]: Value] = [:]
    for (key, value) in database.entries {
      guard values.updateValue(value, forKey: key) == nil else {
        throw CheckpointError(
          .duplicateName, file: manifest, place: key, found: "this key a second time",
          expected: "every key once")
      }
    }
    place = .database(values)
    for (key, value) in database.entries {
      for field in [ZarrArray.fileName2, ZarrArray.fileName3] {
        guard let name = Self.name(key, of: field) else { continue }
        try add(name, field, value)
      }
    }
  }

  /// - Parameter beside: a file in the folder that holds the arrays' folders.
  init(folderOf beside: FilePath) throws(CheckpointError) {
    path = beside
    place = .folder(beside.folder)
    for (name, field, file) in try ZarrFolders(beside.folder).descriptions {
      try add(name, field, .stored(ByteRegion(try InputFile(file))))
    }
  }

  private static func name(_ key: [UInt8], of field: String) -> [UInt8]? {
    let tail = [UInt8(ascii: "/")] + field.utf8
    return key.count > tail.count && key.suffix(tail.count).elementsEqual(tail)
      ? Array(key.dropLast(tail.count)) : nil
  }

  private mutating func add(
    _ name: [UInt8], _ field: String, _ value: Value
  ) throws(CheckpointError) {
    let text = try value.read(limit: Self.descriptionLimit, field: field)
    if field == ZarrArray.fileName2 {
      arrays.append(try ZarrArray(version2: text, name: name, file: path))
    } else if let array = try ZarrArray(version3: text, name: name, file: path) {
      arrays.append(array)
    }
  }

  /// Nil where nothing is stored under a key.
  func value(_ key: [UInt8]) throws(CheckpointError) -> Value? {
    switch place {
    case .database(let values): return values[key]
    case .folder(let folder):
      do {
        return .stored(ByteRegion(try InputFile(folder.appending(key))))
      } catch {
        guard error.code == .notFound else { throw error }
        return nil
      }
    }
  }
}

/// The folders of arrays in a folder.
struct ZarrFolders {
  /// Names from the folder, with slashes; what describes the array, and the file that does.
  private(set) var descriptions: [(name: [UInt8], field: String, file: FilePath)] = []

  private static let folderLimit = 1 << 20
  private static let depthLimit = 32

  init(_ folder: FilePath) throws(CheckpointError) {
    var pending = [(name: [UInt8](), depth: 0)]
    var count = 0
    while let next = pending.popLast() {
      let path = next.name.isEmpty ? folder : folder.appending(next.name)
      if !next.name.isEmpty, let found = Self.description(in: path) {
        descriptions.append((next.name, found.field, found.file))
        continue
      }
      count += 1
      guard count <= Self.folderLimit, next.depth < Self.depthLimit else {
        throw CheckpointError(
          .limitExceeded, file: path, found: "more folders in folders",
          expected: "at most \(Self.folderLimit), \(Self.depthLimit) deep")
      }
      let slash = next.name.isEmpty ? [] : [UInt8(ascii: "/")]
      pending += try FolderListing.subfolders(of: path).reversed().map {
        (next.name + slash + $0, next.depth + 1)
      }
    }
  }

  private static func description(in folder: FilePath) -> (field: String, file: FilePath)? {
    for field in [ZarrArray.fileName2, ZarrArray.fileName3] {
      let file = folder.appending(Array(field.utf8))
      if (try? SystemCalls().status(file)).map(isRegularFile) == true { return (field, file) }
    }
    return nil
  }
}
