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

extension SkeletonTests {
  @Test func holdsDescriptionsAndTies() throws {
    let folder = TemporaryFolder()
    let text = #"""
      {"metadata":{"n":1,"s":"x","l":[1,2],"t":true,"z":null},"more":[{}],
       "tensors":[{"name":"a.b","shape":[2,3],"dtype":"F16","tied_to":null,"note":0},
                  {"name":"c","dtype":"F16","shape":[2,3],"tied_to":"a.b"}]}
      """#
    let opened = try Checkpoint.open(folder.write("m", Array(text.utf8)))
    #expect(opened.tree.dump == "a\n  .b  F16 [2, 3]  tie 0\nc  F16 [2, 3]  tie 0")
    #expect(
      opened.metadata == [
        MetadataEntry("n", .integer(1)), MetadataEntry("s", .text(Array("x".utf8))),
        MetadataEntry("l", .json(Array("[1,2]".utf8))), MetadataEntry("t", .bool(true)),
        MetadataEntry("z", .nothing),
      ])
    for leaf in opened.tree.leafIDs {
      #expect(!opened.hasValues(leaf))
      #expect(throws: NoValues.self) { try opened.reader(for: leaf) }
    }
  }

  @Test(arguments: [
    (#"{"name":"a","shape":[2]}"#, "a: found no dtype, expected name, shape and dtype"),
    (#"{"shape":[2],"dtype":"F32"}"#, "tensors: found no name"),
    (#"{"name":"a","shape":[2],"dtype":"F33"}"#, "dtype: found the element type “F33”"),
    (#"{"name":"a","shape":[2.5],"dtype":"F32"}"#, "found 2.5"),
    (#"{"name":"a","shape":[-1],"dtype":"F32"}"#, "found -1"),
    (#"{"name":"a","shape":[9223372036854775807,9],"dtype":"F32"}"#, "a: found the shape"),
    (#"{"name":"a","shape":[2],"dtype":"F32","tied_to":"b"}"#, "a: found tied_to “b”"),
    (
      #"{"name":"a","shape":[],"dtype":"F32"},{"name":"a","shape":[],"dtype":"F32"}"#,
      "a: found this name a second time"
    ),
    (#"{"name":"a","name":"b","shape":[],"dtype":"F32"}"#, "“name” a second time"),
  ])
  func brokenTensorsAreRefused(_ tensor: String, _ says: String) {
    let folder = TemporaryFolder()
    let path = folder.write("m", Array("{\"tensors\":[\(tensor)]}".utf8))
    let error = openAndReadAll(path)
    #expect(error?.sentence.contains(says) == true, "\(error?.sentence ?? "opened")")
  }
}
