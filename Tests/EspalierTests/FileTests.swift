import Espalier
import Foundation
import TestSupport
import Testing

/// Swift models and files.
@Suite struct FileTests {
  /// Runs with a path in a new folder, which is removed afterwards.
  func withFile(_ name: String, _ body: (FilePath) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("espalier-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(FilePath(folder.appendingPathComponent(name).path))
  }

  @Test func savedAndLoadedAgain() throws {
    try withFile("model.safetensors") { path in
      let model = Chain(Dense(3, 2, seed: 5), BatchNorm(2), Dropout(0.1), Dense(2, 1, bias: false))
      let saved = try save(model, to: path)
      #expect(saved.format == "safetensors" && saved.arrays == 7)
      let fresh = Chain(Dense(3, 2), BatchNorm(2), Dropout(0.7), Dense(2, 1, seed: 9, bias: false))
      let (loaded, report) = try load(fresh, from: path)
      #expect(report.plan.issueCount == 0)
      #expect(try destructure(loaded) == destructure(model))
      #expect(loaded[2, as: Dropout.self]?.rate == 0.7)
      #expect(try plan(fresh, from: path).issueCount == 0)
    }
  }

  @Test func tiesComeBack() throws {
    try withFile("tied.safetensors") { path in
      let shared = reference([2, 2])
      let saved = try save((encoder: shared, decoder: shared), to: path)
      #expect(saved.arrays == 1)
      let other = reference([2, 2], from: 40)
      var model = (encoder: other, decoder: other)
      try load(&model, from: path)
      #expect(other.elements == [1, 2, 3, 4])
    }
  }

  @Test(arguments: ["tied.safetensors", "tied.pt"])
  func transposedTiesAndSlicesComeBack(_ name: String) throws {
    func model(_ shared: ArrayReference<Float>) -> [String: any ModelArray] {
      [
        "decoder": shared.transposed(), "encoder": shared,
        "row": shared.view(shape: [3], offset: 3, strides: [1]),
      ]
    }
    try withFile(name) { path in
      #expect(try save(model(reference([2, 3])), to: path).arrays == 1)
      let opened = try Checkpoint.open(path)
      #expect(opened.tree.tiedGroups.first?.leaves.count == 3)
      let other = reference([2, 3], from: 40)
      _ = try load(model(other), from: path)
      #expect(other.elements == [1, 2, 3, 4, 5, 6])
      // Into arrays of their own each path takes a copy.
      let copies = ["decoder": filled(0, [3, 2]), "encoder": filled(0, [2, 3]), "row": ramp([3])]
      let (loaded, _) = try load(copies, from: opened)
      #expect(loaded["decoder"]?.elements == [1, 4, 2, 5, 3, 6])
      #expect(loaded["row"]?.elements == [4, 5, 6])
    }
  }

  @Test func aFileIsNotReplacedUnasked() throws {
    try withFile("model.safetensors") { path in
      try save(["a": ramp([1])], to: path)
      #expect(throws: CheckpointError.self) { try save(["a": ramp([2])], to: path) }
      try save(["a": ramp([2])], to: path, replace: true)
      #expect(try Checkpoint.open(path).tree.dump.contains("[2]"))
    }
  }

  @Test func aFileThatIsNotThere() {
    var model = ["a": ramp([1])]
    #expect(throws: CheckpointError.self) { try load(&model, from: "/nowhere/model.safetensors") }
  }

  // MARK: A real network, written by PyTorch

  struct Layer {
    var weight: Tensor
    var bias: Tensor
    init(_ shape: Shape) {
      weight = .zeros(shape)
      bias = .zeros([shape.dimensions[0]])
    }
  }
  struct Norm: Model {
    var scale, shift, mean, variance: Tensor
    var batches = ShapedArray<Int>([0], shape: [])
    init(_ count: Int) {
      (scale, shift) = (.zeros([count]), .zeros([count]))
      (mean, variance) = (.zeros([count]), .zeros([count]))
    }
    static var modelChildren: [ModelChild] {
      [
        ModelChild("weight", \Norm.scale), ModelChild("bias", \Norm.shift),
        ModelChild("running_mean", \Norm.mean, trainable: false),
        ModelChild("running_var", \Norm.variance, trainable: false),
        ModelChild("num_batches_tracked", \Norm.batches, trainable: false),
      ]
    }
  }
  struct Digits {
    var conv1 = Layer([8, 1, 3, 3])
    var conv2 = Layer([16, 8, 3, 3])
    var conv3 = Layer([24, 16, 3, 3])
    var norm1 = Norm(24)
    var dropout = 0.5
    var fc1 = Layer([32, 11616])
    var fc2 = Layer([10, 32])
    var norm2 = Norm(10)
    var activation: (Float) -> Float = { max(0, $0) }
  }

  @Test(
    .enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)),
    arguments: ["safetensors/burn-mnist.safetensors", "pytorch-zip/burn-mnist.pt"])
  func aNetworkFromPyTorch(_ file: String) throws {
    let path = FilePath(Shared.checkpoints.appendingPathComponent(file).path)
    let (model, report) = try load(Digits(), from: path)
    #expect(report.loaded.count == 20 && report.plan.issueCount == 0)
    let checkpoint = try Checkpoint.open(path)
    let leaf = try #require(
      checkpoint.tree.node(named: "conv1.weight")
        .flatMap { checkpoint.tree.leaf(at: $0) })
    let bytes = try checkpoint.bytes(of: leaf)
    #expect(model.conv1.weight.elements.withUnsafeBytes { Array($0) } == bytes)
    #expect(model.norm1.variance.elements.contains { $0 != 0 })
    #expect(model.dropout == 0.5 && model.activation(-1) == 0)
    let all = try destructure(model)
    let trained = try destructure(model, trainableOnly: true)
    #expect(all.count == 376_940 && trained.count == all.count - 2 * (24 + 10) - 2)
  }
}
