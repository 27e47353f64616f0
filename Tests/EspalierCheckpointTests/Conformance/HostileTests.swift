import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// Hostile files are refused in one sentence, or open harmlessly.
@Suite(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
struct HostileTests {
  @Test func everyHostileFileIsRefusedOrOpens() throws {
    let files = Shared.files(in: "hostile")
    #expect(files.count > 100)
    for file in files {
      let checkpoint: Checkpoint
      do throws(CheckpointError) {
        checkpoint = try Checkpoint.open(FilePath(file))
      } catch {
        let sentence = error.sentence
        #expect(sentence.hasSuffix(".") && !sentence.contains("\n"), "\(sentence)")
        #expect(sentence.contains(file.lastPathComponent), "\(sentence)")
        continue
      }
      for leaf in checkpoint.tree.leafIDs where checkpoint.hasValues(leaf) {
        // Reading may fail in its turn, with an error.
        try? checkpoint.withChunks(of: leaf) { _ in }
      }
    }
  }
}
