import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// Folders that Orbax and TensorStore wrote; `Fixtures/orbax/make.py` makes ours.
@Suite struct OrbaxTests {
  static let kinds = Fixtures.folder.appendingPathComponent("orbax-kinds")

  static func kind(_ name: String) -> FilePath { FilePath(kinds.appendingPathComponent(name)) }

  @Test(arguments: ["chunks", "chunks3", "many", "saved", "folders", "folders3"])
  func holdsWhatTensorStoreFinds(_ name: String) throws {
    try compare(
      Self.kinds.appendingPathComponent(name),
      without: [
        "blosc.blosclz.0", "blosc.blosclz.1", "blosc.blosclz.2", "columns",
      ])
  }

  @Test(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
  func holdsWhatTensorStoreFindsInARealCheckpoint() throws {
    try compare(Shared.checkpoints.appendingPathComponent("orbax/dronetrain"), without: [])
  }

  private func compare(_ folder: URL, without unread: Set<String>) throws {
    let checkpoint = try Checkpoint.open(FilePath(folder))
    #expect(checkpoint.format.name == "orbax")
    let tree = checkpoint.tree
    let expected = try #require(Expected(beside: folder))
    #expect(tree.leafIDs.count { tree.kind(of: $0) == .array } == expected.tensors.count)
    #expect(expected.tensors.count > 4)
    for tensor in expected.tensors {
      let node = try #require(tree.node(named: Name(tensor.path)), "\(tensor.path)")
      let leaf = try #require(tree.leaf(at: node), "\(tensor.path)")
      #expect(tree.dtype(of: leaf).name == tensor.dtype, "\(tensor.path)")
      #expect(tree.shape(of: leaf).dimensions == tensor.shape, "\(tensor.path)")
      #expect(checkpoint.hasValues(leaf) == !unread.contains(tensor.path), "\(tensor.path)")
      guard checkpoint.hasValues(leaf) else { continue }
      let digest = hexadecimal(SHA256.hash(try checkpoint.bytes(of: leaf)))
      #expect(digest == tensor.sha256, "\(tensor.path)")
    }
  }

  @Test func whatCannotBeReadSaysWhy() throws {
    let checkpoint = try Checkpoint.open(Self.kind("chunks"))
    for (name, reason) in [
      ("blosc.blosclz.1", "compressed with blosclz"), ("columns", "column order"),
    ] {
      let node = try #require(checkpoint.tree.node(named: Name(name)))
      let leaf = try #require(checkpoint.tree.leaf(at: node))
      let error = #expect(throws: NoValues.self) { _ = try checkpoint.bytes(of: leaf) }
      #expect(error?.reason.contains(reason) == true)
    }
  }

  @Test func whatVersion3CannotReadSaysWhy() throws {
    let checkpoint = try Checkpoint.open(Self.kind("chunks3"))
    let node = try #require(checkpoint.tree.node(named: "columns"))
    let leaf = try #require(checkpoint.tree.leaf(at: node))
    let error = #expect(throws: NoValues.self) { _ = try checkpoint.bytes(of: leaf) }
    #expect(error?.reason.contains("another order") == true)
  }

  /// An array of version 3 in a folder of its own, described by hand.
  private func folder(
    _ description: String, _ chunks: [String: [UInt8]], name: String = "w", metadata: String = ""
  ) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    for (chunk, bytes) in chunks {
      let file = folder.appendingPathComponent("\(name)/\(chunk)")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
    try Data(description.utf8).write(to: folder.appendingPathComponent("\(name)/zarr.json"))
    try Data(#"{"tree_metadata": {\#(metadata)}}"#.utf8).write(
      to: folder.appendingPathComponent("_METADATA"))
    return folder
  }

  private static func description(_ codecs: String, shape: String = "[2]") -> String {
    #"{"zarr_format": 3, "node_type": "array", "shape": \#(shape), "data_type": "uint8", "#
      + #""chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}}, "#
      + #""fill_value": 0, "codecs": \#(codecs)}"#
  }

  @Test(arguments: [
    (#"[{"name": "bytes"}]"#, nil), (#"["bytes"]"#, nil), ("[]", nil),
    (#"[{"name": "bytes"}, {"name": "zfp"}]"#, "compressed with zfp"),
    (#"[{"name": "bytes"}, {"name": "crc32c"}]"#, "are no chunk"),
    (
      #"[{"name": "sharding_indexed", "configuration": {"chunk_shape": [1], "codecs": [], "#
        + #""index_codecs": []}}]"#, "without a good index"
    ),
    (
      #"[{"name": "sharding_indexed", "configuration": {"chunk_shape": [3], "codecs": []}}]"#,
      "chunks that divide [2]"
    ),
    (#"[{"name": "sharding_indexed", "configuration": {}}]"#, "a list of at most"),
  ])
  func codecsOfVersion3(_ codecs: String, _ refusal: String?) throws {
    let folder = try folder(Self.description(codecs), ["c/0": [7, 8]])
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let checkpoint = try Checkpoint.open(FilePath(folder))
      let leaf = try #require(checkpoint.tree.leafIDs.first)
      #expect(try checkpoint.bytes(of: leaf) == [7, 8] && refusal == nil)
    } catch {
      let sentence = (error as? CheckpointError)?.sentence ?? "\(error)"
      #expect(refusal.map { sentence.contains($0) } == true, "\(sentence)")
    }
  }

  @Test func dictionariesAndListsComeBackAndTheOptimiserIsBeside() throws {
    let keys =
      #""x": {"key_metadata": [{"key": "opt_state", "key_type": 2}, {"key": "0", "key_type": 1}, "#
      + #"{"key": "a.b", "key_type": 2}], "value_metadata": {"value_type": "jax.Array"}}"#
    let folder = try folder(
      Self.description("[]"), ["c/0": [7, 8]], name: "opt_state.0.a.b", metadata: keys)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tree = try Checkpoint.open(FilePath(folder)).tree
    let state = try #require(tree.node(named: "opt_state"))
    #expect(tree.isHidden(state) && tree.kind(of: state) == .positional)
    let leaf = try #require(tree.leafIDs.first)
    #expect(
      tree.path(of: leaf).components.map(\.bytes)
        == ["opt_state", "0", "a.b"].map { Array($0.utf8) })
    let saved = try Checkpoint.open(Self.kind("saved"))
    #expect(saved.notes.contains("the weights are taken from “params”"))
  }

  @Test func aShardWhoseIndexLeadsOutOfItIsRefused() throws {
    let codecs =
      #"[{"name": "sharding_indexed", "configuration": {"chunk_shape": [1], "codecs": [], "#
      + #""index_codecs": [], "index_location": "start"}}]"#
    func index(_ numbers: UInt64...) -> [UInt8] {
      numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    }
    for (bytes, isGood) in [
      (index(32, 1, 33, 1) + [7, 8], true), (index(32, 1, .max, .max) + [7, 8], false),
      (index(32, 1, 34, 1) + [7, 8], false), (index(32, 1, .max, 1) + [7, 8], false),
      (index(32, 1, 33, UInt64(Int.max)) + [7, 8], false),
    ] {
      let folder = try folder(Self.description(codecs), ["c/0": bytes])
      defer { try? FileManager.default.removeItem(at: folder) }
      let checkpoint = try Checkpoint.open(FilePath(folder))
      let leaf = try #require(checkpoint.tree.leafIDs.first)
      let found = try? checkpoint.bytes(of: leaf)
      #expect((found == [7, 8]) == isGood)
      // A chunk that is not stored is the fill value.
      if bytes[16] == 0xff, bytes[24] == 0xff { #expect(found == [7, 0]) }
    }
  }

  @Test func linksToFoldersAreNotFollowed() throws {
    let folder = try folder(Self.description("[]"), ["c/0": [7, 8]])
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("again"), withDestinationURL: folder)
    #expect(try Checkpoint.open(FilePath(folder)).tree.leafCount == 1)
  }

  @Test func theNewestStepOfARunIsOpenedAndItsOtherItemsAreNamed() throws {
    let run = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: run) }
    for (step, item) in [("9", "params"), ("10", "params"), ("10", "ema")] {
      let folder = run.appendingPathComponent(step)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: folder.appendingPathComponent("_CHECKPOINT_METADATA"))
      try FileManager.default.copyItem(
        at: Self.kinds.appendingPathComponent(item == "ema" ? "many" : "folders3"),
        to: folder.appendingPathComponent(item))
    }
    let checkpoint = try Checkpoint.open(FilePath(run))
    #expect(checkpoint.tree == (try Checkpoint.open(Self.kind("folders3"))).tree)
    #expect(checkpoint.notes.contains { $0.contains("one item") && $0.contains("“ema”") })
    #expect(checkpoint.notes.contains { $0.contains("/10/params/_METADATA") })
  }

  @Test func layersAreInNaturalOrder() throws {
    let tree = try Checkpoint.open(Self.kind("many")).tree
    let layer = try #require(tree.node(named: "layer"))
    #expect(
      Array(tree.children(of: layer)).map { tree.name(of: $0) } == (0..<12).map { Name("\($0)") })
  }

  @Test func whatStandsBesideTheDatabaseIsShown() throws {
    let checkpoint = try Checkpoint.open(Self.kind("saved"))
    let node = try #require(checkpoint.tree.node(named: "nothing"))
    #expect(checkpoint.tree.leaf(at: node).flatMap { checkpoint.tree.value($0) } == .nothing)
    #expect(checkpoint.metadata.contains(MetadataEntry("use_zarr3", .bool(false))))
    #expect(checkpoint.notes.contains { $0.contains("manifest.ocdbt") })
    // The manifest by itself is the same, and so is the folder around an item.
    let manifest = try Checkpoint.open(Self.kind("saved/manifest.ocdbt"))
    #expect(manifest.tree == checkpoint.tree)
  }

  @Test func theFolderOfAStepHoldsItsItem() throws {
    let step = try copy("many", as: "default").deletingLastPathComponent()
    defer { try? FileManager.default.removeItem(at: step) }
    #expect(try Checkpoint.open(FilePath(step)).tree == Checkpoint.open(Self.kind("many")).tree)
  }

  /// A copy of a fixture in a folder of its own, which is not removed by itself.
  private func copy(_ name: String, as other: String) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let target = folder.appendingPathComponent(other)
    try FileManager.default.copyItem(at: Self.kinds.appendingPathComponent(name), to: target)
    return target
  }

  // MARK: Damage

  /// The manifest and the data file of a fixture that has one.
  private func files(_ folder: URL) throws -> [URL] {
    let data = folder.appendingPathComponent("d")
    let names = try FileManager.default.contentsOfDirectory(atPath: data.path)
    #expect(names.count == 1)
    return [folder.appendingPathComponent("manifest.ocdbt")]
      + names.map { data.appendingPathComponent($0) }
  }

  @Test func aFileThatIsCutIsRefused() throws {
    let folder = try copy("many", as: "x")
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    for file in try files(folder) {
      let bytes = try Data(contentsOf: file)
      // The root of the tree is what is written last.
      for length in stride(from: 0, to: bytes.count, by: 7) {
        try bytes.prefix(length).write(to: file)
        #expect(openAndReadAll(FilePath(folder)) != nil, "\(file.lastPathComponent), \(length)")
      }
      try bytes.write(to: file)
    }
    #expect(openAndReadAll(FilePath(folder)) == nil)
  }

  @Test func flippedBytesDoNoHarm() throws {
    let folder = try copy("many", as: "x")
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    var refused = 0
    for file in try files(folder) {
      let bytes = try Data(contentsOf: file)
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= [0x01, 0x80, 0xff][index % 3]
        try damaged.write(to: file)
        if let error = openAndReadAll(FilePath(folder)) {
          refused += 1
          #expect(error.sentence.hasSuffix("."))
        }
      }
      try bytes.write(to: file)
    }
    // All but the values of arrays, and what older versions left behind, has a checksum.
    #expect(refused > 1000)
  }

  @Test func flippedBytesInShardsDoNoHarm() throws {
    let folder = try copy("chunks3", as: "x")
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    let file = try files(folder)[1]
    let bytes = try Data(contentsOf: file)
    var refused = 0
    for index in stride(from: 0, to: bytes.count, by: 29) {
      var damaged = bytes
      damaged[index] ^= [0x01, 0x80, 0xff][index % 3]
      try damaged.write(to: file)
      if openAndReadAll(FilePath(folder)) != nil { refused += 1 }
    }
    #expect(refused > 50)
  }

  @Test func aMissingDataFileIsNamed() throws {
    let folder = try copy("many", as: "x")
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    try FileManager.default.removeItem(at: try files(folder)[1])
    let error = failure { () throws(CheckpointError) in _ = try Checkpoint.open(FilePath(folder)) }
    #expect(error?.code == .missingShard)
  }

  /// A manifest whose root is in a data file of this path.
  private func manifest(path: String) -> [UInt8] {
    let name = Array(path.utf8)
    var body = [UInt8](repeating: 7, count: 16) + [0, 0, 0, 4, 0]
    body += [1, UInt8(name.count), 0] + name
    body += [1, 1, 0, 0, 0, 20, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
    let length = 4 + 8 + 2 + body.count + 4
    let bytes =
      OCDBTRecord.manifest + [UInt8(length)] + [UInt8](repeating: 0, count: 7) + [0, 0] + body
    var sum = CRC32C()
    bytes.withUnsafeBytes { sum.update($0) }
    return bytes + withUnsafeBytes(of: sum.value.littleEndian) { Array($0) }
  }

  @Test(arguments: ["../x", "/etc/passwd", "a/../../x", "a//b", "./x", "", "a/"])
  func pathsThatLeadElsewhereAreRefused(_ path: String) {
    let folder = TemporaryFolder()
    let file = folder.write("manifest.ocdbt", manifest(path: path))
    let error = failure { () throws(CheckpointError) in _ = try Checkpoint.open(file) }
    #expect(error?.code == .unsafePath)
  }

  @Test func pathsBelowTheFolderAreFollowed() {
    let folder = TemporaryFolder()
    let file = folder.write("manifest.ocdbt", manifest(path: "a/b"))
    let error = failure { () throws(CheckpointError) in _ = try Checkpoint.open(file) }
    #expect(error?.code == .missingShard)
    // What is there is no node.
    let other = folder.write("manifest.ocdbt", manifest(path: "x"))
    folder.write("x", [UInt8](repeating: 1, count: 20))
    let verdict = failure { () throws(CheckpointError) in _ = try Checkpoint.open(other) }
    #expect(verdict?.code == .badHeader)
  }

  // MARK: Compression

  @Test func decompressionHasALimit() throws {
    let bytes = try Fixtures.bytes(Self.kinds.appendingPathComponent("saved/manifest.ocdbt"))
    let frame = Array(bytes[14..<(bytes.count - 4)])
    let body = try #require(Zstandard.decompress(frame, limit: 1 << 20))
    #expect(Zstandard.decompress(frame, limit: body.count) == body)
    #expect(Zstandard.decompress(frame, limit: body.count - 1) == nil)
    for length in 0..<frame.count {
      #expect(Zstandard.decompress(Array(frame[..<length]), limit: 1 << 20) == nil)
    }
    #expect(Zstandard.decompress(frame + frame, limit: 1 << 20) == body + body)
    #expect(Zstandard.decompress(frame + [0], limit: 1 << 20) == nil)
  }
}
