import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// Real files of BSON.jl hold the arrays that pymongo finds in them.
///
/// pymongo's paths are those of the raw documents, ours are Julia's. So what is compared is how often each
/// array (element type, size, sum of its values) occurs, each once at every place that refers to it. Left
/// out of pymongo's list is what stands for no place in Julia's value:
/// - the list `_backrefs` itself: its values are counted where they are referred to. It is also where
///   the types of functions lie, with the code of their methods and the arrays of that code;
/// - the set of a `Zygote.Params`, which has the arrays of its list once more, without an order.
///
/// Not in pymongo's list are vectors of bytes, which have no tag and are plain binaries, and arrays on a
/// GPU, which have no values.
@Suite(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
struct BSONAgreementTests {
  struct Array: Hashable, CustomStringConvertible {
    var dtype: String
    var shape: [Int]
    var digest: String
    var description: String { "\(dtype) \(shape) \(digest.prefix(8))" }
  }

  static let files = Shared.hasCheckpoints ? Shared.files(in: "bson") : []

  @Test func allRealFilesAreThere() { #expect(Self.files.count >= 19) }

  @Test(arguments: files)
  func everyArrayIsThereAsOften(_ file: URL) throws {
    let checkpoint = try Checkpoint.open(FilePath(file))
    #expect(checkpoint.format.name == "bson")
    let expected = try #require(Expected(beside: file))
    var wanted: [Array: Int] = [:]
    for tensor in expected.tensors where DType(name: tensor.dtype) != nil {
      let chain = tensor.more["type chain"] ?? ""
      if tensor.path.hasPrefix("_backrefs/")
        || chain.contains("Zygote.Params") && chain.contains("IdSet")
      {
        continue
      }
      let digest = tensor.more["sha256 of C-order bytes in Julia dims"] ?? "-"
      wanted[Array(dtype: tensor.dtype, shape: tensor.shape, digest: digest), default: 0] += 1
    }
    var found: [Array: Int] = [:]
    let tree = checkpoint.tree
    for leaf in tree.leafIDs where checkpoint.hasValues(leaf) && tree.dtype(of: leaf) != .u8 {
      let digest = hexadecimal(SHA256.hash(try checkpoint.bytes(of: leaf)))
      let array = Array(
        dtype: tree.dtype(of: leaf).name, shape: tree.shape(of: leaf).dimensions, digest: digest)
      found[array, default: 0] += 1
    }
    #expect(found == wanted, "\(file.lastPathComponent)")
  }

  @Test func realModelsHaveTheNamesThatTheyHaveInJulia() throws {
    func names(_ file: String, _ root: String? = nil) throws -> [String] {
      let url = Shared.checkpoints.appendingPathComponent("bson/\(file).bson")
      let tree = try Checkpoint.open(FilePath(url)).tree
      return tree.leafIDs.filter { tree.kind(of: $0) == .array }.map { "\(tree.path(of: $0))" }
    }
    #expect(
      try names("modelzoo-vae_mnist-model") == [
        "decoder.layers.1.weight", "decoder.layers.1.bias", "decoder.layers.2.weight",
        "decoder.layers.2.bias", "encoder.1.weight", "encoder.1.bias", "encoder.2.weight",
        "encoder.2.bias", "encoder.3.weight", "encoder.3.bias",
      ])
    #expect(try names("blockrecognizer-mymodel") == (1...6).map { "weights.\($0)" })
    #expect(
      try names("modelzoo-Pendulum-v0-policy_sigma")
        == ["logΣ.tracker.grad", "logΣ.data", "logΣ.grad"])
    #expect(
      try names("image-longitudinal-vae").prefix(2) == [
        "vae.1.layers.1.weight", "vae.1.layers.1.bias",
      ])
  }

  @Test func arraysOnAGPUHaveSizesAndNoValues() throws {
    for (file, count) in [("image-longitudinal-vae", 52), ("image-longitudinal-weights", 12)] {
      let url = Shared.checkpoints.appendingPathComponent("bson/\(file).bson")
      let checkpoint = try Checkpoint.open(FilePath(url))
      let arrays = checkpoint.tree.leafIDs.filter { checkpoint.tree.kind(of: $0) == .array }
      #expect(arrays.allSatisfy { !checkpoint.hasValues($0) })
      #expect(arrays.count == count)
      #expect(checkpoint.notes.contains { $0.hasPrefix("\(count) arrays lay on a GPU") })
    }
  }
}
