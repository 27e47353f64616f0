import EspalierTree
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// A checkpoint with other values in some of its arrays.
struct ChangedSource: TensorSource {
  let base: Checkpoint
  var changes: [LeafID: [UInt8]] = [:]

  var tree: Tree { base.tree }
  func hasValues(_ leaf: LeafID) -> Bool { base.hasValues(leaf) }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    if let bytes = changes[leaf] { return BufferReader(bytes) }
    return try base.reader(for: leaf)
  }

  func leaf(_ path: String) throws -> LeafID {
    try #require(tree.node(named: Name(path)).flatMap { tree.leaf(at: $0) })
  }
}

@Suite struct TorchWriterTests {
  let folder = TemporaryFolder()
  static let nested = FilePath(Fixtures.folder.appendingPathComponent("pytorch/nested.pt"))

  /// Names and bytes of all members; their checksums are right.
  func members(_ path: FilePath) throws -> [[UInt8]: [UInt8]] {
    let zip = try ZipArchive(ByteRegion(try InputFile(path)))
    var found: [[UInt8]: [UInt8]] = [:]
    for entry in zip.entries { found[entry.name] = try zip.read(entry, limit: 1 << 20) }
    return found
  }

  @Test func valuesGoIntoACopyAndNothingElseChanges() throws {
    let opened = try Checkpoint.open(Self.nested)
    var source = ChangedSource(base: opened)
    let bias = try source.leaf("state_dict.bias")
    source.changes[bias] = pattern(24)
    let path = folder.file("a.pt")
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    #expect(report.losses == [] && report.files.map(\.size) == [opened.size])
    let before = try members(Self.nested)
    let after = try members(path)
    #expect(
      before.keys.sorted { $0.lexicographicallyPrecedes($1) }
        == after.keys.sorted { $0.lexicographicallyPrecedes($1) })
    let changed = before.filter { after[$0.key] != $0.value }
    #expect(changed.count == 1 && changed.first?.value.count == 24)
    let read = try Checkpoint.open(path)
    #expect(read.tree == opened.tree)
    for leaf in read.tree.leafIDs where read.hasValues(leaf) {
      #expect(try read.bytes(of: leaf) == source.bytes(of: leaf))
    }
  }

  /// `plain`, `tail` and `turned` are views of one compressed storage.
  @Test func otherValuesForACompressedTensorAreCompressedAgain() throws {
    let file = Fixtures.folder.appendingPathComponent("pytorch/deflated.pt")
    let opened = try Checkpoint.open(FilePath(file))
    let path = folder.file("a.pt")
    for name in ["plain", "turned", "tail"] {
      var source = ChangedSource(base: opened)
      let leaf = try source.leaf(name)
      source.changes[leaf] = pattern(opened.tree.byteCount(of: leaf))
      try Checkpoint.save(SaveRequest(source, like: opened, to: path, replace: true))
      let read = try Checkpoint.open(path)
      #expect(read.tree == opened.tree)
      #expect(try read.bytes(of: leaf) == source.bytes(of: leaf), "\(name)")
      let plain = try read.bytes(of: source.leaf("plain"))
      #expect(try read.bytes(of: source.leaf("tail")) == Array(plain[32...]))
      let (before, after) = (try members(opened.path), try members(path))
      #expect(before.filter { after[$0.key] != $0.value }.count == 1)
    }
    try Checkpoint.save(SaveRequest(opened, like: opened, to: path, replace: true))
    #expect(try folder.read("a.pt") == Fixtures.bytes(file))
  }

  /// An archive in an archive, with a compressed storage: both directories say the new sizes.
  @Test func aCompressedStorageOfAnArchiveInsideAnArchiveIsSaved() throws {
    let inner = try Fixtures.bytes(
      Fixtures.folder.appendingPathComponent("pytorch/deflated.pt"))
    let outer = try AtomicFile(folder.file("outer.zip"))
    var zip = ZipWriter(outer)
    try zip.add(Array("policy.pth".utf8), inner)
    try zip.add(Array("version".utf8), [1, 2, 3])
    try zip.finish()
    try outer.commit()
    let opened = try Checkpoint.open(folder.file("outer.zip"))
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("policy.pth.plain")
    source.changes[leaf] = pattern(48)
    let path = folder.file("copy.zip")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let read = try Checkpoint.open(path)
    #expect(try read.bytes(of: leaf) == pattern(48))
    let archive = try ZipArchive(ByteRegion(try InputFile(path)))
    for entry in archive.entries { try archive.verify(entry) }
    let member = try #require(try archive.entry("policy.pth"))
    let region = try #require(try archive.stored(member))
    let copied = try ZipArchive(region)
    for entry in copied.entries { try copied.verify(entry) }
    #expect(try archive.entry("version").map { try archive.read($0, limit: 3) } == [1, 2, 3])
  }

  /// `embed`, `head`, `turned` and `tail` are views of one storage. What is loaded into one of them
  /// shows in the others, also where those are kept and written after it.
  @Test func whatIsLoadedIntoAViewIsNotUndoneByOthers() throws {
    let opened = try Checkpoint.open(Self.nested)
    let values = pattern(48)
    for name in ["state_dict.embed.weight", "state_dict.head.weight", "state_dict.turned"] {
      var source = ChangedSource(base: opened)
      let leaf = try source.leaf(name)
      source.changes[leaf] = values
      let path = folder.file("\(name).pt")
      try Checkpoint.save(SaveRequest(source, like: opened, to: path))
      _ = try members(path)
      let read = try Checkpoint.open(path)
      #expect(try read.bytes(of: leaf) == values, "\(name)")
      let embed = try read.bytes(of: source.leaf("state_dict.embed.weight"))
      #expect(try read.bytes(of: source.leaf("state_dict.tail")) == Array(embed[32...]))
    }
  }

  @Test func bigEndianStoragesAreWrittenAsTheyAre() throws {
    var file = TorchFile(["0": [0, 1, 0, 2, 0, 3], "1": [0, 1, 0, 2]]) { pen in
      pen.dictionary([
        ("a", { $0.tensor("0", [3], [1], as: "ShortStorage") }),
        ("b", { $0.tensor("1", offset: 1, [2], [-1], as: "ShortStorage") }),
      ])
    }
    file.members.append(("m/byteorder", Array("big".utf8)))
    let opened = try file.open(in: folder)
    let source = ChangedSource(
      base: opened, changes: [LeafID(0): [7, 8, 9, 10, 11, 12], LeafID(1): [1, 2, 3, 4]])
    let path = folder.file("b.pt")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let members = try members(path)
    #expect(members[Array("m/data/0".utf8)] == [8, 7, 10, 9, 12, 11])
    #expect(members[Array("m/data/1".utf8)] == [4, 3, 2, 1])
  }

  /// Arrays that are spelled inside the pickle cannot be overwritten in place.
  @Test func aChangedArrayInThePickleIsWrittenFromNothing() throws {
    let opened = try TorchFile { pen in
      pen.dictionary([("a", { $0.numpy([1, 2], latin1: true) }), ("b", { $0.integer(3) })])
    }.open(in: folder)
    #expect(opened.tree.dump == "a  U8 [2]\nb  3")
    var source = ChangedSource(base: opened)
    let path = folder.file("b.pt")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    #expect(try members(path) == members(opened.path))
    source.changes[LeafID(0)] = [200, 201]
    try Checkpoint.save(SaveRequest(source, like: opened, to: path, replace: true))
    let read = try Checkpoint.open(path)
    #expect(read.tree.dump == opened.tree.dump)
    #expect(try read.bytes(of: LeafID(0)) == [200, 201])
  }

  @Test func aBareTensorAndEmptyContainersComeBack() throws {
    let bare = try TorchFile(["0": [1, 2, 3, 4]]) { $0.tensor("0", [1], [1]) }.open(in: folder)
    let path = folder.file("b.pt")
    try Checkpoint.save(SaveRequest(bare, to: path))
    #expect(try Checkpoint.open(path).tree.summary(of: LeafID(0)).hasPrefix("F32 [1]"))
    let empty = try TorchFile { pen in
      pen.dictionary([("list", { $0.emptyList() }), ("dictionary", { $0.emptyDictionary() })])
    }.open(in: folder)
    try Checkpoint.save(SaveRequest(empty, to: path, replace: true))
    #expect(try Checkpoint.open(path).tree.dump == "list  (…)\ndictionary")
  }

  @Test func whatIsLostIsSaid() throws {
    let opened = try TorchFile { pen in
      pen.dictionary([
        ("f", { $0.global("torch.nn.functional", "relu") }),
        (
          "args",
          {
            $0.global("argparse", "Namespace")
            $0.emptyTuple()
            $0.reduce()
            $0.dictionary([("lr", { $0.float(0.5) })])
            $0.raw(Array("b".utf8))
          }
        ),
      ])
    }.open(in: folder)
    let losses = try Checkpoint.losses(SaveRequest(opened, to: folder.file("b.pt")))
    #expect(
      losses == [
        "1 leaves without values or without a Python form are left out: f",
        "1 objects become plain dictionaries or lists, without their classes: args: "
          + "argparse.Namespace",
      ])
    #expect(
      try Checkpoint.losses(SaveRequest(opened, like: opened, to: folder.file("b.pt"))) == [])
  }

  /// The archive inside an archive gets its checksums before the outer one does.
  @Test(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
  func anArchiveInsideAnArchiveIsSaved() throws {
    let url = Shared.checkpoints.appendingPathComponent(
      "pytorch-zip/sb3-a2c-panda/a2c-PandaReachDense-v3.zip")
    let opened = try Checkpoint.open(FilePath(url.path))
    #expect(opened.rootPath.description == "policy.pth")
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("policy.pth.action_net.bias")
    source.changes[leaf] = pattern(12)
    let path = folder.file("a.zip")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let outer = try ZipArchive(ByteRegion(try InputFile(path)))
    for entry in outer.entries {
      try outer.verify(entry)
      guard entry.name.suffix(4).elementsEqual(".pth".utf8),
        let region = try outer.stored(entry)
      else { continue }
      let inner = try ZipArchive(region)
      for entry in inner.entries { try inner.verify(entry) }
    }
    #expect(try Checkpoint.open(path).bytes(of: leaf) == pattern(12))
  }
}

extension PicklePen {
  /// A numpy array of unsigned bytes; of protocol 2 as text, else as bytes.
  mutating func numpy(_ values: [UInt8], latin1: Bool) {
    global("numpy.core.multiarray", "_reconstruct")
    mark()
    global("numpy", "ndarray")
    integers([0])
    text(Array("b".utf8))
    tuple()
    reduce()
    mark()
    integer(1)
    integers([values.count])
    global("numpy", "dtype")
    mark()
    text(Array("u1".utf8))
    tuple()
    reduce()
    bool(false)
    if latin1 {
      global("_codecs", "encode")
      mark()
      text(values.flatMap { $0 < 128 ? [$0] : [0xc0 | $0 >> 6, 0x80 | $0 & 0x3f] })
      text(Array("latin1".utf8))
      tuple()
      reduce()
    } else {
      raw(Array("C".utf8) + [UInt8(values.count)] + values)
    }
    tuple()
    raw(Array("b".utf8))
  }
}
