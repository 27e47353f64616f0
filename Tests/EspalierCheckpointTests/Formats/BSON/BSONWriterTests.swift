import EspalierTree
import Foundation
import Testing

@testable import EspalierCheckpoint

/// Values are saved into a copy of the file; everything else in it stays.
@Suite struct BSONWriterTests {
  /// A tree whose arrays have other values, each byte one more.
  private struct Shifted: TensorSource {
    let base: Checkpoint
    var tree: Tree { base.tree }
    func hasValues(_ leaf: LeafID) -> Bool { base.hasValues(leaf) }
    func reader(for leaf: LeafID) throws -> any TensorReader {
      BufferReader(try base.bytes(of: leaf).map { $0 &+ 1 })
    }
  }

  @Test(arguments: ["model", "values", "from-32-bit"])
  func onlyTheBytesOfArraysChange(_ name: String) throws {
    let folder = TemporaryFolder()
    let original = Fixtures.folder.appendingPathComponent("bson/\(name).bson")
    let opened = try Checkpoint.open(FilePath(original))
    let source = Shifted(base: opened)
    let report = try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    #expect(report.format == "bson")
    let saved = try Checkpoint.open(folder.file("a"))
    #expect(saved.tree == opened.tree && saved.notes == opened.notes)
    var places: Set<Range<Int>> = []
    let content = try #require(opened.values as? BSONSource)
    for leaf in opened.tree.leafIDs where opened.hasValues(leaf) {
      #expect(try saved.bytes(of: leaf) == source.bytes(of: leaf), "\(opened.tree.path(of: leaf))")
      places.insert(try #require(content.range(of: leaf)))
    }
    #expect(report.arrays == places.count)
    let old = try Fixtures.bytes(original)
    let new = try #require(folder.read("a"))
    #expect(new.count == old.count)
    for index in old.indices {
      let isValue = places.contains { $0.contains(index) }
      #expect(new[index] == old[index] &+ (isValue ? 1 : 0), "byte \(index)")
    }
  }

  @Test func aMatrixOfManyBlocksIsTheSame() throws {
    let folder = TemporaryFolder()
    let array = ArrayDescription(.i16, [7, 5, 3], layout: .contiguous(.column))
    let values = (0..<105).flatMap { littleEndian(Int16($0)) }
    for limit in [1, 2, 10, 32, 64, 1 << 20] {
      let output = try AtomicFile(folder.file("a\(limit)"))
      try output.append([UInt8](repeating: 0xee, count: 214))
      var blocks = StoredBlocks(array: array, path: .root, file: "a")
      blocks.blockLimit = limit
      try blocks.write(BufferReader(values), to: output, at: 4)
      try output.commit()
      let bytes = try #require(folder.read("a\(limit)"))
      #expect(bytes[..<4] == [0xee, 0xee, 0xee, 0xee] && bytes.count == 214)
      // Element (i, j, k) of C order 15 i + 3 j + k lies at i + 7 j + 35 k.
      for i in 0..<7 {
        for j in 0..<5 {
          for k in 0..<3 {
            let at = 4 + 2 * (i + 7 * j + 35 * k)
            #expect(Array(bytes[at..<at + 2]) == littleEndian(Int16(15 * i + 3 * j + k)))
          }
        }
      }
    }
  }

  @Test func valuesThatAreTooFewEndTheSave() throws {
    struct Short: TensorSource {
      let base: Checkpoint
      var tree: Tree { base.tree }
      func reader(for leaf: LeafID) throws -> any TensorReader { BufferReader([1, 2]) }
    }
    let folder = TemporaryFolder()
    let path = Fixtures.folder.appendingPathComponent("bson/model.bson")
    let opened = try Checkpoint.open(FilePath(path))
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(Short(base: opened), like: opened, to: folder.file("a")))
    }
    #expect(error?.code == .saveFailed && folder.names == [])
  }
}
