import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// HDF5, Keras and JLD2 hold what h5py found in them.
///
/// What h5py describes as a compound, a reference, a list or a single text is no array here; it has to
/// be there as another leaf or branch.
@Suite struct HDF5AgreementTests {
  @Test(
    .enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)),
    arguments: [
      "hdf5-generic", "hdf5-keras", "jld2",
    ])
  func agreesAboutRealFiles(_ folder: String) throws {
    let files = Shared.files(in: folder)
    #expect(files.count > 10)
    for file in files { try compare(file) }
  }

  @Test func agreesAboutOurOwnFiles() throws {
    let folder = Fixtures.folder.appendingPathComponent("hdf5-kinds")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { FileManager.default.fileExists(atPath: $0.path + ".expected.tsv") }
    #expect(files.count >= 8)
    for file in files { try compare(file) }
  }

  private func compare(_ file: URL) throws {
    let name = file.lastPathComponent
    let checkpoint = try Checkpoint.open(FilePath(file))
    let expected = try #require(Expected(beside: file), "\(name)")
    let tree = checkpoint.tree
    var counted = Set<String>()
    for tensor in expected.tensors {
      let path = Self.path(tensor.path, checkpoint.format.name)
      let node = try #require(tree.node(at: path), "\(name): \(tensor.path)")
      guard DType(name: tensor.dtype) != nil, !(tensor.dtype == "STR" && tensor.shape.isEmpty)
      else { continue }
      let leaf = try #require(tree.leaf(at: node), "\(name): \(tensor.path)")
      counted.insert(path.flatName.description)
      if tensor.sha256 == "-" && tensor.shape.isEmpty {
        #expect(tree.value(leaf) == .nothing, "\(name): \(tensor.path)")
        continue
      }
      let isJulia = checkpoint.format.name == "jld2"
      let shape = isJulia ? tensor.shape.reversed() : tensor.shape
      #expect(tree.dtype(of: leaf).name == tensor.dtype, "\(name): \(tensor.path)")
      #expect(tree.shape(of: leaf).dimensions == shape, "\(name): \(tensor.path)")
      guard tensor.sha256 != "-" else {
        #expect(!checkpoint.hasValues(leaf), "\(name): \(tensor.path)")
        continue
      }
      let digest = hexadecimal(SHA256.hash(try checkpoint.bytes(of: leaf)))
      let wanted = tensor.more["sha256 of C-order bytes in Julia dims"] ?? tensor.sha256
      #expect(digest == wanted, "\(name): \(tensor.path)")
    }
    // Nothing beyond it but further names of the same arrays, and arrays that h5py has as others.
    let others = Set(
      expected.tensors.filter { DType(name: $0.dtype) == nil }
        .map { Self.path($0.path, checkpoint.format.name).flatName.description })
    for leaf in tree.leafIDs where tree.kind(of: leaf) == .array {
      let path = tree.path(of: leaf).flatName.description
      #expect(
        counted.contains(path) || others.contains(path) || tree.tie(of: leaf) != nil,
        "\(name): \(path)")
    }
  }

  /// Keras' member is not a level of the tree; elements of Julia's arrays count from 1, as its tuples'.
  private static func path(_ text: String, _ format: String) -> TreePath {
    var parts = text.split(separator: "/").map(String.init)
    if format == "keras", parts.first == "model.weights.h5" { parts.removeFirst() }
    if format == "jld2", let at = parts.firstIndex(of: "values"), at + 1 < parts.count {
      parts[at + 1] = Int(parts[at + 1]).map { String($0 + 1) } ?? parts[at + 1]
    }
    return TreePath(components: parts.map { Name($0) })
  }
}
