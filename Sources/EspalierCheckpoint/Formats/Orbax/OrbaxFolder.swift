import EspalierTree

/// What a folder that stands for a checkpoint holds: the checkpoint itself, one of its items, or steps of
/// a training run.
struct OrbaxFolder {
  let path: FilePath

  init(_ path: FilePath) { self.path = path }

  /// Items that training loops save have a folder of their own in the folder of the step; the
  /// likeliest first.
  private static let items = ["default", "state", "params", "model", "items"]
  private static let stepFile = "_CHECKPOINT_METADATA"

  /// The file to open; nil where the folder is none of Orbax's.
  var file: FilePath? { ownFile ?? itemFile ?? newestStep }

  private var ownFile: FilePath? {
    [OCDBTDatabase.fileName, Array("_METADATA".utf8)].map { path.appending($0) }
      .first(where: Self.isFile)
  }

  private var itemFile: FilePath? {
    let known = Self.items.map { OrbaxFolder(path.appending(Array($0.utf8))) }
    return known.lazy.compactMap(\.ownFile).first ?? allItems.first.flatMap(\.ownFile)
  }

  /// The items of a step, by their names.
  private var allItems: [OrbaxFolder] {
    guard Self.isFile(path.appending(Array(Self.stepFile.utf8))) else { return [] }
    return subfolders.filter { $0.ownFile != nil && !$0.isPart }
  }

  /// Whether it is what one process wrote of a checkpoint.
  private var isPart: Bool { path.name.starts(with: "ocdbt.process".utf8) }

  private var subfolders: [OrbaxFolder] {
    ((try? FolderListing.subfolders(of: path)) ?? []).map { OrbaxFolder(path.appending($0)) }
  }

  private var newestStep: FilePath? {
    let steps = subfolders.compactMap { folder -> (number: Int, folder: OrbaxFolder)? in
      guard let number = Int(String(decoding: folder.path.name, as: UTF8.self)), number >= 0,
        Self.isFile(folder.path.appending(Array(Self.stepFile.utf8)))
      else { return nil }
      return (number, folder)
    }
    return steps.max { $0.number < $1.number }.flatMap { $0.folder.ownFile ?? $0.folder.itemFile }
  }

  /// The other items of the step that a file belongs to, as a sentence.
  static func itemsBeside(_ file: FilePath) -> String? {
    let folder = file.folder
    guard folder.bytes.contains(UInt8(ascii: "/")) else { return nil }
    let others = OrbaxFolder(folder.folder).allItems.filter { $0.path.name != folder.name }
    if others.isEmpty { return nil }
    let names = others.map { "“\(visibleText($0.path.name))”" }.joined(separator: ", ")
    return
      "“\(visibleText(folder.name))” is one item of the checkpoint; open \(names) for the others"
  }

  private static func isFile(_ path: FilePath) -> Bool {
    (try? SystemCalls().status(path)).map(isRegularFile) == true
  }
}
