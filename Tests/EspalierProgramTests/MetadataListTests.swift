import Foundation
import Testing

/// What a file says about itself stands below the listing, a line for each entry.
@Suite struct MetadataListTests {
  private func file(_ entries: [(String, String)], _ files: Scratch) throws -> String {
    let metadata = entries.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
    let header =
      #"{"__metadata__":{\#(metadata)},"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
    let path = files.path("in.safetensors")
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    try (length + Data(header.utf8)).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func longEntriesAreCutAndManyAreCounted() throws {
    let files = try Scratch()
    let long = [("long", String(repeating: "é", count: 5000))]
    let path = try file(long + (0..<70).map { ("k\($0)", "v") }, files)
    let listed = try run("ls", path)
    let lines = listed.output.split(separator: "\n").filter { $0.hasPrefix("metadata: ") }
    #expect(lines.count == 65 && lines.first?.count == 120 && lines.first?.hasSuffix("…") == true)
    #expect(lines[1] == "metadata: k0 = \"v\"")
    #expect(lines.last == "metadata: 7 more, see --json")
  }

  @Test func controlCharactersAreMadeVisible() throws {
    let files = try Scratch()
    let listed = try run("ls", try file([("a", "\\u001b[2Jb\\nmetadata: c = d")], files))
    #expect(listed.output.contains(#"metadata: a = "\x1b[2Jb\x0ametadata: c = d""#))
  }
}
