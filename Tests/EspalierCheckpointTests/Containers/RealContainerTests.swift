import EspalierCheckpoint
import Foundation
import TestSupport
import Testing

/// Real archives and pickles, harmless and hostile.
@Suite(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
struct RealContainerTests {
  func region(_ url: URL) throws -> ByteRegion { ByteRegion(try InputFile(FilePath(url.path))) }

  /// Broken on purpose; everything else must be read.
  static let broken: Set<String> = [
    "broken_model.pkl", "burn-broken.pt", "malicious-invalid-bytes.pkl",
  ]

  @Test func everyArchiveOfPyTorchIsReadWhole() throws {
    var pickles = 0
    for url in Shared.files(in: "pytorch-zip") {
      let archive = try ZipArchive(try region(url))
      for entry in archive.entries {
        try archive.verify(entry)
        guard entry.name.suffix(4).elementsEqual(".pkl".utf8) else { continue }
        let bytes = try archive.read(entry, limit: 1 << 28)
        let pickle = try PickleDocument(bytes, origin: ByteOrigin(file: FilePath(url.path)))
        #expect(pickle.end == bytes.count, "\(url.lastPathComponent)")
        pickles += 1
      }
    }
    #expect(pickles > 20)
  }

  /// Magic number, protocol, system, the object, the storage keys: five pickles in a row.
  @Test func everyLegacyFileIsFivePickles() throws {
    var files = 0
    for url in Shared.files(in: "pytorch-legacy") {
      let whole = try region(url)
      var offset = 0
      var pickles: [PickleDocument] = []
      for _ in 0..<5 {
        let rest = try whole.slice(at: offset, count: whole.count - offset)
        let pickle = try PickleDocument(rest)
        offset += pickle.end
        pickles.append(pickle)
      }
      let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
      #expect(pickles[0].bytes(pickles[0].root) == magic, "\(url.lastPathComponent)")
      #expect(pickles[4].kind(pickles[4].root) == .list)
      files += 1
    }
    #expect(files > 20)
  }

  @Test func hostilePicklesAreReadOrRefused() throws {
    var verdicts: [String: String] = [:]
    for url in Shared.files(in: "hostile/picklescan") {
      let name = url.lastPathComponent
      do {
        verdicts[name] = try verdict(try region(url))
      } catch let error as CheckpointError {
        verdicts[name] = "refused"
        #expect(error.sentence.hasSuffix("."))
      }
    }
    for (name, verdict) in verdicts {
      let isPickle = name.hasSuffix(".pkl") || name.hasSuffix(".pickle")
      if name.hasPrefix("malicious"), isPickle {
        #expect(verdict == "dangerous", "\(name): \(verdict)")
      }
      if name.hasPrefix("benign0") { #expect(verdict == "harmless", "\(name): \(verdict)") }
    }
    for name in ["broken_model.pkl", "malicious1.7z", "not_a_pickle.bin", "malicious1_0x1.zip"] {
      #expect(verdicts[name] == "refused", "\(name)")
    }
    #expect(verdicts.count > 40)
  }

  /// The worst that a file's pickles name; what follows the last good one is not its matter.
  private func verdict(_ region: ByteRegion) throws -> String {
    if ZipArchive.sniff(try region.prefix(4)) {
      let archive = try ZipArchive(region)
      for entry in archive.entries { _ = try archive.read(entry, limit: 1 << 20) }
      return "archive"
    }
    var pickles = [try PickleDocument(region)]
    var offset = pickles[0].end
    while let rest = try? region.slice(at: offset, count: region.count - offset),
      let pickle = try? PickleDocument(rest)
    {
      pickles.append(pickle)
      offset += pickle.end
    }
    let risks = pickles.flatMap(\.globals).map(\.risk)
    return risks.contains(.dangerous)
      ? "dangerous" : risks.contains(.unknown) ? "unknown" : "harmless"
  }

  @Test func everyJSONFileIsReadOrRefused() throws {
    for folder in ["safetensors", "mlx", "orbax"] {
      for url in Shared.files(in: folder) where url.pathExtension == "json" {
        let bytes = try region(url).readAll(limit: 1 << 28, field: "json")
        #expect(throws: Never.self, "\(url.lastPathComponent)") {
          _ = try JSONDocument(bytes, origin: ByteOrigin(file: FilePath(url.path)))
        }
      }
    }
  }

  @Test func everySafetensorsHeaderIsJSON() throws {
    var read = 0
    for folder in ["safetensors", "mlx"] {
      for url in Shared.files(in: folder) where url.pathExtension == "safetensors" {
        let region = try region(url)
        var cursor = ByteCursor(try region.prefix(8), origin: region.origin)
        let count = try cursor.count(UInt64.self, field: "header length")
        let bytes = try region.read(at: 8, count: count)
        let header = try JSONDocument(bytes, origin: ByteOrigin(file: region.file.path, offset: 8))
        #expect(header.root.kind == .object)
        read += 1
      }
    }
    #expect(read > 5)
  }
}
