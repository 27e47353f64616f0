import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// What was written is read by torch, where the interpreter that `ESPALIER_PYTHON` names has it.
enum PythonTorch {
  static let isThere: Bool = (try? run(["-c", "import torch"]).status) == 0
  static let skipReason: Comment = "ESPALIER_PYTHON names no interpreter with torch"

  static func load(_ path: FilePath) throws -> String {
    let script = Fixtures.folder.appendingPathComponent("readback/read_torch.py").path
    let result = try run([script, String(decoding: path.bytes, as: UTF8.self)])
    #expect(result.status == 0)
    return result.output
  }

  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Python.path))
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}

@Suite(.enabled(if: PythonTorch.isThere, PythonTorch.skipReason))
struct TorchReadbackTests {
  let folder = TemporaryFolder()

  @Test func torchReadsWhatWasWrittenFromNothing() throws {
    var builder = MemorySource.Builder()
    try builder.add("embed.weight", .f32, [2], values: [1 as Float, 2])
    try builder.tie("head.weight", to: "embed.weight")
    try builder.add("flag", .bool, [2], [0, 1])
    try builder.add("half", .bf16, [1], [0, 0x3f])
    try builder.add("wide", .u32, [], [1, 2, 3, 4])
    try builder.add("epoch", .integer(3_000_000_000))
    try builder.add("big", .unsigned(.max))
    try builder.add("rate", .float(0.5))
    try builder.add("name", .text(Array("é".utf8)))
    try builder.add("on", .bool(true))
    try builder.add("none", .nothing)
    let path = folder.file("a.pt")
    let report = try Checkpoint.save(SaveRequest(builder.finish(), to: path))
    #expect(report.format == "pytorch" && report.losses == [])
    func tensor(_ bytes: String, _ dtype: String, _ shape: String, _ storage: Int) -> String {
      #"{"bytes": "\#(bytes)", "dtype": "torch.\#(dtype)", "shape": \#(shape), "storage": \#(storage)}"#
    }
    let expected = [
      ("embed.weight", tensor("0000803f00000040", "float32", "[2]", 0)),
      ("head.weight", tensor("0000803f00000040", "float32", "[2]", 0)),
      ("flag", tensor("0001", "bool", "[2]", 1)),
      ("half", tensor("003f", "bfloat16", "[1]", 2)),
      ("wide", tensor("01020304", "uint32", "[]", 3)),
      ("epoch", #"{"value": "3000000000"}"#), ("big", #"{"value": "18446744073709551615"}"#),
      ("rate", #"{"value": "0.5"}"#), ("name", #"{"value": "'\u00e9'"}"#),
      ("on", #"{"value": "True"}"#), ("none", #"{"value": "None"}"#),
    ].map { #"["\#($0.0)", \#($0.1)]"# }.joined(separator: ", ")
    #expect(try PythonTorch.load(path) == "{\"items\": [\(expected)]}\n")
  }

  @Test func torchReadsACopyWithOtherValues() throws {
    let opened = try Checkpoint.open(TorchWriterTests.nested)
    var source = ChangedSource(base: opened)
    source.changes[try source.leaf("state_dict.turned")] = pattern(48)
    source.changes[try source.leaf("state_dict.half")] = [0, 0x3f, 0x80, 0xbf]
    let path = folder.file("a.pt")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    let found = try PythonTorch.load(path)
    for name in ["state_dict.turned", "state_dict.half"] {
      let bytes = try #require(source.changes[source.leaf(name)])
      #expect(found.contains("\"bytes\": \"\(hexadecimal(bytes))\""), "\(name)")
    }
  }

  @Test func torchReadsACopyWhoseMembersAreCompressed() throws {
    let opened = try Checkpoint.open(
      FilePath(Fixtures.folder.appendingPathComponent("pytorch/deflated.pt")))
    var source = ChangedSource(base: opened)
    source.changes[try source.leaf("turned")] = pattern(48)
    let path = folder.file("a.pt")
    try Checkpoint.save(SaveRequest(source, like: opened, to: path))
    #expect(try PythonTorch.load(path).contains("\"bytes\": \"\(hexadecimal(pattern(48)))\""))
  }
}
