import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// Files that libhdf5 has crashed on, and files made to be like them.
@Suite struct HDF5DamageTests {
  @Test(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
  func filesThatBrokeTheReferenceLibraryDoNoHarm() throws {
    let files = Shared.files(in: "hostile/cve_hdf5")
    #expect(files.count > 40)
    for file in files {
      let error = openAndReadAll(FilePath(file))
      if let error {
        #expect(error.sentence.contains(file.lastPathComponent), "\(error.sentence)")
      }
    }
  }

  /// `ESPALIER_MUTATIONS=5000 swift test -c release --filter mutations` for a long run.
  @Test func mutationsDoNoHarm() throws {
    let wanted =
      ProcessInfo.processInfo.environment["ESPALIER_MUTATIONS"].flatMap { Int($0) } ?? 200
    let folder = TemporaryFolder()
    var random = Generator(state: 0x5eed)
    let paths = [
      "hdf5/old.h5", "hdf5-kinds/links.h5", "hdf5-kinds/attributes.h5", "hdf5-kinds/chunks.h5",
      "hdf5-kinds/dense-group.h5", "hdf5-kinds/types.h5", "jld2/model.jld2",
      "hdf5-kinds/chunks-latest.h5", "hdf5-kinds/chunks-old.h5",
    ]
    let originals = try paths.map { try Fixtures.bytes(Fixtures.folder.appendingPathComponent($0)) }
    for number in 0..<wanted {
      var bytes = originals[number % originals.count]
      for _ in 0...Int.random(in: 0..<16, using: &random) {
        let at = Int.random(in: bytes.indices, using: &random)
        bytes[at] = Bool.random(using: &random) ? 0xff : UInt8.random(in: 0...255, using: &random)
      }
      if number % 10 == 9 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
      if let error = openAndReadAll(folder.write("mutated", bytes)) {
        #expect(error.sentence.hasSuffix("."))
      } else {
        saveOtherValues(folder.file("mutated"), in: folder)
      }
    }
  }

  /// Saving may fail; it must not harm.
  private func saveOtherValues(_ path: FilePath, in folder: TemporaryFolder) {
    guard let opened = try? Checkpoint.open(path) else { return }
    var source = ChangedSource(base: opened)
    for leaf in opened.tree.leafIDs
    where opened.hasValues(leaf) && opened.tree.byteCount(of: leaf) <= 1 << 16 {
      source.changes[leaf] = pattern(opened.tree.byteCount(of: leaf))
    }
    let request = SaveRequest(source, like: opened, to: folder.file("saved"), replace: true)
    _ = try? Checkpoint.save(request)
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }
}
