import Foundation
import PTYKit
import Testing

/// What programs read, and what they are told when it cannot be written.
@Suite struct MachineOutputTests {
  /// The parts of the output for programs that are fixed.
  @Test func machineOutputHasTheKeysThatAreFixed() throws {
    let folder = try Scratch()
    let (destination, source) = try folder.demo()
    let explain = try run("explain", destination, source, "--json")
    #expect(explain.status == 1)
    let keys = ["schema", "causes", "mapping", "unmatched_dst", "unexpected_src", "coverage"]
    #expect(Set(keys).isSubset(of: explain.json.keys))
    let causes = try #require(explain.json["causes"] as? [[String: Any]])
    let parts: Set = ["id", "sentence", "evidence", "harm", "remedy"]
    #expect(!causes.isEmpty && causes.allSatisfy { parts.isSubset(of: $0.keys) })
    let mapping = try #require(explain.json["mapping"] as? [[String: Any]])
    #expect(!mapping.isEmpty)
    #expect(
      mapping.allSatisfy {
        $0["dst"] is String && $0["src"] is [String] && $0["op"] is String
      })
    let check = try run("check", destination, "--json")
    #expect(check.status == 0 && check.json["ok"] as? Bool == true)
    #expect(check.json["format"] as? String == "pytorch" && check.json["findings"] is [Any])
    let diff = try run("diff", destination, source, "--json")
    #expect(diff.status == 1 && diff.json["same"] as? Bool == false)
    for result in [
      explain, check, diff, try run("ls", source, "--json"), try run("stats", source, "--json"),
      try run("hash", source, "--json"),
      try run("load", destination, source, "--dry-run", "--json"),
      try run("ls", folder.path("absent"), "--json"),
    ] {
      #expect(result.json["schema"] as? Int == 1)
      #expect(result.output.hasPrefix("{\"schema\":1,"))
    }
  }

  @Test func whatAFormatCannotHoldIsSaidToProgramsToo() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let result = try run(
      "load", destination, source, "--lenient", "--json", "--format", "numpy", "-o",
      files.path("out.npz"))
    let losses = try #require(result.json["losses"] as? [String])
    #expect(losses.contains { $0.hasPrefix("the format has no ties") }, "\(losses)")
    #expect(result.json["file_notes"] is [String])
  }

  @Test func anExtensionOfAnotherFormatIsSaid() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let path = files.path("out.gguf.npz")
    let result = try run("load", destination, source, "--lenient", "--json", "-o", path)
    let notes = try #require(result.json["save_notes"] as? [String])
    #expect(notes.count == 1 && notes[0].contains("though its name says numpy"), "\(notes)")
    let text = try run("load", destination, source, "--lenient", "--force", "-o", path)
    #expect(text.errors.contains("note: “out.gguf.npz” is written as"), "\(text.errors)")
    let usual = try run(
      "load", destination, source, "--lenient", "--json", "--format", "npz", "-o", path, "--force")
    #expect(usual.json["save_notes"] as? [String] == [])
  }

  @Test func anOutputThatCannotBeWrittenExitsWithFour() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    for output in [files.path("nowhere/out.safetensors"), "/dev/full"] {
      let result = try run("load", destination, source, "--lenient", "--json", "-o", output)
      #expect(result.status == 4, "\(output): \(result.errors)")
      #expect((result.json["error"] as? [String: Any])?["file"] as? String == output)
    }
    let command = "\(builtProgram("espalier")) ls '\(source)' --json > /dev/full"
    let result = try runProgram("/bin/sh", ["-c", command])
    #expect(result.status == 4)
    #expect(
      result.errors == "espalier: standard output cannot be written: "
        + "No space left on device\n")
  }
}
