import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// Chunks that are compressed are compressed anew, in every kind of index.
@Suite struct HDF5ChunkWriterTests {
  private let folder = TemporaryFolder()

  /// Which values the arrays get.
  enum Filling: CaseIterable, Sendable {
    /// Bytes that take more room compressed than those of the fixtures.
    case noise
    /// Bytes that take less.
    case zeros

    func bytes(_ count: Int) -> [UInt8] {
      switch self {
      case .zeros: [UInt8](repeating: 0, count: count)
      case .noise: pattern(count)
      }
    }
  }

  private static func open(_ name: String) throws -> Checkpoint {
    try Checkpoint.open(
      FilePath(Fixtures.folder.appendingPathComponent("hdf5-kinds/\(name)")))
  }

  static let files = ["chunks.h5", "chunks-old.h5", "chunks-latest.h5", "packed-arrays.h5"]
  /// h5py itself has no Zstandard.
  static let ours = files + ["zstd.h5"]

  /// New values for all arrays whose chunks are all in the file.
  static func changed(_ opened: Checkpoint, _ filling: Filling) throws -> ChangedSource {
    var source = ChangedSource(base: opened)
    for leaf in opened.tree.leafIDs where opened.hasValues(leaf) {
      let name = opened.tree.name(of: opened.tree.node(of: leaf))
      if ["sparse", "never", "holes"].contains(name) { continue }
      source.changes[leaf] = filling.bytes(opened.tree.byteCount(of: leaf))
    }
    return source
  }

  @Test(arguments: ours, Filling.allCases)
  func newValuesAreReadBack(_ name: String, _ filling: Filling) throws {
    let opened = try Self.open(name)
    let source = try Self.changed(opened, filling)
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    let saved = try Checkpoint.open(folder.file("a"))
    #expect(saved.tree == opened.tree && saved.metadata == opened.metadata)
    for leaf in opened.tree.leafIDs where opened.hasValues(leaf) {
      #expect(try saved.bytes(of: leaf) == source.bytes(of: leaf), "\(opened.tree.path(of: leaf))")
    }
    let (old, new) = (try Fixtures.bytes(Self.url(name)).count, folder.read("a")?.count ?? 0)
    #expect(filling == .noise ? new > old : new == old)
  }

  private static func url(_ name: String) -> URL {
    Fixtures.folder.appendingPathComponent("hdf5-kinds/\(name)")
  }

  @Test(arguments: ours) func theOldValuesGiveTheOldFile(_ name: String) throws {
    let opened = try Self.open(name)
    var source = ChangedSource(base: opened)
    // As bytes in memory, so that nothing but the comparison can tell.
    for leaf in opened.tree.leafIDs where opened.hasValues(leaf) {
      source.changes[leaf] = try opened.bytes(of: leaf)
    }
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    #expect(folder.read("a") == (try Fixtures.bytes(Self.url(name))))
  }

  @Test func onlyTheChunkThatChangedIsWrittenAnew() throws {
    let opened = try Self.open("chunks.h5")
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("gzip")
    // The first element of 10 × 7 lies in the first chunk of 4 × 3.
    source.changes[leaf] = [1, 2, 3, 4] + (try opened.bytes(of: leaf).dropFirst(4))
    try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    let old = try Fixtures.bytes(Self.url("chunks.h5"))
    let new = try #require(folder.read("a"))
    // Address and size of the chunk, the checksum over them, the superblock's end and its checksum.
    let differing = zip(old, new).filter { $0 != $1 }.count
    #expect(differing > 0 && differing <= 8 + 1 + 4 + 8 + 4)
    #expect(new.count > old.count && new.count <= old.count + 60)
  }

  @Test func manyChunksAtATimeTakeSeveralPasses() throws {
    let opened = try Self.open("chunks.h5")
    let source = try #require(opened.values as? HDF5Source)
    let leaf = try ChangedSource(base: opened).leaf("shuffled")
    let values = try #require(source.values(of: leaf))
    let array = try #require(opened.tree.array(leaf))
    let new = pattern(opened.tree.byteCount(of: leaf))
    let output = try AtomicFile(folder.file("a"))
    try output.copy(0..<source.file.region.file.size, of: source.file.region.file)
    var patches = HDF5Patches(source.file)
    var end = try HDF5FileEnd(source.file)
    // Row by row.
    let blocks = StoredBlocks(
      array: array, path: opened.tree.path(of: leaf), file: opened.path, blockLimit: 28)
    var writer = try #require(try HDF5ChunkWriter(values, blocks))
    // One chunk of 4 × 3 elements; a row of chunks holds three.
    writer.openLimit = 50
    var passes = 0
    try writer.write(
      {
        passes += 1
        return BufferReader(new)
      }, output, &patches, &end)
    try end.update(&patches)
    try patches.write(to: output)
    try output.commit()
    #expect(passes == 3)
    #expect(try Checkpoint.open(folder.file("a")).bytes(of: leaf) == new)
  }

  @Test func valuesForAChunkThatWasNeverWrittenAreRefused() throws {
    let opened = try Self.open("packed-arrays.h5")
    var source = ChangedSource(base: opened)
    let leaf = try source.leaf("holes")
    source.changes[leaf] = [1] + (try opened.bytes(of: leaf).dropFirst())
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(source, like: opened, to: folder.file("a")))
    }
    #expect(error?.code == .unsupported && error?.place == Array("holes".utf8))
    #expect(error?.found?.contains("never written") == true)
    #expect(folder.names == [])
  }

  @Test func aFileInsideAnArchiveCannotGrow() throws {
    let bytes = try Fixtures.bytes(Self.url("chunks.h5"))
    let input = try InputFile(folder.write("in", bytes + [0, 0]))
    let inside = try ByteRegion(input).slice(at: 0, count: bytes.count)
    var end = try HDF5FileEnd(try HDF5File(inside))
    #expect(end.obstacle?.contains("archive") == true && end.take(1) == nil)
    let whole = try InputFile(folder.write("whole", bytes))
    end = try HDF5FileEnd(try HDF5File(ByteRegion(whole)))
    #expect(end.obstacle == nil && end.take(7) == bytes.count && end.take(1) == bytes.count + 7)
  }
}

/// What was saved is read by h5py, where the interpreter that `ESPALIER_PYTHON` names has it.
enum PythonH5 {
  static let isThere: Bool = (try? PythonTorch.run(["-c", "import h5py"]).status) == 0
  static let skipReason: Comment = "ESPALIER_PYTHON names no interpreter with h5py"

  /// The SHA-256 of every array by its path.
  static func hashes(_ path: FilePath) throws -> [String: String] {
    let script = Fixtures.folder.appendingPathComponent("readback/read_hdf5.py").path
    let result = try PythonTorch.run([script, String(decoding: path.bytes, as: UTF8.self)])
    #expect(result.status == 0, "\(result.output)")
    return try JSONDecoder().decode([String: String].self, from: Data(result.output.utf8))
  }
}

@Suite(.enabled(if: PythonH5.isThere, PythonH5.skipReason))
struct HDF5ReadbackTests {
  @Test(arguments: HDF5ChunkWriterTests.files, HDF5ChunkWriterTests.Filling.allCases)
  func h5pyReadsCompressedChunksWithOtherValues(
    _ name: String, _ filling: HDF5ChunkWriterTests.Filling
  ) throws {
    let folder = TemporaryFolder()
    let opened = try Checkpoint.open(
      FilePath(Fixtures.folder.appendingPathComponent("hdf5-kinds/\(name)")))
    let source = try HDF5ChunkWriterTests.changed(opened, filling)
    let path = folder.file("copy.h5")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let found = try PythonH5.hashes(path)
    for leaf in opened.tree.leafIDs where opened.hasValues(leaf) {
      let name = opened.tree.path(of: leaf).description
      #expect(found[name] == hexadecimal(SHA256.hash(try source.bytes(of: leaf))), "\(name)")
    }
  }
}
