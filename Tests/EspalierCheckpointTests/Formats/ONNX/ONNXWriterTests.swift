import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// Values are saved into a copy of the model, and of the files beside it.
@Suite struct ONNXWriterTests {
  let folder = TemporaryFolder()

  /// All files of the model in a folder of their own.
  private func copied() throws -> FilePath {
    for name in ["external.onnx", "external.bin", "external-2.bin"] {
      folder.write(name, try Fixtures.bytes(ONNXTests.kinds.appendingPathComponent(name)))
    }
    return folder.file("external.onnx")
  }

  @Test func plainValuesAreWrittenOver() throws {
    let opened = try Checkpoint.open(ONNXTests.kind("types.onnx"))
    var source = ChangedSource(base: opened)
    for leaf in opened.tree.leafIDs where opened.tree.kind(of: leaf) == .array {
      let name = opened.tree.path(of: leaf).flatName.description
      let isPlain =
        name.hasSuffix(".raw") || ["float.typed", "double.typed", "scalar"].contains(name)
      if isPlain { source.changes[leaf] = pattern(opened.tree.byteCount(of: leaf)) }
    }
    #expect(source.changes.count > 20)
    let path = folder.file("a.onnx")
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    #expect(report.files.map(\.size) == [opened.size])
    let saved = try Checkpoint.open(path)
    #expect(saved.tree == opened.tree && saved.metadata == opened.metadata)
    for leaf in saved.tree.leafIDs
    where saved.hasValues(leaf) && saved.tree.kind(of: leaf) == .array {
      #expect(try saved.bytes(of: leaf) == source.bytes(of: leaf))
    }
  }

  @Test func numbersOfVaryingLengthMayStayButNotChange() throws {
    let opened = try Checkpoint.open(ONNXTests.kind("types.onnx"))
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("int64.typed")
    source.changes[leaf] = try opened.bytes(of: leaf)
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("same.onnx")))
    source.changes[leaf] = pattern(32)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a.onnx")))
    }
    #expect(error?.code == .unsupported && error?.place == Array("int64.typed".utf8))
    #expect(folder.names == ["same.onnx"])
  }

  @Test func filesBesideTheModelAreSavedWithIt() throws {
    let opened = try Checkpoint.open(ONNXTests.kind("external.onnx"))
    var source = ChangedSource(base: opened)
    for (name, count) in [("weight", 64), ("inside", 8), ("other", 64), ("bias", 32)] {
      source.changes[try source.leaf(name)] = pattern(count, seed: UInt64(count))
    }
    source.changes[try source.leaf("same")] = pattern(32, seed: 32)
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("new.onnx")))
    #expect(folder.names == ["external-2.bin", "external.bin", "new.onnx"])
    #expect(report.files.map(\.size) == opened.files.map(\.size))
    let saved = try Checkpoint.open(folder.file("new.onnx"))
    for leaf in saved.tree.leafIDs {
      #expect(try saved.bytes(of: leaf) == source.bytes(of: leaf))
    }
    // What lies between the values stays.
    #expect(folder.read("external.bin")?[..<16] == [UInt8](repeating: 0, count: 16)[...])
  }

  @Test func savingOverTheModelReplacesAllOfIt() throws {
    let opened = try Checkpoint.open(try copied())
    var source = ChangedSource(base: opened)
    source.changes[try source.leaf("weight")] = pattern(64)
    try Checkpoint.save(SaveRequest(source, like: opened, to: opened.path, replace: true))
    #expect(folder.names == ["external-2.bin", "external.bin", "external.onnx"])
    let saved = try Checkpoint.open(opened.path)
    #expect(try saved.bytes(of: try source.leaf("weight")) == pattern(64))
  }

  @Test func aSecondModelMayNotTakeTheFirstOnesFiles() throws {
    let opened = try Checkpoint.open(try copied())
    let before = folder.read("external.bin")
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(
        SaveRequest(opened, like: opened, to: folder.file("b.onnx"), replace: true))
    }
    #expect(error?.code == .exists)
    #expect(throws: CheckpointError.self) {
      try Checkpoint.save(
        SaveRequest(opened, like: opened, to: folder.file("external.bin"), replace: true))
    }
    #expect(folder.names == ["external-2.bin", "external.bin", "external.onnx"])
    #expect(folder.read("external.bin") == before)
  }
}
