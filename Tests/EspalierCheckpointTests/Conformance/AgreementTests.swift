import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// Real files hold what an independent reader found in them.
@Suite(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
struct AgreementTests {
  @Test(arguments: FormatCase.all)
  func agreesWithAnIndependentReader(_ format: FormatCase) throws {
    let files = format.described
    #expect(format.real.isEmpty || !files.isEmpty)
    for file in files {
      let checkpoint = try Checkpoint.open(FilePath(file))
      #expect(checkpoint.format.name == format.name, "\(file.lastPathComponent)")
      let expected = try #require(Expected(beside: file))
      try compare(checkpoint, expected, file.lastPathComponent)
    }
  }

  private func compare(_ checkpoint: Checkpoint, _ expected: Expected, _ file: String) throws {
    let tree = checkpoint.tree
    var found: [String: LeafID] = [:]
    for leaf in tree.leafIDs where tree.kind(of: leaf) == .array {
      let path = Array(tree.path(of: leaf).components.map(\.bytes).joined(separator: [0x2f]))
      found[String(decoding: path, as: UTF8.self)] = leaf
    }
    #expect(found.count == expected.tensors.count, "\(file)")
    for tensor in expected.tensors {
      let leaf = try #require(found[tensor.path], "\(file): \(tensor.path)")
      #expect(tree.dtype(of: leaf).name == tensor.dtype, "\(file): \(tensor.path)")
      #expect(tree.shape(of: leaf).dimensions == tensor.shape, "\(file): \(tensor.path)")
      if tensor.sha256 == "-" {
        #expect(!checkpoint.hasValues(leaf), "\(file): \(tensor.path)")
      } else {
        #expect(try digest(checkpoint, leaf) == tensor.sha256, "\(file): \(tensor.path)")
      }
    }
  }

  private func digest(_ source: some TensorSource, _ leaf: LeafID) throws -> String {
    var chunks: [[UInt8]] = []
    try source.withChunks(of: leaf) { chunks.append(Array($0)) }
    return hexadecimal(SHA256.hash(Array(chunks.joined())))
  }
}
