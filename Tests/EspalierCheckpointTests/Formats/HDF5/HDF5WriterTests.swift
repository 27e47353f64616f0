import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// Values are saved into a copy of the file; everything else in it stays.
@Suite struct HDF5WriterTests {
  /// A tree whose arrays have other values, each byte one more.
  private struct Shifted: TensorSource {
    let base: Checkpoint
    var tree: Tree { base.tree }
    func hasValues(_ leaf: LeafID) -> Bool { base.hasValues(leaf) }
    func reader(for leaf: LeafID) throws -> any TensorReader {
      return BufferReader(try base.bytes(of: leaf).map { $0 &+ 1 })
    }
  }

  @Test(arguments: [
    "hdf5/old.h5", "hdf5/new.h5", "keras/model.keras", "keras/deflated.keras", "jld2/model.jld2",
    "hdf5-kinds/types.h5",
    "hdf5-kinds/chunk-arrays.h5", "hdf5-kinds/dense-group.h5", "hdf5-kinds/user-block.h5",
  ])
  func newValuesAreReadBack(_ path: String) throws {
    let folder = TemporaryFolder()
    let original = Fixtures.folder.appendingPathComponent(path)
    let opened = try Checkpoint.open(FilePath(original))
    // Arrays with chunks that were never written cannot get other values.
    if path.contains("chunk-arrays") {
      #expect(throws: CheckpointError.self) {
        try Checkpoint.save(
          SaveRequest(Shifted(base: opened), like: opened, to: folder.file("a")))
      }
      #expect(folder.names == [])
      return
    }
    let source = Shifted(base: opened)
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    #expect(report.format == opened.format.name && report.arrays > 0)
    let saved = try Checkpoint.open(folder.file("a"))
    #expect(saved.tree == opened.tree && saved.metadata == opened.metadata)
    for leaf in opened.tree.leafIDs where opened.hasValues(leaf) {
      #expect(
        try saved.bytes(of: leaf) == source.bytes(of: leaf),
        "\(opened.tree.path(of: leaf))")
    }
    // What is compressed may take another room afterwards.
    if path.contains("deflated") { return }
    let size = try Fixtures.bytes(original).count
    #expect(try #require(folder.read("a")).count >= size)
    if !path.contains("jld2") { #expect(folder.read("a")?.count == size) }
  }

  @Test func chunksThatAreNotCompressedAreWrittenOver() throws {
    let folder = TemporaryFolder()
    let path = Fixtures.folder.appendingPathComponent("hdf5-kinds/chunks.h5")
    let opened = try Checkpoint.open(FilePath(path))
    let names: Set<Name> = [
      "single", "edges", "growing", "growing-second", "growing-both", "early", "empty",
    ]
    let source = Partly(base: opened, names: names)
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    let saved = try Checkpoint.open(folder.file("a"))
    for leaf in opened.tree.leafIDs {
      let isNew = names.contains(opened.tree.name(of: opened.tree.node(of: leaf)))
      let old = try opened.bytes(of: leaf)
      #expect(try saved.bytes(of: leaf) == (isNew ? old.map { $0 &+ 1 } : old))
    }
  }

  private struct Partly: TensorSource {
    let base: Checkpoint
    let names: Set<Name>
    var tree: Tree { base.tree }
    func reader(for leaf: LeafID) throws -> any TensorReader {
      guard names.contains(tree.name(of: tree.node(of: leaf))) else {
        return try base.reader(for: leaf)
      }
      return BufferReader(try base.bytes(of: leaf).map { $0 &+ 1 })
    }
  }
}
