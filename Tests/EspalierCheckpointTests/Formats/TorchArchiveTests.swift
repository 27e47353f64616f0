import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// TorchScript's constants, and archives that lie compressed in another archive.
@Suite struct TorchArchiveTests {
  let folder = TemporaryFolder()

  private func open(_ name: String) throws -> Checkpoint {
    try Checkpoint.open(
      FilePath(Fixtures.folder.appendingPathComponent("pytorch").appendingPathComponent(name)))
  }

  private func path(_ leaf: LeafID, _ checkpoint: Checkpoint) -> String {
    checkpoint.tree.path(of: leaf).description
  }

  /// They are no part of the state, so that a load does not ask for them.
  @Test func constantsAreNamedBesideTheParameters() throws {
    let opened = try open("traced.pt")
    let arrays = opened.tree.leafIDs.filter { opened.tree.kind(of: $0) == .array }
    #expect(arrays.map { path($0, opened) } == ["weight"])
    let branch = try #require(opened.tree.node(named: "CONSTANTS"))
    #expect(opened.tree.isHidden(branch))
    let constant = try ChangedSource(base: opened).leaf("CONSTANTS.c0")
    #expect(opened.tree.value(constant) == .opaque(type: Array("constant F32 [2]".utf8)))
    let code = opened.metadata.first { $0.key == "code" }
    #expect(code?.value == .value(.text(Array("1 file of TorchScript, not run".utf8))))
  }

  /// Freezing makes constants of all weights: then they are the model.
  @Test func aFrozenModelIsItsConstants() throws {
    let opened = try open("frozen.pt")
    let arrays = opened.tree.leafIDs.filter { opened.tree.kind(of: $0) == .array }
    #expect(arrays.map { path($0, opened) } == ["CONSTANTS.c0", "CONSTANTS.c1"])
    let branch = try #require(opened.tree.node(named: "CONSTANTS"))
    #expect(!opened.tree.isHidden(branch))
  }

  @Test func constantsOfAFrozenModelAreWrittenIntoACopy() throws {
    let opened = try open("frozen.pt")
    var source = ChangedSource(base: opened)
    let constant = try source.leaf("CONSTANTS.c1")
    source.changes[constant] = pattern(8)
    let target = folder.file("a.pt")
    try Checkpoint.save(SaveRequest(source, like: opened, to: target))
    #expect(try Checkpoint.open(target).bytes(of: constant) == pattern(8))
  }

  @Test func archivesThatLieCompressedInAnArchiveAreRead() throws {
    let opened = try open("agent.zip")
    #expect(opened.rootPath.description == "policy.pth")
    let weight = try ChangedSource(base: opened).leaf("policy.pth.weight")
    #expect(try opened.bytes(of: weight) == (0..<6).flatMap { littleEndian(Float($0).bitPattern) })
  }

  @Test func valuesGoIntoACompressedArchive() throws {
    let opened = try open("agent.zip")
    var source = ChangedSource(base: opened)
    let weight = try source.leaf("policy.pth.weight")
    source.changes[weight] = pattern(24)
    let target = folder.file("a.zip")
    try Checkpoint.save(SaveRequest(source, like: opened, to: target))
    #expect(folder.names == ["a.zip"])
    let saved = try Checkpoint.open(target)
    #expect(saved.tree == opened.tree)
    for leaf in saved.tree.leafIDs where saved.hasValues(leaf) {
      #expect(try saved.bytes(of: leaf) == source.bytes(of: leaf))
    }
    let outer = try ZipArchive(ByteRegion(try InputFile(target)))
    let member = try #require(try outer.entry("policy.pth"))
    #expect(member.method == .deflated)
    let inner = try ZipArchive(ByteRegion(outer.inflated(member, limit: 1 << 20)))
    for entry in inner.entries { try inner.verify(entry) }
  }

  /// What is unpacked into memory has a limit, declared or not.
  @Test func unpackingHasALimit() throws {
    let file = FilePath(Fixtures.folder.appendingPathComponent("pytorch/agent.zip"))
    let zip = try ZipArchive(ByteRegion(try InputFile(file)))
    let entry = try #require(try zip.entry("policy.pth"))
    let error = failure { () throws(CheckpointError) in
      _ = try zip.inflated(entry, limit: entry.size - 1)
    }
    #expect(error?.code == .limitExceeded && error?.advice == "unpack the archive first")
  }
}
