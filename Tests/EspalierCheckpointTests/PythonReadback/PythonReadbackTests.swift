import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// What was written is read by the reference library in Python and compared.
///
/// `ESPALIER_PYTHON` names an interpreter with safetensors and numpy.
enum Python {
  static let path = ProcessInfo.processInfo.environment["ESPALIER_PYTHON"]
  static let skipReason: Comment = "ESPALIER_PYTHON is not set"

  struct Tensor: Decodable {
    var dtype: String
    var shape: [Int]
    var bytes: String
  }

  struct Contents: Decodable {
    var metadata: [String: String]
    var tensors: [String: Tensor]
  }

  static func read(_ file: FilePath, with script: String = "read.py") throws -> Contents {
    let script = Fixtures.folder.appendingPathComponent("readback/\(script)").path
    return try JSONDecoder().decode(Contents.self, from: output([script], file))
  }

  /// What a script prints, run with a file as its last argument.
  static func output(_ arguments: [String], _ file: FilePath) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "")
    process.arguments = arguments + [String(decoding: file.bytes, as: UTF8.self)]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data
  }
}

@Suite(.enabled(if: Python.path != nil, Python.skipReason))
struct PythonReadbackTests {
  @Test func theReferenceLibraryReadsWhatWasWritten() throws {
    var builder = MemorySource.Builder()
    for (index, dtype) in [DType.f32, .bf16, .i64, .u8, .bool, .f16, .f64].enumerated() {
      let count = 3 * dtype.bytesPerBlock
      try builder.add(
        Name("layer.\(index).weight"), dtype, [3],
        (0..<count).map { dtype == .bool ? UInt8($0 % 2) : UInt8(truncatingIfNeeded: $0 * 37) })
    }
    try builder.add("naïve \"name\"\n", .u8, [2, 0], [])
    try builder.add("scalar", .i32, [], [1, 2, 3, 4])
    let source = builder.finish()
    let folder = TemporaryFolder()
    let path = folder.file("a.safetensors")
    try Checkpoint.save(
      SaveRequest(source, to: path, metadata: [MetadataEntry("format", .text(Array("pt".utf8)))]))
    let found = try Python.read(path)
    #expect(found.metadata == ["format": "pt"])
    try expect(found, toHold: source)
  }

  @Test func tiedArraysAreStoredOnceAndNamed() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.safetensors")
    try Checkpoint.save(SaveRequest(try tiedSource(), to: path))
    let found = try Python.read(path)
    #expect(found.tensors.keys.sorted() == ["embed.weight", "other"])
    #expect(found.metadata == ["espalier.ties": #"{"head.weight":"embed.weight"}"#])
  }

  private func expect(_ found: Python.Contents, toHold source: any TensorSource) throws {
    try Python.expect(found, toHold: source)
  }
}

extension Python {
  static func expect(_ found: Contents, toHold source: any TensorSource) throws {
    let tree = source.tree
    #expect(found.tensors.count == tree.leafCount)
    for leaf in tree.leafIDs {
      let name = String(decoding: tree.path(of: leaf).flatName.bytes, as: UTF8.self)
      let tensor = try #require(found.tensors[name], "\(name)")
      #expect(tensor.dtype == tree.dtype(of: leaf).name, "\(name)")
      #expect(tensor.shape == tree.shape(of: leaf).dimensions, "\(name)")
      #expect(tensor.bytes == hexadecimal(try source.bytes(of: leaf)), "\(name)")
    }
  }
}

func tiedSource() throws -> MemorySource {
  var builder = MemorySource.Builder()
  try builder.add("embed.weight", .f32, [2], values: [1 as Float, 2])
  try builder.tie("head.weight", to: "embed.weight")
  try builder.add("other", .u8, [1], [7])
  return builder.finish()
}
