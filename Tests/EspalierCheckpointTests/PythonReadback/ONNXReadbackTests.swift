import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// What was saved is read by onnx, where the interpreter that `ESPALIER_PYTHON` names has it.
enum PythonONNX {
  static let isThere: Bool = (try? PythonTorch.run(["-c", "import onnx"]).status) == 0
  static let skipReason: Comment = "ESPALIER_PYTHON names no interpreter with onnx"
}

@Suite(.enabled(if: PythonONNX.isThere, PythonONNX.skipReason))
struct ONNXReadbackTests {
  @Test(arguments: ["types.onnx", "external.onnx", "places.onnx"])
  func onnxReadsACopyWithOtherValues(_ name: String) throws {
    let folder = TemporaryFolder()
    let opened = try Checkpoint.open(ONNXTests.kind(name))
    var source = ChangedSource(base: opened)
    var expected: [String: String] = [:]
    for leaf in opened.tree.leafIDs where opened.tree.dtype(of: leaf) == .f32 {
      let (path, count) = (opened.tree.path(of: leaf), opened.tree.byteCount(of: leaf))
      // Whole numbers: no NaN, whose bits another reader may change.
      var values: [UInt8] = [0, 0, 0x80, 0x3f]
      while values.count < count { values += [0, 0, 0, 0x40] }
      values.removeLast(values.count - count)
      source.changes[leaf] = values
      if path.segments.allSatisfy({ !$0.name.description.hasPrefix("<") }) {
        expected[path.flatName.description] = hexadecimal(values)
      }
    }
    #expect(!expected.isEmpty)
    let path = folder.file("copy.onnx")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let script = Fixtures.folder.appendingPathComponent("readback/read_onnx.py").path
    let result = try PythonTorch.run([script, String(decoding: path.bytes, as: UTF8.self)])
    #expect(result.status == 0)
    let found = try JSONDecoder().decode([String: String].self, from: Data(result.output.utf8))
    for (name, bytes) in expected where !name.contains("few") {
      #expect(found[name] == bytes, "\(name)")
    }
  }
}
