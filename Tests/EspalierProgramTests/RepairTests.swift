import Foundation
import TestSupport
import Testing

/// Repairs of real values, judged by torch: the interpreter that `ESPALIER_PYTHON` names makes the
/// cases, and compares what was saved and what the exported code gives.
@Suite(.enabled(if: TorchCases.isThere, TorchCases.skipReason))
struct RepairTests {
  @Test func everyOperationAgreesWithTorch() throws {
    let folder = try Scratch()
    let cases = folder.path("cases")
    try FileManager.default.createDirectory(atPath: cases, withIntermediateDirectories: true)
    let made = try TorchCases.run("make", cases)
    #expect(made.status == 0, "\(made.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: cases)
    #expect(names.count >= 62)
    for name in names {
      let at = "\(cases)/\(name)"
      let source =
        FileManager.default.fileExists(atPath: "\(at)/src.gguf")
        ? "\(at)/src.gguf" : "\(at)/src.safetensors"
      let loaded = try run(
        "load", "\(at)/dst.safetensors", source, "--rules", "\(at)/fix.toml", "--lenient", "-o",
        "\(at)/out.safetensors")
      #expect(loaded.status == 0, "\(name): \(loaded.errors)")
      let exported = try run(
        "explain", "\(at)/dst.safetensors", source, "--rules", "\(at)/fix.toml", "--export",
        "python")
      try exported.output.write(toFile: "\(at)/repair.py", atomically: true, encoding: .utf8)
    }
    let checked = try TorchCases.run("check", cases)
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(checked.output == "\(names.count) cases agree\n")
  }
}

enum TorchCases {
  static let path = ProcessInfo.processInfo.environment["ESPALIER_PYTHON"]
  static let skipReason: Comment =
    "ESPALIER_PYTHON names no interpreter with torch and safetensors"
  static let isThere: Bool =
    (try? start(["-c", "import torch, safetensors.torch, numpy"]).status) == 0

  static func run(_ verb: String, _ folder: String) throws -> Finished {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/repair_cases.py").path
    return try start([script, verb, folder])
  }

  private static func start(_ arguments: [String]) throws -> Finished {
    try runProgram(path ?? "/nonexistent", arguments)
  }
}
