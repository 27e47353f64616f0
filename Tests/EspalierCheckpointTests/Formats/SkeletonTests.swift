import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

@Suite struct SkeletonTests {
  @Test(.enabled(if: Shared.hasDiagnosis, Comment(rawValue: Shared.skipReason)))
  func realSkeletonsOpen() throws {
    let cases = try FileManager.default.contentsOfDirectory(
      at: Shared.diagnosis, includingPropertiesForKeys: nil
    ).filter(\.hasDirectoryPath)
    #expect(cases.count >= 90)
    for folder in cases {
      for name in ["dst.skeleton.json", "src.skeleton.json"] {
        let checkpoint = try Checkpoint.open(FilePath(folder.appendingPathComponent(name)))
        #expect(checkpoint.format.name == "skeleton")
        #expect(checkpoint.tree.leafCount > 0)
      }
    }
  }
}
