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
    // A package that is not there keeps some cases away, and is said to.
    let notMade = made.output.split(separator: "\n").count { $0.hasPrefix("not made: ") }
    #expect(names.count + notMade >= 95)
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
      // Where a rule only unpacks, converting gives the same.
      let rules = try String(contentsOfFile: "\(at)/fix.toml", encoding: .utf8)
      guard name == "gguf" || rules.contains("do = \"dequantise\"\n") else { continue }
      if source.hasSuffix("gguf"), name != "gguf" { continue }
      let converted = try run(
        "convert", source, "\(at)/converted.safetensors", "--dequantise", "f32")
      #expect(converted.status == 0, "\(name): \(converted.errors)")
    }
    let checked = try TorchCases.run("check", cases)
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(checked.output == "\(names.count) cases agree\n")
  }
}

/// Julia is not at hand where tests run; its grammar is.
@Suite(.enabled(if: JuliaGrammar.isThere, JuliaGrammar.skipReason))
struct JuliaExportTests {
  static let steps = [
    "cast", "tie", "transpose", "permute[2,0,1]", "reshape[3,-1]", "reshape[]", "split(0,1,3)",
    "slice(1,0,2)", "index(0,2)", "take(0,[1,0])", "flip[0,1]", "pad(0,5)|pad(1,6)", "concat(0)",
    "stack(1)", "resize", "dequantise|split(0,1,2)", "weight_norm(0)", "lora_merge", "fold_bn",
    "transpose|lora_merge",
  ]

  @Test func everyOperationIsJulia() throws {
    let folder = try Scratch()
    let (destination, source) = try folder.demo()
    var rules = """
      version = 1
      [[rule]]
      enter = "state_dict"
      [[rule]]
      strip = "module"
      [[rule]]
      remove = "_orig_mod"
      [[rule]]
      add = "backbone"
      [[rule]]
      skip = "head$.{0}.weight"
      [[rule]]
      to = "l.{0}.{1}.w"
      from = 'a"$b.{-0+11}.{1+2}.w'
      do = "index(0,{1})|transpose"

      """
    for (place, step) in Self.steps.enumerated() {
      rules += "[[rule]]\nto = \"out.\(place)\"\nfrom = [\"a\", \"b\"]\ndo = \"\(step)\"\n"
    }
    let file = folder.path("all.toml")
    try rules.write(toFile: file, atomically: true, encoding: .utf8)
    let code = try run("explain", destination, source, "--rules", file, "--export", "julia")
    #expect(code.status == 1, "\(code.errors)")
    let path = folder.path("repair.jl")
    try code.output.write(toFile: path, atomically: true, encoding: .utf8)
    let parsed = try JuliaGrammar.parse(path)
    #expect(parsed.status == 0, "\(parsed.output)\(parsed.errors)")
    #expect(parsed.output.hasSuffix(" functions\n"))
  }

  /// The grammar would find something.
  @Test func whatIsNoJuliaIsFound() throws {
    let folder = try Scratch()
    let path = folder.path("wrong.jl")
    try "function f(x\n    return x[1\nend\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect(try JuliaGrammar.parse(path).status == 1)
  }
}

enum JuliaGrammar {
  static let skipReason: Comment =
    "ESPALIER_PYTHON names no interpreter with tree_sitter and tree_sitter_julia"
  static let isThere: Bool =
    (try? TorchCases.start(["-c", "import tree_sitter, tree_sitter_julia"]).status) == 0

  static func parse(_ file: String) throws -> Finished {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/julia_syntax.py").path
    return try TorchCases.start([script, file])
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

  static func start(_ arguments: [String]) throws -> Finished {
    try runProgram(path ?? "/nonexistent", arguments)
  }
}
