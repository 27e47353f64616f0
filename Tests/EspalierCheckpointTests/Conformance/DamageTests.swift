import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// Damaged files: never a trap, never a file taken for whole that is not.
@Suite struct DamageTests {
  @Test(arguments: FormatCase.all)
  func truncationAtEveryByteIsRefused(_ format: FormatCase) throws {
    let folder = TemporaryFolder()
    for fixture in format.fixtures {
      let bytes = try Fixtures.bytes(fixture)
      for length in 0..<(bytes.count - format.padding) {
        let path = folder.write("cut", Array(bytes[..<length]))
        #expect(
          openAndReadAll(path) != nil, "\(fixture.lastPathComponent) cut to \(length) bytes")
      }
    }
  }

  @Test(arguments: FormatCase.all)
  func flippedBytesDoNoHarm(_ format: FormatCase) throws {
    let folder = TemporaryFolder()
    for fixture in format.fixtures {
      let bytes = try Fixtures.bytes(fixture)
      let flips: [UInt8] = [0x01, 0x80, 0xff]
      for index in bytes.indices {
        // Larger fixtures take one flip a byte, by turns.
        for flip in bytes.count > 2048 ? [flips[index % 3]] : flips {
          var damaged = bytes
          damaged[index] ^= flip
          let error = openAndReadAll(folder.write("flipped", damaged))
          if let error { #expect(error.sentence.hasSuffix("."), "\(error.sentence)") }
        }
      }
    }
  }

  @Test(arguments: FormatCase.all)
  func bytesAfterTheEndDoNoHarm(_ format: FormatCase) throws {
    let folder = TemporaryFolder()
    for fixture in format.fixtures {
      let path = folder.write("longer", try Fixtures.bytes(fixture) + [1])
      let error = openAndReadAll(path)
      #expect(error != nil || format.endsBeforeTheFile, "\(fixture.lastPathComponent)")
    }
  }
}
