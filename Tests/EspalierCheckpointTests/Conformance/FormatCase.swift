import EspalierCheckpoint
import Foundation
import TestSupport
import Testing

/// What the conformance suite needs to know of a format. A new format is covered by one line.
struct FormatCase: Sendable, CustomTestStringConvertible {
  /// As in `Formats.all`.
  let name: String
  /// Real files in `../shared/checkpoints`: folders, and the end of the names there.
  let real: [(folder: String, suffix: String)]

  /// Whether the independent reader's sums are of the bytes in the file's order, where the first axis
  /// runs fastest; else of the values in C order.
  let sumsAsStored: Bool
  /// Whether saving what was opened gives the same bytes; else the same paths, types and values.
  let savesACopy: Bool
  /// How many bytes at the end of the fixtures are padding that may be missing.
  let padding: Int

  static let all: [FormatCase] = [
    FormatCase("safetensors", ("safetensors", ""), ("mlx", ".safetensors")),
    FormatCase("pytorch", ("pytorch-zip", "")),
    FormatCase("pytorch-legacy", ("pytorch-legacy", "")),
    FormatCase("numpy", ("numpy", ""), ("mlx", ".npz")),
    FormatCase("gguf", ("gguf", ""), sumsAsStored: true, padding: 30),
    FormatCase("keras"),
    FormatCase("hdf5", ("hdf5-keras", ".h5")),
    FormatCase("jld2"),
    FormatCase("bson"),
    FormatCase("onnx", ("onnx", "")),
    FormatCase("orbax"),
    FormatCase("tensorflow", ("tensorflow", "")),
    FormatCase("skeleton", savesACopy: false, padding: 1),
  ]

  init(
    _ name: String, _ real: (folder: String, suffix: String)..., sumsAsStored: Bool = false,
    savesACopy: Bool = true, padding: Int = 0
  ) {
    self.name = name
    self.real = real
    self.sumsAsStored = sumsAsStored
    self.savesACopy = savesACopy
    self.padding = padding
  }

  var testDescription: String { name }

  /// Whether the format says itself where it ends, and what follows is nothing to it.
  var endsBeforeTheFile: Bool { ["gguf", "hdf5", "jld2", "numpy"].contains(name) }

  /// The project's own small files, made by `make.py` beside them.
  var fixtures: [URL] {
    let files = try? FileManager.default.contentsOfDirectory(
      at: Fixtures.folder.appendingPathComponent(name), includingPropertiesForKeys: nil)
    return (files ?? []).filter { $0.lastPathComponent != "make.py" }
      .sorted { $0.path < $1.path }
  }

  /// Real files that an independent reader has described.
  var described: [URL] {
    real.flatMap { folder, suffix in
      Shared.files(in: folder).filter {
        $0.path.hasSuffix(suffix)
          && FileManager.default.fileExists(atPath: $0.path + ".expected.tsv")
      }
    }
  }
}

enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }
}

extension FilePath {
  init(_ url: URL) { self.init(url.path) }
}
