import Foundation
import PTYKit
import TestSupport
import Testing

/// From one format to another, as scripts see it.
@Suite struct ConvertTests {
  @Test func everyValueSurvivesARoundThroughTheFormats() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let names = ["a.safetensors", "b.pt", "c.npz", "d.safetensors"].map(files.path)
    var input = source
    for output in names {
      let result = try run("convert", input, output)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("saved \(output)"))
      input = output
    }
    func arrays(_ file: String, root: String? = nil) throws -> [String: String] {
      let listed =
        try root.map { try run("ls", file, "--json", "--hash", "--root", $0) }
        ?? run("ls", file, "--json", "--hash")
      let leaves = try #require(listed.json["leaves"] as? [[String: Any]])
      var found: [String: String] = [:]
      for leaf in leaves {
        guard let sum = leaf["sha256"] as? String, let path = leaf["path"] as? [String] else {
          continue
        }
        let name = path.filter { $0 != root }.joined(separator: ".")
        found[name] = "\(leaf["dtype"] ?? "") \(leaf["shape"] ?? "") \(sum)"
      }
      return found
    }
    let first = try arrays(source, root: "state_dict")
    #expect(first.count > 10)
    for name in names { #expect(try arrays(name) == first, "\(name)") }
  }

  @Test func whatIsLeftOutIsSaidAndADryRunWritesNothing() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let before = files.names
    let tried = try run("convert", source, files.path("a.npz"), "--dry-run", "--json")
    #expect(tried.status == 0 && tried.json["schema"] as? Int == 1)
    #expect(tried.json["saved"] as? Bool == false)
    #expect(
      tried.json["from"] as? String == "pytorch" && tried.json["format"] as? String == "numpy")
    #expect(tried.json["root"] as? [String] == ["state_dict"])
    let losses = try #require(tried.json["losses"] as? [String])
    #expect(losses.contains { $0.contains("outside “state_dict”") }, "\(losses)")
    #expect(!losses.contains { $0.contains("metadata") }, "\(losses)")
    #expect(losses.contains { $0.contains("the format has no ties") })
    #expect(files.names == before)
    // The whole file: its numbers are no arrays.
    let whole = try run("convert", source, files.path("a.npz"), "--dry-run", "--whole")
    #expect(whole.output.contains("epoch") && whole.output.contains("no arrays"))
    #expect(!whole.output.contains("outside"))
  }

  @Test func aDryRunSaysThatTheOutputIsThere() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let target = files.path("a.npz")
    try Data([1]).write(to: URL(fileURLWithPath: target))
    let refused = try run("convert", source, target, "--dry-run")
    #expect(refused.status == 4 && refused.errors.contains("exists already"))
    // What would be lost is said even so.
    #expect(refused.output.contains("the format has no ties"))
    #expect(try run("convert", source, target, "--dry-run", "--force").status == 0)
    let nowhere = try run("convert", source, files.path("no/a.npz"), "--dry-run")
    #expect(nowhere.status == 3 && nowhere.errors.contains("opening its folder"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data([1]))
  }

  @Test func metadataIsKeptWhereThereIsAPlaceAndSaidToBeLostElsewhere() throws {
    let files = try Scratch()
    let file = files.path("in.safetensors")
    let header =
      #"{"__metadata__":{"author":"a"},"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    bytes += Data(header.utf8) + Data([1, 2])
    try bytes.write(to: URL(fileURLWithPath: file))
    #expect(try run("ls", file).output.contains("\nmetadata: author = \"a\"\n"))
    let lost = try run("convert", file, files.path("out.pt"))
    #expect(lost.status == 0 && lost.output.contains("1 entry of the metadata, left out: author"))
    let kept = try run("convert", file, file, "--force")
    #expect(kept.status == 0 && !kept.output.contains("metadata"))
    #expect(
      (try run("ls", file, "--json").json["metadata"] as? [String: String]) == ["author": "a"])
  }

  @Test func inputAndOutputMayBeTheSamePath() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let before = try run("ls", source, "--json", "--hash", "--root", "state_dict").json
    #expect(try run("convert", source, source).status == 4)
    #expect(try run("convert", source, source, "--force").status == 0)
    let after = try run("ls", source, "--json", "--hash").json
    func sums(_ json: [String: Any]) -> [String] {
      (json["leaves"] as? [[String: Any]] ?? []).compactMap { $0["sha256"] as? String }.sorted()
    }
    #expect(sums(before) == sums(after) && sums(after).count > 10)
  }

  @Test(arguments: ["out.gguf", "out.index", "out.onnx", "out.h5", "out.jld2", "out.bson"])
  func aFormatThatCannotBeMadeFromNothingIsRefusedBeforeAnythingIsWritten(name: String) throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let before = files.names
    for more in [[], ["--dry-run"]] {
      let refused = try runProgram(
        builtProgram("espalier"), ["convert", source, files.path(name), "--json"] + more)
      #expect(refused.status == 3, "\(name): \(refused.output)")
      #expect((refused.json["error"] as? [String: Any])?["code"] as? String == "unsupported")
      #expect(files.names == before)
    }
  }

  @Test func anUnknownExtensionNeedsAFormat() throws {
    let files = try Scratch()
    let (_, source) = try files.demo()
    let unknown = try run("convert", source, files.path("out.xyz"))
    #expect(unknown.status == 2 && unknown.errors.contains("--format"))
    let wrong = try run("convert", source, files.path("out.xyz"), "--format", "nothing")
    #expect(wrong.status == 2 && wrong.errors.contains("numpy (npz, npy)"), "\(wrong.errors)")
    let byExtension = try run("convert", source, files.path("out.x"), "--format", "npz", "--json")
    #expect(byExtension.json["format"] as? String == "numpy")
    let named = try run("convert", source, files.path("out.xyz"), "--format", "safetensors")
    #expect(named.status == 0)
    let skeleton = try run("convert", source, files.path("model.json"), "--format", "skeleton")
    #expect(skeleton.status == 0 && skeleton.output.contains("no values"))
  }

  /// Two rows of one block of type 8, scales 0.5 and 2, beside plain numbers.
  private func blocks(_ files: borrowing Scratch) throws -> String {
    func little<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    func entry(_ name: String, _ shape: [UInt64], _ type: UInt32, at offset: Int) -> [UInt8] {
      little(UInt64(name.utf8.count)) + Array(name.utf8) + little(UInt32(shape.count))
        + shape.flatMap { little($0) } + little(type) + little(UInt64(offset))
    }
    var bytes = Array("GGUF".utf8) + little(UInt32(3)) + little(UInt64(2)) + little(UInt64(0))
    bytes += entry("a.weight", [32, 2], 8, at: 0) + entry("b", [2], 0, at: 96)
    while bytes.count % 32 != 0 { bytes.append(0) }
    for scale in [Float16(0.5), 2] {
      bytes += little(scale.bitPattern) + (0..<32).map { UInt8(bitPattern: Int8($0 - 16)) }
    }
    bytes += [UInt8](repeating: 0, count: 28) + [Float(1), 2].flatMap { little($0.bitPattern) }
    let path = files.path("in.gguf")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func blocksThatTheFormatDoesNotHaveBecomeNumbers() throws {
    let files = try Scratch()
    let source = try blocks(files)
    let output = files.path("out.npz")
    let done = try run("convert", source, output)
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.output.contains("1 quantised array dequantised to F32: GGUF Q8_0 (1)"))
    let leaves = try #require(try run("ls", output, "--json").json["leaves"] as? [[String: Any]])
    #expect(leaves.map { $0["dtype"] as? String } == ["F32", "F32"])
    #expect(leaves.first?["shape"] as? [Int] == [32, 2])
    let values = try run("stats", output).output
    #expect(values.contains("-32") && values.contains("30"), "\(values)")
    let half = try run("convert", source, files.path("out.pt"), "--dequantise", "bf16", "--json")
    let named = try #require(half.json["dequantised"] as? [[String: Any]])
    #expect(named.count == 1 && named[0]["dtype"] as? String == "BF16")
    #expect(named[0]["path"] as? [String] == ["a.weight"])
    // A skeleton can name every type.
    let skeleton = try run("convert", source, files.path("out.json"), "--format", "skeleton")
    #expect(!skeleton.output.contains("dequantised"))
    #expect(try run("convert", source, output, "--force", "--dequantise", "I8").status == 2)
  }

  @Test func typesThatAreNotUnpackedAreRefusedWithAllTheirNames() throws {
    let files = try Scratch()
    let file = files.path("in.safetensors")
    let header = #"""
      {"x.a":{"dtype":"F8_E8M0","shape":[2],"data_offsets":[0,2]},"x.b":{"dtype":"F8_E8M0","shape":[1],"data_offsets":[2,3]}}
      """#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    bytes += Data(header.utf8) + [1, 2, 3]
    try bytes.write(to: URL(fileURLWithPath: file))
    let before = files.names
    let refused = try run("convert", file, files.path("out.npz"))
    #expect(refused.status == 3)
    #expect(refused.errors.contains("found 2 arrays"), "\(refused.errors)")
    #expect(refused.errors.contains("F8_E8M0 (x.a, x.b)"), "\(refused.errors)")
    #expect(files.names == before)
  }
}
