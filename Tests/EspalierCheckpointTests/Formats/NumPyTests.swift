import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

@Suite struct NumPyTests {
  private let folder = TemporaryFolder()

  @Test func whatNumPyCannotHoldIsRefusedBeforeAnythingIsWritten() throws {
    var builder = MemorySource.Builder()
    try builder.add("w", .bf16, [1], [0, 0])
    let path = folder.file("a.npz")
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(builder.finish(), to: path))
    }
    #expect(error?.code == .unsupported)
    #expect(error?.found == "1 array of element types that NumPy does not have: BF16 (w)")
    #expect(!FileManager.default.fileExists(atPath: String(decoding: path.bytes, as: UTF8.self)))
  }

  @Test func newValuesForCompressedMembersAreCompressedAgain() throws {
    let url = Fixtures.folder.appendingPathComponent("numpy/deflated.npz")
    let original = try Checkpoint.open(FilePath(url))
    var source = ChangedSource(base: original)
    let (weight, turned) = (try source.leaf("weight"), try source.leaf("turned"))
    source.changes[weight] = pattern(80)
    source.changes[turned] = pattern(48)
    let path = folder.file("a.npz")
    let report = try Checkpoint.save(SaveRequest(source, like: original, to: path))
    let found = try Checkpoint.open(path)
    #expect(report.files.map(\.size) == [found.size])
    #expect(found.tree == original.tree)
    for leaf in found.tree.leafIDs where found.hasValues(leaf) {
      #expect(try found.bytes(of: leaf) == source.bytes(of: leaf))
    }
    let zip = try ZipArchive(ByteRegion(try InputFile(path)))
    #expect(zip.entries.allSatisfy { $0.method == .deflated })
    // What stays as it is stays compressed as it is.
    try Checkpoint.save(SaveRequest(original, like: original, to: path, replace: true))
    #expect(try folder.read("a.npz") == Fixtures.bytes(url))
  }

  /// A file made from nothing would not have the objects.
  @Test func newValuesForAnArrayInCompressedObjectsAreRefused() throws {
    let url = Fixtures.folder.appendingPathComponent("numpy/deflated.npz")
    let original = try Checkpoint.open(FilePath(url))
    var source = ChangedSource(base: original)
    source.changes[try source.leaf("objects.conv.bias")] = pattern(8)
    let path = folder.file("a.npz")
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(source, like: original, to: path))
    }
    #expect(error?.sentence.contains("inside of pickled objects") == true)
    #expect(folder.names == [])
  }

  @Test func tiesAreStoredTwiceAndComeBack() throws {
    let path = folder.file("a.npz")
    let report = try Checkpoint.save(SaveRequest(try tiedSource(), to: path))
    #expect(report.arrays == 3)
    #expect(
      report.losses == [
        "the format has no ties, each of these holds its own copy, and the archive's comment says "
          + "that they are one: embed.weight, head.weight"
      ])
    let saved = try Checkpoint.open(path)
    let tree = saved.tree
    let ties = Dictionary(
      grouping: tree.leafIDs.filter { tree.tie(of: $0) != nil }, by: { tree.tie(of: $0) })
    #expect(
      ties.values.map { Set($0.map { "\(tree.path(of: $0))" }) } == [
        ["embed.weight", "head.weight"]
      ])
    // A copy keeps the comment, and what it says.
    let copy = folder.file("b.npz")
    _ = try Checkpoint.save(SaveRequest(saved, like: saved, to: copy))
    #expect(try Checkpoint.open(copy).tree == tree)
  }

  /// Whoever has changed one of two tied arrays has undone the tie; other comments mean nothing.
  @Test(arguments: [
    #"{"espalier.ties": {"head": "other"}}"#, #"{"espalier.ties": {"head": "gone"}}"#,
    #"{"espalier.ties": ["head"]}"#, #"{"espalier.ties": {"head": 3}}"#, #"{"espalier.ties": "#,
    "made by somebody", "",
  ])
  func whatTheCommentSaysMustBeTrue(_ comment: String) throws {
    let path = folder.file("a.npz")
    let file = try AtomicFile(path)
    var zip = ZipWriter(file)
    for (name, value) in [("embed", 1), ("head", 1), ("other", 2)] as [(String, UInt8)] {
      let header = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n".utf8)
      try zip.add(
        Array("\(name).npy".utf8),
        NpyHeader.magic + [1, 0, UInt8(header.count), 0] + header + [value])
    }
    try zip.finish(comment: Array(comment.utf8))
    try file.commit()
    #expect(try Checkpoint.open(path).tree.tiedGroups.isEmpty)
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{\"shape\": (2L,), 'descr': u'<f4', 'fortran_order': False}",
    " { 'fortran_order' : False , 'shape':(2,),'descr':'<f4' }\n",
  ])
  func headersAreReadAsPythonWritesThem(_ text: String) throws {
    let path = try file(text, values: 8)
    let opened = try Checkpoint.open(path)
    #expect(opened.tree.shape(of: LeafID(0)) == [2])
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'descr': '<f8'}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "__import__('os').system('true')",
    String(repeating: "(", count: 10_000),
  ])
  func otherHeadersAreRefused(_ text: String) throws {
    let path = try file(text, values: 8)
    #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
  }

  private func file(_ text: String, values: Int) throws -> FilePath {
    let header = Array(text.utf8)
    let bytes =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)]
      + header + [UInt8](repeating: 1, count: values)
    return folder.write("a.npy", bytes)
  }
}
