import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Python.path != nil, Python.skipReason))
struct NumPyReadbackTests {
  private let folder = TemporaryFolder()

  private func source() throws -> MemorySource {
    var builder = MemorySource.Builder()
    let types: [DType] = [
      .f16, .f32, .f64, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .bool, .c64, .c128,
    ]
    for (index, dtype) in types.enumerated() {
      let count = 6 * dtype.bytesPerBlock
      try builder.add(
        Name("layer.\(index).weight"), dtype, [2, 3],
        (0..<count).map { dtype == .bool ? UInt8($0 % 2) : UInt8($0 % 64) })
    }
    try builder.add("scalar", .i32, [], [1, 2, 3, 4])
    try builder.add("empty", .f32, [0, 3], [])
    return builder.finish()
  }

  @Test func numpyReadsAnArchiveMadeFromNothing() throws {
    let source = try source()
    let path = folder.file("a.npz")
    try Checkpoint.save(SaveRequest(source, to: path))
    try Python.expect(Python.read(path, with: "read_numpy.py"), toHold: source)
  }

  @Test func numpyReadsASingleArray() throws {
    var builder = MemorySource.Builder()
    try builder.add("w", .f32, [2, 1], values: [1 as Float, 2])
    let path = folder.file("a.npy")
    let report = try Checkpoint.save(SaveRequest(builder.finish(), to: path))
    #expect(report.format == "numpy")
    let found = try Python.read(path, with: "read_numpy.py")
    #expect(found.tensors[""]?.shape == [2, 1])
    #expect(found.tensors[""]?.bytes == "0000803f00000040")
  }

  @Test func numpyReadsACopyWhoseMembersAreCompressed() throws {
    let original = try Checkpoint.open(
      FilePath(Fixtures.folder.appendingPathComponent("numpy/deflated.npz")))
    var source = ChangedSource(base: original)
    source.changes[try source.leaf("weight")] = pattern(80)
    source.changes[try source.leaf("turned")] = pattern(48)
    let path = folder.file("b.npz")
    try Checkpoint.save(SaveRequest(source, like: original, to: path))
    let script =
      "import numpy, sys\nfound = numpy.load(sys.argv[1], allow_pickle=True)\n"
      + "print(found['weight'].tobytes().hex(), found['turned'].tobytes('C').hex(), "
      + "found['objects'].item()['steps'], found['turned'].flags.f_contiguous)"
    let found = try PythonTorch.run(["-c", script, String(decoding: path.bytes, as: UTF8.self)])
    #expect(
      found.output == "\(hexadecimal(pattern(80))) \(hexadecimal(pattern(48))) 7 True\n")
  }

  @Test func numpyReadsValuesWrittenIntoACopy() throws {
    let original = try Checkpoint.open(
      FilePath(Fixtures.folder.appendingPathComponent("numpy/plain.npz")))
    let values = original.tree.leafIDs.map { leaf -> [UInt8]? in
      original.tree.array(leaf)?.byteCount.map { count in
        (0..<count).map { original.tree.dtype(of: leaf) == .bool ? UInt8($0 % 2) : UInt8($0 % 60) }
      }
    }
    let changed = MemorySource(tree: original.tree, values: values)
    let path = folder.file("b.npz")
    try Checkpoint.save(SaveRequest(changed, like: original, to: path))
    let found = try Python.read(path, with: "read_numpy.py")
    for leaf in original.tree.leafIDs where original.tree.kind(of: leaf) == .array {
      let name = String(decoding: original.tree.path(of: leaf).flatName.bytes, as: UTF8.self)
      #expect(found.tensors[name]?.bytes == hexadecimal(try changed.bytes(of: leaf)), "\(name)")
    }
    #expect(try Checkpoint.open(path).tree.leafCount == original.tree.leafCount)
  }
}
