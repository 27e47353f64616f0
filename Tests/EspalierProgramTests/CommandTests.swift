import Foundation
import Glibc
import PTYKit
import TestSupport
import Testing

/// The commands, as scripts see them: exit status, text, JSON.
@Suite struct CommandTests {
  @Test func listShowsEveryLeafAndTheContainer() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let result = try run("ls", source, "--json", "--hash")
    #expect(result.status == 0)
    #expect(result.json["schema"] as? Int == 1)
    #expect(result.json["format"] as? String == "pytorch")
    let leaves = try #require(result.json["leaves"] as? [[String: Any]])
    let epoch = try #require(leaves.first { $0["path"] as? [String] == ["epoch"] })
    #expect(epoch["value"] as? Int == 12)
    #expect(epoch["kind"] as? String == "number")
    let weight = try #require(
      leaves.first { $0["path"] as? [String] == ["state_dict", "encoder.conv1.weight"] })
    #expect(weight["dtype"] as? String == "F32")
    #expect(weight["shape"] as? [Int] == [16, 3, 3, 3])
    #expect((weight["sha256"] as? String)?.count == 64)
    let tied = leaves.filter { $0["tied"] is Int }.compactMap { $0["path"] as? [String] }
    #expect(tied == [["state_dict", "tokens.weight"], ["state_dict", "output.weight"]])
    let text = try run("ls", source)
    #expect(text.output.contains("state_dict.classifier.bias"))
    #expect(text.output.contains("the weights are taken from “state_dict”"))
  }

  @Test func diffSaysWhatDiffersAndExitsWithOne() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let result = try run("diff", destination, source, "--json")
    #expect(result.status == 1)
    #expect(result.json["same"] as? Bool == false)
    let rows = try #require(result.json["rows"] as? [[String: Any]])
    let statuses = Dictionary(grouping: rows) { $0["status"] as? String ?? "" }.mapValues(\.count)
    #expect(statuses["shape"] == 2)
    #expect(statuses["only_destination"] == 3)
    #expect(statuses["only_source"] == 3)
    #expect(statuses["inactive"] == 2)
    #expect(try run("diff", source, source).status == 0)
    #expect(try run("diff", source, source, "--values").status == 0)
  }

  @Test func aStrictLoadListsEveryIssueAndWritesNothing() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let before = files.names
    let result = try run("load", destination, source, "-o", files.path("out.pt"), "--json")
    #expect(result.status == 1)
    #expect(result.json["applied"] as? Bool == false)
    #expect(result.json["mode"] as? String == "strict")
    let kinds = try #require(result.json["issues"] as? [[String: Any]])
      .compactMap { $0["kind"] as? String }
    #expect(
      Set(kinds).isSuperset(of: ["missing", "unexpected", "shape_mismatch", "would_be_lost"]))
    #expect(kinds.contains { $0.hasPrefix("tied") })
    #expect(files.names == before)
  }

  @Test func rulesAreWrittenEditedAndApplied() throws {
    let folder = try Scratch()
    let pair = try folder.demo()
    let file = folder.path("fix.toml")
    let explained = try run("explain", pair.destination, pair.source, "--write-rules", file)
    #expect(explained.output.contains("7 rules saved to"))
    let again = try run("explain", pair.destination, pair.source, "--write-rules", file)
    #expect(again.status == 4)
    #expect(
      try run("explain", pair.destination, pair.source, "--write-rules", file, "--force").status
        == 1)

    let tried = try run(
      "load", pair.destination, pair.source, "--rules", file, "--lenient", "--dry-run")
    #expect(tried.status == 0)
    #expect(tried.output.contains("rule: strip module: 2 source tensors: "))
    let out = folder.path("out.pt")
    let loaded = try run(
      "load", pair.destination, pair.source, "--rules", file, "--lenient", "-o", out, "--json")
    #expect(loaded.status == 0)
    #expect((loaded.json["rules"] as? [[String: Any]])?.count == 7)
    let projector = try run("ls", out, "--json", "--hash", "--root", "projector").json
    let taken = try run(
      "ls", pair.source, "--json", "--hash", "--root", "state_dict.module.projector"
    ).json
    func hashes(_ json: [String: Any]) -> [String] {
      (json["leaves"] as? [[String: Any]] ?? []).compactMap { $0["sha256"] as? String }
    }
    #expect(hashes(projector) == hashes(taken))
    #expect(hashes(projector).count == 2)

    // A filter sees the names that the rules have made, and keeps to one branch.
    let part = try run(
      "load", pair.destination, pair.source, "--rules", file, "--filter", "projector", "--dry-run",
      "--json")
    #expect(part.status == 0, "\(part.errors)")
    #expect((part.json["rules"] as? [[String: Any]])?.count == 7)
    #expect((part.json["loaded"] as? [[String: Any]])?.count == 2)
    #expect((part.json["issues"] as? [Any])?.isEmpty == true)
    #expect((part.json["kept_by_filter"] as? [Any])?.isEmpty == false)
    let old = try run(
      "load", pair.destination, pair.source, "--rules", file, "--filter", "module.projector",
      "--dry-run")
    #expect(old.status == 2 && old.errors.contains("names nothing on either side"))
  }

  /// A load through rules names what lies in the source's file, and says how it was made.
  @Test func programsAreToldTheSourcesOwnNames() throws {
    let folder = try Scratch()
    let (destination, source) = try folder.wrappedPair()
    let file = folder.path("fix.toml")
    _ = try run("explain", destination, source, "--write-rules", file)
    let load = try run("load", destination, source, "--rules", file, "--json", "--dry-run")
    let diff = try run("diff", destination, source, "--rules", file, "--json")
    for rows in [load.json["loaded"], diff.json["rows"]] {
      let rows = rows as? [[String: Any]]
      let sides = try #require(rows).compactMap { $0["src"] as? [String: Any] }
      #expect(sides.count == 3)
      for side in sides {
        #expect((side["path"] as? [String])?.joined(separator: ".").hasPrefix("module.") == true)
      }
      let turned = try #require(sides.first { $0["op"] != nil })
      #expect(turned["op"] as? String == "transpose")
      #expect(turned["shape"] as? [Int] == [2, 3])
      let own = try #require((turned["sources"] as? [[String: Any]])?.first)
      #expect(own["shape"] as? [Int] == [3, 2])
    }
  }

  /// There by the rules, and back by those that lead back: the source's file, byte for byte.
  @Test func rulesLeadBack() throws {
    let folder = try Scratch()
    let (destination, source) = try folder.wrappedPair()
    let (fix, back) = (folder.path("fix.toml"), folder.path("back.toml"))
    _ = try run("explain", destination, source, "--write-rules", fix)
    let written = try run(
      "explain", destination, source, "--rules", fix, "--reverse", "--write-rules", back)
    #expect(written.output.contains("that lead back saved to"), "\(written.errors)")
    let (there, again) = (folder.path("there.safetensors"), folder.path("again.safetensors"))
    #expect(try run("load", destination, source, "--rules", fix, "-o", there).status == 0)
    #expect(try run("load", source, there, "--rules", back, "-o", again).status == 0)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: again))
        == Data(contentsOf: URL(fileURLWithPath: source)))
    let alone = try run("explain", destination, source, "--reverse")
    #expect(alone.status == 2 && alone.errors.contains("--write-rules or --export"))
  }

  @Test func withAllRemediesAStrictLoadSpeaksOfTheRest() throws {
    let folder = try Scratch()
    let pair = try folder.demo()
    let file = folder.path("fix.toml")
    let short = try run("explain", pair.destination, pair.source, "--write-rules", file)
    #expect(short.output.hasPrefix("7 causes: "))
    #expect(short.output.contains("(blocks)") && !short.output.contains("destination  source"))
    let full = try run("explain", pair.destination, pair.source, "--full")
    #expect(full.output.contains("destination  source"))
    // What is left is a decision that no rule takes: two arrays for one storage.
    let loaded = try run(
      "load", pair.destination, pair.source, "--rules", file, "--dry-run", "--json")
    let issues = try #require(loaded.json["issues"] as? [[String: Any]])
    #expect(issues.map { $0["kind"] as? String } == ["tied_sources_differ"])
  }

  @Test func badRulesAreRefusedWithFileAndLine() throws {
    let folder = try Scratch()
    let pair = try folder.demo()
    let file = folder.path("bad.toml")
    try "version = 1\n\n[[rule]]\nstrip = \"nothing\"\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    let out = folder.path("out.pt")
    let refused = try run(
      "load", pair.destination, pair.source, "--rules", file, "-o", out, "--json")
    #expect(refused.status == 3)
    #expect(refused.errors.contains("bad.toml:3: the rule “strip nothing”: found no tensor"))
    #expect((refused.json["error"] as? [String: Any])?["code"] as? String == "bad-rules")
    #expect(!folder.names.contains("out.pt"))
  }

  @Test func aLenientLoadSavesWhatFits() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let out = files.path("out.pt")
    let preview = try run("load", destination, source, "--lenient", "--dry-run", "--json")
    #expect(preview.status == 0)
    #expect(preview.json["applied"] as? Bool == false)
    let result = try run("load", destination, source, "--lenient", "-o", out, "--json")
    #expect(result.status == 0)
    #expect(result.json["applied"] as? Bool == true)
    let coverage = try #require(result.json["coverage"] as? [String: [Int]])
    #expect(coverage["tensors"] == [10, 15])

    func sums(_ file: String) throws -> [[String]: String] {
      let leaves = try #require(
        try run("ls", file, "--json", "--hash").json["leaves"] as? [[String: Any]])
      return Dictionary(
        uniqueKeysWithValues: leaves.compactMap { leaf in
          guard let path = leaf["path"] as? [String], let sum = leaf["sha256"] as? String else {
            return nil
          }
          return (path, sum)
        })
    }
    let (loaded, model, trained) = try (sums(out), sums(destination), sums(source))
    let name = "encoder.conv1.weight"
    #expect(loaded[[name]] == trained[["state_dict", name]] && loaded[[name]] != model[[name]])
    #expect(loaded[["classifier.weight"]] == model[["classifier.weight"]])
    #expect(loaded[["decoder.key.weight"]] == loaded[["decoder.query.weight"]])

    let again = try run("load", destination, source, "--lenient", "-o", out)
    #expect(again.status == 4)
    #expect(again.errors.contains("exists already"))
    #expect(try run("load", destination, source, "--lenient", "-o", out, "--force").status == 0)
  }

  @Test func filtersTakeAPartOfBothSides() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let out = files.path("out.pt")
    // The weights of the source lie in “state_dict”, which was entered: patterns begin below it.
    let load = try run(
      "load", destination, source, "-o", out, "--json", "--filter", "encoder.conv1",
      "--filter", "encoder.norm", "--filter", "!**.num_batches_tracked")
    #expect(load.status == 0, "\(load.output)\(load.errors)")
    #expect(load.json["applied"] as? Bool == true)
    let kept = try #require(load.json["kept_by_filter"] as? [[String: Any]])
    #expect(
      kept.contains {
        (($0["dst"] as? [String: Any])?["path"] as? [String])?.last == "classifier.bias"
      })
    let text = try run("load", destination, source, "--dry-run", "--filter", "encoder.conv1")
    #expect(text.output.contains("kept by filter ("))
    let diff = try run("diff", destination, source, "--json", "--filter", "encoder.conv1.weight")
    #expect((diff.json["rows"] as? [Any])?.count == 1 && diff.status == 0)
    let explain = try run("explain", destination, source, "--filter", "classifier")
    #expect(explain.output.contains("classifier") && !explain.output.contains("queue"))
    #expect(try run("load", "--help").output.contains("--filter <pattern>"))
  }

  @Test func aFilterThatNamesNothingIsSaid() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let wrong = try run("diff", destination, source, "--filter", "encodr.**")
    #expect(wrong.status == 2 && wrong.errors.contains("names nothing on either side"))
    #expect(try run("diff", destination, source, "--filter", "a.{b").status == 2)
    let superfluous = try run("diff", destination, source, "--filter", "!encodr")
    #expect(superfluous.output.contains("there is no “encodr” to leave out on either side"))
  }

  @Test func savingOverTheFileThatIsReadWorks() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let result = try run("load", destination, source, "--lenient", "-o", destination, "--force")
    #expect(result.status == 0)
    #expect(try run("ls", destination).status == 0)
    #expect(files.names == ["model.pt", "trained.pt"])
  }

  @Test func refusalsAreOneSentenceWithStatusThree() throws {
    let files = try Scratch()
    let lies = files.path("lies.safetensors")
    try Data([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f] + Array("{\"a\":1}".utf8)).write(
      to: URL(fileURLWithPath: lies))
    for result in [
      try run("ls", lies), try run("check", lies), try run("hash", lies),
      try run("diff", lies, lies),
      try run("load", lies, lies, "--dry-run"), try run("skeleton", lies),
    ] {
      #expect(result.status == 3)
      #expect(result.errors.hasPrefix("espalier: \(lies): "))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    let json = try run("ls", lies, "--json")
    let error = try #require(json.json["error"] as? [String: Any])
    #expect(error["file"] as? String == lies)
    #expect(error["code"] is String && error["message"] is String)
  }

  @Test func escapeSequencesInNamesDoNotReachTheTerminal() throws {
    let files = try Scratch()
    let evil = files.path("evil.safetensors")
    let header =
      "{\"\\u001b]0;owned\\u0007x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}"
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [7]
    try Data(bytes).write(to: URL(fileURLWithPath: evil))
    for result in [
      try run("ls", evil), try run("diff", evil, evil, "--all"), try run("ls", evil, "--json"),
      try run("load", evil, evil, "--dry-run"), try run("skeleton", evil),
    ] {
      #expect(result.status == 0)
      #expect(!result.output.utf8.contains(0x1b) && !result.output.utf8.contains(0x07))
    }
    #expect(try run("ls", evil).output.contains("\\x1b]0;owned"))
  }

  @Test func usageErrorsExitWithTwo() throws {
    #expect(try run("ls").status == 2)
    #expect(try run("load", "a", "b").status == 2)
    #expect(try run("diff", "a", "b", "--nonsense").status == 2)
    for result in [try run("ls", "--json"), try run("load", "a", "b", "--json")] {
      #expect(result.status == 2 && result.errors.contains("Usage:"))
      #expect((result.json["error"] as? [String: Any])?["code"] as? String == "usage")
    }
    #expect(try run("--version").status == 0)
    #expect(try run("--help").output.contains("SUBCOMMANDS"))
  }

  @Test func withoutATerminalTheInterfaceSaysSo() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let result = try run(destination, source)
    #expect(result.status == 2)
    #expect(result.errors.contains("needs a terminal"))
  }

  @Test func aSkeletonIsADestination() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let skeleton = try run("skeleton", source)
    let path = files.path("model.skeleton.json")
    try Data(skeleton.output.utf8).write(to: URL(fileURLWithPath: path))
    let out = files.path("out.safetensors")
    // A skeleton lists arrays only, so the source's dropout rate has no place in it.
    #expect(try run("load", path, source, "-o", out).status == 1)
    let load = try run("load", path, source, "--lenient", "-o", out)
    #expect(load.status == 0, "\(load.output)\(load.errors)")
    #expect(try run("ls", out).output.contains("tied"))
    let values = try run("diff", "--values", "--json", out, source)
    let rows = try #require(values.json["rows"] as? [[String: Any]])
    #expect(rows.filter { $0["status"] as? String != "equal" }.count == 1)
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func aSaveThatIsKilledLeavesNothingBehind(signal: Int32) throws {
    let files = try Scratch()
    let source = files.path("large.safetensors")
    let size = 4 << 30
    let header = "{\"x\":{\"dtype\":\"U8\",\"shape\":[\(size)],\"data_offsets\":[0,\(size)]}}"
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8)
    try Data(bytes).write(to: URL(fileURLWithPath: source))
    // A hole: large enough that the save is still at work, and no space is taken.
    #expect(truncate(source, bytes.count + size) == 0)
    // On a terminal of its own: threads of a test block signals, and a child would inherit that.
    let program = try PTYProcess(
      builtProgram("espalier"), ["load", source, source, "-o", files.path("out.safetensors")])
    let deadline = Date(timeIntervalSinceNow: 20)
    while !files.names.contains(where: { $0.hasPrefix(".espalier-") }), Date() < deadline {
      usleep(500)
    }
    program.send(signal: signal)
    #expect(try program.waitForExit() == 128 + signal)
    #expect(files.names == ["large.safetensors"])
  }
}
