import EspalierCheckpoint
import EspalierTree
import Testing

@Suite struct SafetensorsWriterTests {
  let folder = TemporaryFolder()

  @Test func tiesAreKeptThroughTheMetadata() throws {
    let path = folder.file("a.safetensors")
    let report = try Checkpoint.save(SaveRequest(try tiedSource(), to: path))
    #expect(report.arrays == 2 && report.losses == [])
    let opened = try Checkpoint.open(path)
    #expect(
      opened.tree.dump == """
        embed
          .weight  F32 [2]  tie 0
        head
          .weight  F32 [2]  tie 0
        other  U8 [1]
        """)
    let leaves = Array(opened.tree.leafIDs)
    #expect(try leaves.map { try opened.bytes(of: $0).count } == [8, 1, 8])
    #expect(try opened.bytes(of: leaves[0]) == opened.bytes(of: leaves[2]))

    // And again, into a copy.
    try Checkpoint.save(SaveRequest(opened, like: opened, to: folder.file("b")))
    #expect(folder.read("b") == folder.read("a.safetensors"))
  }

  @Test(arguments: [
    "[]", "{", #"{"x":1}"#, #"{"x":"absent"}"#, #"{"a":"a"}"#, #"{"a.b":"a","a.b":"a"}"#,
  ])
  func brokenTiesAreSaidAndChangeNothing(_ text: String) throws {
    let quoted = text.replacing("\"", with: "\\\"")
    let header =
      #"{"__metadata__":{"espalier.ties":"\#(quoted)"},"#
      + SafetensorsHeaderTests.tensor("a", 0, 1) + "}"
    let opened = try Checkpoint.open(
      folder.write("a", SafetensorsHeaderTests.file(header, data: 1)))
    #expect(opened.tree.dump == "a  U8 [1]")
    #expect(opened.notes.count == 1)
  }

  @Test func whatTheFormatCannotHoldIsSaid() throws {
    var builder = MemorySource.Builder()
    try builder.add("a", .u8, [1], [1])
    try builder.add("epoch", .integer(3))
    try builder.add("bias", .bool(false))
    let request = SaveRequest(builder.finish(), to: folder.file("a.safetensors"))
    let losses = [
      "safetensors holds arrays only; 2 other values are left out: epoch, bias"
    ]
    #expect(try Checkpoint.losses(request) == losses)
    #expect(try Checkpoint.save(request).losses == losses)
  }

  @Test func typesThatTheFormatLacksAreRefused() throws {
    var builder = MemorySource.Builder()
    try builder.add("a", .q80, [32], [UInt8](repeating: 0, count: 34))
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(builder.finish(), to: folder.file("a.safetensors")))
    }
    #expect(error?.code == .unsupported)
    #expect(
      error?.sentence.contains("a: found 1 array of element types that safetensors does not have")
        == true)
    #expect(folder.names == [])
  }

  @Test func namesThatAreNotTextComeBackFromTheirSpelling() throws {
    var builder = MemorySource.Builder()
    try builder.add(Name([0x61, 0xff]), .u8, [1], [1])
    try Checkpoint.save(SaveRequest(builder.finish(), to: folder.file("a.safetensors")))
    let opened = try Checkpoint.open(folder.file("a.safetensors"))
    let name = try #require(opened.tree.leafIDs.first.map { opened.tree.path(of: $0).flatName })
    #expect(NameText.decode(name.bytes) == [0x61, 0xff])
  }

  /// Values of another source go where the destination has them; all else stays.
  @Test func valuesGoIntoACopyOfTheDestination() throws {
    let header =
      #"{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"__metadata__":{"k":"v"},"#
      + #" "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}     "#
    let path = folder.write("a", SafetensorsHeaderTests.file(header, data: 3))
    let destination = try Checkpoint.open(path)
    let source = MemorySource(tree: destination.tree, values: [[8, 9], [7]])
    try Checkpoint.save(SaveRequest(source, like: destination, to: path, replace: true))
    #expect(folder.read("a") == Array(SafetensorsHeaderTests.file(header, data: 0)) + [7, 8, 9])
  }

  @Test func aSourceThatGivesTooLittleEndsTheSave() throws {
    let path = folder.write(
      "a",
      SafetensorsHeaderTests.file("{" + SafetensorsHeaderTests.tensor("a", 0, 4) + "}", data: 4))
    let destination = try Checkpoint.open(path)
    for values: [UInt8] in [[], [1, 2, 3], [1, 2, 3, 4, 5]] {
      let source = MemorySource(tree: destination.tree, values: [values])
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint.save(SaveRequest(source, like: destination, to: folder.file("b")))
      }
      #expect(error?.code == .saveFailed)
      #expect(folder.names == ["a"])
    }
  }

  @Test func aFileThatChangedMeanwhileIsNotUsed() throws {
    let bytes = SafetensorsHeaderTests.file(
      "{" + SafetensorsHeaderTests.tensor("a", 0, 4) + "}", data: 4)
    let destination = try Checkpoint.open(folder.write("a", bytes))
    folder.write("a", bytes + bytes)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(
        SaveRequest(destination, like: destination, to: folder.file("b")))
    }
    #expect(error?.code == .changedOnDisk)
    #expect(folder.names == ["a"])
  }

  @Test func theFormatFollowsRequestDestinationAndName() throws {
    let source = try tiedSource()
    let skeleton = folder.file("model.skeleton.json")
    #expect(try Checkpoint.save(SaveRequest(source, to: skeleton)).format == "skeleton")
    let destination = try Checkpoint.open(skeleton)
    // A skeleton has no values: what is loaded into it becomes safetensors.
    let loaded = MemorySource(
      tree: destination.tree,
      values: [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8], [9]])
    let report = try Checkpoint.save(
      SaveRequest(loaded, like: destination, to: folder.file("out")))
    #expect(report.format == "safetensors")
    #expect(try Checkpoint.open(folder.file("out")).tree.tiedGroups.count == 1)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(source, to: folder.file("x"), format: "word"))
    }
    #expect(error?.sentence.contains("no format “word”") == true)
  }
}
