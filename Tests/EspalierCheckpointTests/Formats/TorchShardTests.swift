import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// A PyTorch model in two shards with an index, as Hugging Face's libraries save one.
@Suite struct TorchShardTests {
  let folder = TemporaryFolder()
  static let index = "pytorch_model.bin.index.json"
  static let shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]

  static func fixture(_ name: String) throws -> [UInt8] {
    try Fixtures.bytes(
      Fixtures.folder.appendingPathComponent("pytorch-shards").appendingPathComponent(name))
  }

  /// The fixture as a folder of its own.
  init() throws {
    for name in Self.shards + [Self.index] { folder.write(name, try Self.fixture(name)) }
  }

  static let dump = """
    embed
      .weight  F32 [4, 2]
    layers
      .0
        .weight  F16 [2, 3] strides [1, 2] offset 0
      .1
        .weight  F32 [2]
    norm
      .weight  F32 [2]  tie 0
    head
      .weight  F32 [2]  tie 0
    """

  @Test func anIndexAndItsFolderAreOneTree() throws {
    for path in [folder.file(Self.index), folder.path] {
      let opened = try Checkpoint.open(path)
      #expect(opened.format.name == "pytorch")
      #expect(opened.tree.dump == Self.dump)
      let names = opened.tree.leafIDs.map { opened.tree.path(of: $0).description }
      let tied = opened.tree.leafIDs.filter { opened.tree.tie(of: $0) != nil }
      #expect(tied.map { names[$0.index] } == ["norm.weight", "head.weight"])
      #expect(opened.shards?.names.map { String(decoding: $0, as: UTF8.self) } == Self.shards)
      #expect(
        try opened.bytes(of: LeafID(4)) == littleEndian(Float(5).bitPattern)
          + littleEndian(Float(6).bitPattern))
    }
  }

  @Test func numberedShardsNeedNoIndex() throws {
    folder.remove(Self.index)
    #expect(try Checkpoint.open(folder.path).tree.dump == Self.dump)
    folder.remove(Self.shards[0])
    folder.write("pytorch_model-00003-of-00003.bin", try Self.fixture(Self.shards[0]))
    let other = failure { () throws(CheckpointError) in _ = try Checkpoint.open(folder.path) }
    #expect(other?.sentence.contains("2 checkpoints: “pytorch_model-00002-of-00002.bin”") == true)
    folder.remove(Self.shards[1])
    folder.write("pytorch_model-00001-of-00003.bin", try Self.fixture(Self.shards[1]))
    let missing = failure { () throws(CheckpointError) in _ = try Checkpoint.open(folder.path) }
    #expect(missing?.code == .missingShard)
    #expect(missing?.place == Array("pytorch_model-00002-of-00003.bin".utf8))
  }

  @Test(arguments: [
    "-of-", "a-0-of-0.bin", "a-3-of-2.bin", "a-x-of-2", "a-99999999999999999999-of-1",
  ])
  func otherNamesHaveNoNumbers(_ name: String) {
    #expect(ShardName(Array(name.utf8)) == nil)
  }

  /// Checkpoints that lie in one folder by chance are not put together.
  @Test func severalCheckpointsInAFolderAreNotOne() throws {
    for name in folder.names { folder.remove(name) }
    folder.write("pytorch_model.bin", try Self.fixture(Self.shards[0]))
    folder.write("training_args.bin", try Self.fixture(Self.shards[1]))
    let error = failure { () throws(CheckpointError) in _ = try Checkpoint.open(folder.path) }
    #expect(error?.code == .notACheckpoint)
    #expect(error?.sentence.contains("open the one you mean") == true)
  }

  @Test func aShardThatIsNotThereIsNamed() throws {
    folder.remove(Self.shards[1])
    let error = openAndReadAll(folder.file(Self.index))
    #expect(error?.code == .missingShard)
    #expect(error?.place == Array(Self.shards[1].utf8))
    #expect(error?.sentence.contains("download the missing ones") == true)
  }

  @Test func aNameInTwoShardsIsRefused() throws {
    folder.remove(Self.index)
    folder.write(Self.shards[1], try Self.fixture(Self.shards[0]))
    let error = openAndReadAll(folder.path)
    #expect(error?.code == .duplicateName)
    #expect(error?.sentence.contains(Self.shards[1]) == true)
  }

  @Test func shardsAreSavedAsTheSameShards() throws {
    let opened = try Checkpoint.open(folder.path)
    var source = ChangedSource(base: opened)
    for leaf in opened.tree.leafIDs where opened.tree.path(of: leaf).description != "head.weight" {
      source.changes[leaf] = pattern(opened.tree.byteCount(of: leaf), seed: UInt64(leaf.index))
    }
    source.changes[LeafID(4)] = source.changes[LeafID(3)]
    let target = folder.file("new")
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: target))
    #expect(report.files.map { $0.path.name } == opened.files.map(\.path.name))
    #expect(report.files.map(\.size) == opened.files.map(\.size))
    let saved = try Checkpoint.open(target)
    #expect(saved.tree == opened.tree && saved.metadata == opened.metadata)
    for leaf in saved.tree.leafIDs {
      #expect(try saved.bytes(of: leaf) == source.bytes(of: leaf))
    }
    for file in saved.files.prefix(2) {
      let zip = try ZipArchive(ByteRegion(file))
      for entry in zip.entries { try zip.verify(entry) }
    }
    if PythonTorch.isThere {
      let name = String(decoding: saved.files[0].path.bytes, as: UTF8.self)
      let found = try PythonTorch.load(FilePath(name))
      for leaf in [LeafID(0), LeafID(1)] {
        #expect(found.contains(hexadecimal(try source.bytes(of: leaf))))
      }
    }
    for file in saved.files {
      folder.remove("new/" + String(decoding: file.path.name, as: UTF8.self))
    }
    folder.removeFolder("new")
  }

  @Test func shardsBecomeOneFileUnderItsName() throws {
    let opened = try Checkpoint.open(folder.path)
    let report = try Checkpoint.save(SaveRequest(opened, like: opened, to: folder.file("one.bin")))
    #expect(report.files.count == 1 && report.losses == [])
    let one = try Checkpoint.open(folder.file("one.bin"))
    #expect(one.tree.leafCount == opened.tree.leafCount)
    for leaf in one.tree.leafIDs { #expect(try one.bytes(of: leaf) == opened.bytes(of: leaf)) }
  }

  @Test func damageIsRefusedOrHarmless() throws {
    for name in Self.shards + [Self.index] {
      let bytes = try Self.fixture(name)
      for length in stride(from: 0, to: bytes.count - 1, by: 7) {
        folder.write(name, Array(bytes[..<length]))
        #expect(openAndReadAll(folder.file(Self.index)) != nil, "\(name) cut to \(length)")
      }
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= [0x01, 0x80, 0xff][index % 3]
        folder.write(name, damaged)
        if let error = openAndReadAll(folder.file(Self.index)) {
          #expect(error.sentence.hasSuffix("."), "\(error.sentence)")
        }
      }
      folder.write(name, bytes)
    }
  }
}
