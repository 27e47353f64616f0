import EspalierTree
import Testing

@testable import EspalierCheckpoint

@Suite struct ShardTests {
  let folder = TemporaryFolder()
  static let tensor = SafetensorsHeaderTests.tensor

  private func write(
    _ map: String = #""a.x":"s1","b":"s2","c":"s1""#, metadata: String = #"{"total_size":4}"#
  ) -> FilePath {
    folder.write(
      "s1",
      SafetensorsHeaderTests.file(
        "{" + Self.tensor("a.x", 0, 1) + "," + Self.tensor("c", 1, 2) + "}", data: 2))
    folder.write(
      "s2", SafetensorsHeaderTests.file("{" + Self.tensor("b", 0, 2) + "}", data: 2))
    let text = #"{"metadata":\#(metadata),"weight_map":{\#(map)}}"#
    return folder.write("model.index.json", Array(text.utf8))
  }

  @Test func anIndexAndItsFolderAreOneTree() throws {
    for path in [write(), folder.path] {
      let opened = try Checkpoint.open(path)
      #expect(opened.tree.dump == "a\n  .x  U8 [1]\nb  U8 [2]\nc  U8 [1]")
      #expect(try opened.tree.leafIDs.map { try opened.bytes(of: $0) } == [[0], [1], [0, 1]])
      #expect(opened.metadata == [MetadataEntry("total_size", .integer(4))])
      #expect(opened.shards?.names == [Array("s1".utf8), Array("s2".utf8)])
      #expect(opened.files.count == 3)
    }
  }

  @Test func aFolderWithoutAnIndexIsOneTree() throws {
    _ = write()
    folder.remove("model.index.json")
    let opened = try Checkpoint.open(folder.path)
    #expect(opened.tree.leafCount == 3)
    #expect(opened.notes == ["2 files of the folder are read as one tree"])
  }

  /// Shards with these names, each with one tensor, in a folder without an index.
  private func writeShards(_ names: String...) {
    for (index, name) in names.enumerated() {
      folder.write(
        name,
        SafetensorsHeaderTests.file("{" + Self.tensor("t\(index)", 0, 1) + "}", data: 1))
    }
  }

  @Test func aFolderWithoutAnIndexNeedsAllThatTheNamesCount() throws {
    writeShards("m-00001-of-00003.safetensors", "m-00003-of-00003.safetensors")
    var error = #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error?.code == .missingShard)
    #expect(error?.place == Array("m-00002-of-00003.safetensors".utf8))
    folder.write(
      "m-00002-of-00003.safetensors", Array("version https://git-lfs.github.com/spec/v1".utf8))
    error = #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error?.sentence.contains("Git LFS pointer") == true)
    // One shard by itself is opened, and that is said.
    let one = try Checkpoint.open(folder.file("m-00003-of-00003.safetensors"))
    #expect(one.notes.contains { $0.contains("one of 3 shards") })
    writeShards(
      "m-00001-of-00003.safetensors", "m-00002-of-00003.safetensors",
      "m-00003-of-00003.safetensors")
    #expect(try Checkpoint.open(folder.path).tree.leafCount == 3)
  }

  @Test func aFolderOfPointersSaysSo() throws {
    folder.write("config.json", Array("{}".utf8))
    folder.write("m.safetensors", Array("version https://git-lfs.github.com/spec/v1".utf8))
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
    #expect(error?.sentence.contains("git lfs pull") == true)
  }

  @Test(arguments: [
    (["a-0-of-2.x", "a-1-of-2.x"], nil), (["a-0-of-2.x"], "a-1-of-2.x"), (["a-2-of-2"], "a-1-of-2"),
    (["a-02-of-11.b-c"], nil), (["x", "a-1-of-2"], nil), (["a-1-of-2", "b-1-of-2"], nil),
    (["-1-of-2"], "-2-of-2"), (["a-1-of-0"], nil),
    (["a-999999999-of-999999999"], "a-000000001-of-999999999"),
    (["a-1-of-9999999999"], nil), ([], nil),
  ])
  func whichShardIsMissing(_ names: [String], _ missing: String?) {
    #expect(
      ShardName.firstMissing(among: names.map { Array($0.utf8) }) == missing.map { Array($0.utf8) })
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var map: String
    var code: CheckpointError.Code
    var says: String
    var testDescription: String { says }
  }

  @Test(arguments: [
    Case(
      map: #""a.x":"s1","b":"s2","c":"s3""#, code: .missingShard,
      says: "s3: found no such file beside the index, expected all 3 shards"),
    Case(
      map: #""a.x":"s1","b":"s2""#, code: .badValue,
      says: "c: found this tensor in “s1” but not in the index"),
    Case(
      map: #""a.x":"s1","b":"s2","c":"s1","d":"s2","e":"s2""#, code: .badValue,
      says: "d: found no such tensor in “s2” nor 1 more that the index lists"),
    Case(
      map: #""a.x":"s1","b":"s2","c":"s2""#, code: .badValue,
      says: "c: found it in “s1”, expected “s2”"),
    Case(
      map: #""a.x":"s1","b":"s2","c":"../s1""#, code: .unsafePath,
      says: "found “../s1”, expected the name of a file in the same folder"),
    Case(map: #""a.x":"s1","c":"/etc/passwd""#, code: .unsafePath, says: "/etc/passwd"),
    Case(map: #""a.x":"""#, code: .unsafePath, says: "expected the name of a file"),
    Case(map: #""a.x":"..""#, code: .unsafePath, says: "“..”"),
    Case(map: #""a.x":1"#, code: .malformed, says: "expected a string"),
    Case(map: #""a.x":"s1","a.x":"s1""#, code: .duplicateName, says: "“a.x” a second time"),
    Case(map: "", code: .notACheckpoint, says: "an index that names no shard"),
    Case(
      map: #""a.x":"model.index.json""#, code: .notACheckpoint,
      says: "an index of shards, which"),
  ])
  func brokenIndexesAreRefused(_ broken: Case) throws {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.open(write(broken.map))
    }
    #expect(error?.code == broken.code, "\(error?.sentence ?? "")")
    #expect(error?.sentence.contains(broken.says) == true, "\(error?.sentence ?? "")")
  }

  @Test func aNameInTwoShardsIsRefused() throws {
    _ = write()
    folder.remove("model.index.json")
    folder.write("s3", SafetensorsHeaderTests.file("{" + Self.tensor("b", 0, 1) + "}", data: 1))
    let error = openAndReadAll(folder.path)
    #expect(error?.code == .duplicateName)
    #expect(error?.sentence.contains("s3") == true)
  }

  @Test func shardsAreSavedAsTheSameShards() throws {
    let opened = try Checkpoint.open(write())
    let source = MemorySource(tree: opened.tree, values: [[10], [11], [12, 13]])
    let target = folder.file("new")
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: target))
    #expect(report.files.map { $0.path.name } == opened.files.map(\.path.name))
    let saved = try Checkpoint.open(target)
    #expect(try saved.tree.leafIDs.map { try saved.bytes(of: $0) } == [[10], [11], [12, 13]])
    #expect(saved.metadata == opened.metadata)
    for file in saved.files {
      folder.remove("new/" + String(decoding: file.path.name, as: UTF8.self))
    }
    folder.removeFolder("new")
  }

  @Test func shardsBecomeOneFileUnderItsName() throws {
    let opened = try Checkpoint.open(write())
    let report = try Checkpoint.save(
      SaveRequest(opened, like: opened, to: folder.file("one.safetensors")))
    #expect(report.files.count == 1)
    #expect(try Checkpoint.open(folder.file("one.safetensors")).tree == opened.tree)
  }

  @Test func aSaveOfShardsThatFailsLeavesNothing() throws {
    let opened = try Checkpoint.open(write())
    let source = MemorySource(tree: opened.tree, values: [[10], [11], []])
    #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("new")))
    }
    #expect(folder.names == ["model.index.json", "s1", "s2"])
  }
}
