import Foundation
import PTYKit
import Testing

/// Names steer nothing: not the terminal, whichever command prints them, nor who reads a rules file or
/// an exported program.
@Suite struct HostileNameTests {
  /// Two skeletons whose names clear the screen, set a title, turn the line round and hide.
  private func pair() throws -> (scratch: Scratch, destination: String, source: String) {
    let scratch = try Scratch()
    func write(_ name: String, _ prefix: String, _ extra: Int) throws -> String {
      let tensors = (0..<4).flatMap { block in
        ["wei\u{1b}[2Jght", "b\u{1b}]0;title\u{7}", "r\u{202e}l", "z\u{200b}w"].map { leaf in
          [
            "name": "\(prefix)lay\u{9b}31mers.\(block).\(leaf)",
            "shape": [8, 8 + (block == 0 ? extra : 0)],
            "dtype": "F32",
          ] as [String: Any]
        }
      }
      let path = scratch.path(name)
      try JSONSerialization.data(withJSONObject: ["tensors": tensors])
        .write(to: URL(fileURLWithPath: path))
      return path
    }
    return (scratch, try write("d.json", "", 0), try write("s.json", "mod\u{1b}[31mule.", 1))
  }

  private func hidden(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter {
      $0 != "\n"
        && ($0.value < 0x20 || 0x7f..<0xa0 ~= $0.value || $0 == "\u{202e}" || $0 == "\u{200b}")
    }
  }

  @Test(arguments: [
    ["ls"], ["ls", "--json"], ["check"], ["hash"], ["stats"], ["skeleton"],
  ])
  func inOneFile(_ command: [String]) throws {
    let (scratch, destination, _) = try pair()
    let result = try runProgram(builtProgram("espalier"), command + [destination])
    #expect(!result.output.isEmpty || !result.errors.isEmpty)
    #expect(hidden(result.output + result.errors).isEmpty)
    _ = scratch
  }

  @Test(arguments: [
    ["diff"], ["explain"], ["explain", "--full"], ["explain", "--json"], ["explain", "--reverse"],
    ["explain", "--export", "python"], ["explain", "--export", "julia"], ["load", "--dry-run"],
    ["load", "--lenient", "--dry-run"],
  ])
  func inTwo(_ command: [String]) throws {
    let (scratch, destination, source) = try pair()
    let result = try runProgram(
      builtProgram("espalier"),
      command.prefix(1) + [destination, source] + command.dropFirst())
    #expect(!result.output.isEmpty || !result.errors.isEmpty)
    #expect(hidden(result.output + result.errors).isEmpty)
    _ = scratch
  }

  /// What cannot be seen is spelt, and means the same when it is read again.
  @Test func inARulesFile() throws {
    let (scratch, destination, source) = try pair()
    let rules = scratch.path("fix.toml")
    _ = try run("explain", destination, source, "--write-rules", rules)
    let text = try String(contentsOfFile: rules, encoding: .utf8)
    #expect(hidden(text).isEmpty)
    #expect(text.contains(#"strip = "mod\u001b[31mule""#))
    let load = try run("load", destination, source, "--rules", rules, "--dry-run")
    #expect(load.output.contains("16 source tensors"), "\(load.output)\(load.errors)")
  }
}
