import EspalierTree

/// PyTorch's zip checkpoints: a pickle that describes objects, and a member for each storage.
///
/// The pickle is read symbolically: nothing is imported and nothing called. TorchScript archives are
/// read for their parameters, and archives of such files (Stable-Baselines3) as one tree.
public struct PyTorch: CheckpointFormat {
  public let name = "pytorch"
  public let summary = "torch.save (1.6 and later), TorchScript, Stable-Baselines3"
  public let extensions = ["pt", "pth", "bin", "ckpt"]
  public let signature = "a zip archive with a member data.pkl"

  public var writer: (any CheckpointWriter)? { TorchWriter() }

  public init() {}

  public func sniff(_ sample: ContentSample) -> Confidence {
    guard ZipArchive.sniff(sample.prefix), let archive = try? ZipArchive(sample.region) else {
      return .no
    }
    if archive.entries.contains(where: { TorchArchive.isPickle($0.name) }) { return .certain }
    return archive.entries.contains(where: { TorchArchive.isCheckpoint($0.name) }) ? .likely : .no
  }

  public func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent {
    let zip = try ZipArchive(region)
    var filler = TorchTreeFiller()
    if let archive = try TorchArchive(zip) {
      try filler.add(archive, under: .root)
    } else {
      for entry in zip.entries where TorchArchive.isCheckpoint(entry.name) {
        guard let inner = try zip.stored(entry), let archive = try TorchArchive(ZipArchive(inner))
        else { continue }
        try filler.add(archive, under: filler.branch(entry.name))
      }
    }
    return filler.finish()
  }
}

/// One zip archive that `torch.save` wrote.
struct TorchArchive {
  let zip: ZipArchive
  /// What stands before `data.pkl` in all names.
  let prefix: [UInt8]
  let document: PickleDocument
  let isBigEndian: Bool

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
    self.zip = zip
    prefix = Array(entry.name.dropLast(Self.pickleName.count))
    if let stored = try zip.stored(entry) {
      document = try PickleDocument(stored)
    } else {
      let bytes = try zip.read(entry, limit: Self.pickleLimit)
      document = try PickleDocument(
        bytes, origin: ByteOrigin(file: zip.region.file.path, offset: nil))
    }
    guard let order = try zip.entry(prefix + Array("byteorder".utf8)) else {
      isBigEndian = false
      return
    }
    isBigEndian = try zip.read(order, limit: 64).elementsEqual("big".utf8)
  }

  func storage(_ key: [UInt8]) throws(CheckpointError) -> ZipEntry? {
    try zip.entry(prefix + Array("data/".utf8) + key)
  }
}
