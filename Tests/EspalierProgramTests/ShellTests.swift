import Foundation
import PTYKit
import TestSupport
import Testing

/// What the program does for shells and other programs.
@Suite struct ShellTests {
  @Test func statisticsAreThoseOfTheValues() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let result = try run("stats", source, "--json")
    #expect(result.status == 0 && result.json["schema"] as? Int == 1)
    let leaves = try #require(result.json["leaves"] as? [[String: Any]])
    let weight = try #require(
      leaves.first { $0["path"] as? [String] == ["state_dict", "encoder.conv1.weight"] })
    let values = try #require(weight["statistics"] as? [String: Any])
    #expect(values["count"] as? Int == 16 * 3 * 3 * 3)
    let (low, mean, high) = (
      values["min"] as? Double ?? 1, values["mean"] as? Double ?? .nan,
      values["max"] as? Double ?? -1
    )
    #expect(low <= mean && mean <= high && (values["std"] as? Double ?? -1) >= 0)
    let text = try run("stats", source, "--root", "state_dict.encoder")
    #expect(text.output.contains("encoder.conv1.weight") && text.output.contains("std "))
    #expect(!text.output.contains("classifier"))
  }

  @Test func completionKnowsPathsInsideTheFiles() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    func complete(_ command: String, _ option: String, _ words: String...) throws -> [String] {
      // As the scripts of `--generate-completion-script` ask.
      let result = try runProgram(
        builtProgram("espalier"), ["---completion", command, "--", option] + words)
      return result.output.split(separator: "\n").map(String.init)
    }
    let state = try complete(
      "load", "--from", "0", "9", "espalier", "load", destination, source, "--from", "")
    #expect(state.contains { $0.hasPrefix("state_dict") }, "\(state)")
  }

  /// The lines of the README, tried.
  @Test func gitShowsWhatChangedInACheckpoint() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let readme = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../README.md"), encoding: .utf8)
    let line = "git config diff.espalier.textconv \"espalier ls --hash\""
    #expect(readme.contains(line))
    let repository = files.path("repository")
    let folder = URL(fileURLWithPath: builtProgram("espalier")).deletingLastPathComponent().path
    let script = """
      set -e
      export PATH="\(folder):$PATH" HOME="\(files.url.path)" GIT_CONFIG_NOSYSTEM=1
      git init -q '\(repository)' && cd '\(repository)'
      git config user.name a && git config user.email a@b
      \(line)
      echo '*.pt diff=espalier' > .gitattributes
      cp '\(destination)' model.pt && git add . && git commit -qm one
      cp '\(source)' model.pt && git diff --no-color
      """
    let result = try runProgram("/bin/sh", ["-c", script])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("\n-") && result.output.contains("classifier.bias"))
  }
}
