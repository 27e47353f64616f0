import EspalierTree

/// One zip archive that `torch.save` wrote.
struct TorchArchive: PickleContainer {
  let zip: ZipArchive
  /// What stands before `data.pkl` in all names.
  let prefix: [UInt8]
  let document: PickleDocument
  let isBigEndian: Bool
  /// Of the members that are storages, behind the prefix.
  private let folder: String

  var file: FilePath { zip.region.file.path }

  private static let pickleName = Array("data.pkl".utf8)
  private static let pickleLimit = 1 << 30

  static func isPickle(_ name: [UInt8]) -> Bool {
    name.elementsEqual(pickleName) || name.suffix(9).elementsEqual("/data.pkl".utf8)
  }

  static func isCheckpoint(_ name: [UInt8]) -> Bool {
    [".pth", ".pt"].contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
  }

  /// - Returns: nil when the archive has no `data.pkl`.
  init?(_ zip: ZipArchive) throws {
    let pickles = zip.entries.filter { Self.isPickle($0.name) }
    guard let entry = pickles.min(by: { $0.name.count < $1.name.count }) else { return nil }
    // Of two members of one name, readers disagree about which is meant.
    _ = try zip.entry(entry.name)
    self.zip = zip
    prefix = Array(entry.name.dropLast(Self.pickleName.count))
    folder = "data/"
    document = try Self.document(entry, of: zip)
    isBigEndian = try Self.byteOrder(zip, prefix)
  }

  /// Another pickle of the same archive, whose storages are members below another folder.
  ///
  /// - Returns: nil where it has none of that name.
  init?(_ archive: TorchArchive, pickle: String, folder: String) throws {
    guard let entry = try archive.zip.entry(archive.prefix + Array(pickle.utf8)) else { return nil }
    zip = archive.zip
    prefix = archive.prefix
    self.folder = folder
    document = try Self.document(entry, of: zip)
    isBigEndian = archive.isBigEndian
  }

  private static func document(
    _ entry: ZipEntry, of zip: ZipArchive
  ) throws(CheckpointError) -> PickleDocument {
    let document: PickleDocument
    if let stored = try zip.stored(entry) {
      document = try PickleDocument(stored)
    } else {
      let bytes = try zip.read(entry, limit: pickleLimit)
      document = try PickleDocument(
        bytes, origin: ByteOrigin(file: zip.region.file.path, offset: nil))
    }
    guard document.end == entry.size else {
      throw zip.region.origin.error(
        .trailingBytes, at: entry.headerOffset, field: visibleText(entry.name),
        found: "\(byteCount(entry.size - document.end)) after the end of the pickle",
        expected: "nothing")
    }
    return document
  }

  func bytes(ofStorage key: [UInt8]) throws -> PickledPlace.Bytes? {
    guard let entry = try zip.entry(prefix + Array(folder.utf8) + key) else { return nil }
    if let region = try zip.stored(entry) { return .region(region) }
    return .compressed(zip, entry, from: 0)
  }

  func region(_ range: Range<Int>) throws -> ByteRegion {
    try ByteRegion(zip.region.file).slice(at: range.lowerBound, count: range.count)
  }

  /// What the archive says about itself, in its small members; of TorchScript also how much code there
  /// is, which nothing here runs.
  func metadata() throws -> [MetadataEntry] {
    var entries = try ["version", "byteorder", ".format_version"].compactMap {
      name -> MetadataEntry? in
      guard let entry = try zip.entry(prefix + Array(name.utf8)) else { return nil }
      let text = try zip.read(entry, limit: 256)
      return MetadataEntry(Name(name), .text(text.filter { $0 > 0x20 }))
    }
    let code = prefix + Array("code/".utf8)
    let files = zip.entries.count {
      $0.name.starts(with: code) && $0.name.suffix(3) == [0x2e, 0x70, 0x79]
    }
    if files > 0 {
      let text = "\(files) \(files == 1 ? "file" : "files") of TorchScript, not run"
      entries.append(MetadataEntry("code", .text(Array(text.utf8))))
    }
    return entries
  }

  private static func byteOrder(_ zip: ZipArchive, _ prefix: [UInt8]) throws -> Bool {
    guard let entry = try zip.entry(prefix + Array("byteorder".utf8)) else { return false }
    let text = try zip.read(entry, limit: 64)
    if text.starts(with: "big".utf8) { return true }
    if text.starts(with: "little".utf8) { return false }
    throw zip.region.origin.error(
      .badValue, at: entry.headerOffset, field: visibleText(entry.name),
      found: "“\(visibleText(text))”", expected: "little or big")
  }
}
