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
      // Its storages are views of one element each; the independent reader shows what they are part of.
      if file.lastPathComponent == "bumblebee-storage_view.legacy.pt" { continue }
      let expected = try #require(Expected(beside: file))
      try compare(checkpoint, expected, format, file.lastPathComponent)
    }
  }

  func compare(
    _ checkpoint: Checkpoint, _ expected: Expected, _ format: FormatCase, _ file: String
  ) throws {
    let tree = checkpoint.tree
    var found: [String: LeafID] = [:]
    for leaf in tree.leafIDs where tree.kind(of: leaf) == .array {
      let components = tree.path(of: leaf).components.map(\.bytes)
      let path = Array(withoutOuterNodeNames(components).joined(separator: [0x2f]))
      found[path.isEmpty ? "(root)" : String(decoding: path, as: UTF8.self)] = leaf
    }
    // An array of objects is a branch here; the arrays in it are its leaves.
    let tensors = expected.tensors.filter { $0.dtype != "OBJECT" }
    #expect(found.count == tensors.count, "\(file)")
    for tensor in tensors {
      guard let leaf = found[producersPath(tensor.path)] else {
        Issue.record("\(file): there is no array \(tensor.path)")
        continue
      }
      let dtype = tensor.dtype.split(separator: ":").last.map(String.init)
      #expect(tree.dtype(of: leaf).name == dtype, "\(file): \(tensor.path)")
      #expect(tree.shape(of: leaf).dimensions == tensor.shape, "\(file): \(tensor.path)")
      if tensor.sha256 == "-" {
        #expect(!checkpoint.hasValues(leaf), "\(file): \(tensor.path)")
      } else {
        #expect(
          try digest(checkpoint, leaf, asStored: format.sumsAsStored) == tensor.sha256,
          "\(file): \(tensor.path)")
      }
    }
  }

  /// The independent reader shows a PyTorch parameter as a call with the tensor as its argument; here it
  /// is the tensor. A bare storage it calls `storage:F32`.
  private func producersPath(_ path: String) -> String {
    path.hasSuffix("/<arg0>") ? String(path.dropLast("/<arg0>".count)) : path
  }

  /// Of a node of an ONNX graph that holds graphs, the independent reader shows the number and the
  /// operator: `<node 5 If /encoder/If>` is `<node 5 If>`.
  private func withoutOuterNodeNames(_ components: [[UInt8]]) -> [[UInt8]] {
    components.enumerated().map { index, component in
      guard index < components.count - 2, component.starts(with: "<node ".utf8) else {
        return component
      }
      let words = component.split(separator: 0x20)
      return words.count > 3 ? Array(words[..<3].joined(separator: [0x20])) + [0x3e] : component
    }
  }

  /// The sum of the values as the file has them: where the first axis runs fastest, that order.
  private func digest(_ source: some TensorSource, _ leaf: LeafID, asStored: Bool) throws -> String
  {
    let bytes = try source.bytes(of: leaf)
    let tree = source.tree
    guard asStored, tree.layout(of: leaf) == .contiguous(.column), tree.dtype(of: leaf).isWholeBytes
    else {
      return hexadecimal(SHA256.hash(bytes))
    }
    let shape = tree.shape(of: leaf)
    let reversed = ArrayDescription(
      tree.dtype(of: leaf), Shape(shape.dimensions.reversed()),
      layout: .strided(offset: 0, strides: shape.contiguousStrides(.row).reversed()))
    var reader = try #require(
      StridedReader(reversed) { offset, buffer in
        buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
      })
    var stored = [UInt8](repeating: 0, count: bytes.count)
    let count = try stored.withUnsafeMutableBytes { try reader.read(into: $0) }
    #expect(count == bytes.count)
    return hexadecimal(SHA256.hash(stored))
  }
}
