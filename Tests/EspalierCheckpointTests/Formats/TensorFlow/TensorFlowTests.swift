import EspalierTree
import Foundation
import TestSupport
import Testing

@testable import EspalierCheckpoint

/// Checkpoints that TensorFlow wrote, by `Fixtures/tensorflow/make.py`.
@Suite struct TensorFlowTests {
  let folder = TemporaryFolder()
  static let kinds = Fixtures.folder.appendingPathComponent("tensorflow-kinds")

  static func names(_ prefix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: kinds.path)
      .filter { $0.hasPrefix(prefix) && !$0.hasSuffix(".tsv") }.sorted()
  }

  /// Copies the files of a checkpoint.
  func copy(_ prefix: String) throws {
    for name in try Self.names(prefix) {
      folder.write(name, try Fixtures.bytes(Self.kinds.appendingPathComponent(name)))
    }
  }

  @Test func agreesWithTensorFlow() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.kinds, includingPropertiesForKeys: nil
    ).filter { FileManager.default.fileExists(atPath: $0.path + ".expected.tsv") }
    #expect(files.count == 6)
    let format = try #require(FormatCase.all.first { $0.name == "tensorflow" })
    for file in files {
      try AgreementTests().compare(
        Checkpoint.open(FilePath(file)), try #require(Expected(beside: file)), format,
        file.lastPathComponent)
    }
  }

  // MARK: The tree

  @Test func objectsNestByTheirNamesAndKeepThem() throws {
    let opened = try Checkpoint.open(FilePath(Self.kinds.appendingPathComponent("objects.index")))
    #expect(
      opened.tree.dump == """
        _CHECKPOINTABLE_OBJECT_GRAPH  hidden  STR []
        holder
          /motto/.ATTRIBUTES/VARIABLE_VALUE  "steady"
          /words/.ATTRIBUTES/VARIABLE_VALUE  STR [2]
        model
          /_functional
            /_operations
              /1
                /_kernel/.ATTRIBUTES/VARIABLE_VALUE  F32 [3, 2]
                /bias/.ATTRIBUTES/VARIABLE_VALUE  F32 [2]
              /2
                /_kernel/.ATTRIBUTES/VARIABLE_VALUE  F32 [2, 1]
                /bias/.ATTRIBUTES/VARIABLE_VALUE  F32 [1]
        table/.ATTRIBUTES/VARIABLE_VALUE  I64 [3]
        """, "\(opened.tree.dump)")
    let entry = { (key: String) in opened.metadata.first { $0.key == Name(key) }?.value }
    #expect(
      entry("table/.ATTRIBUTES/VARIABLE_VALUE@full_name") == .value(.text(Array("shared".utf8))))
    #expect(entry("holder/again@same_as") == .value(.text(Array("table".utf8))))
    #expect(opened.tree.isHidden(try #require(opened.tree.node(named: Name(ObjectGraph.name)))))
    #expect(opened.findings.isEmpty)
  }

  @Test func optimisersAndCountersAreBesideTheWeights() throws {
    let opened = try Checkpoint.open(FilePath(Self.kinds.appendingPathComponent("trained")))
    let tree = opened.tree
    #expect(
      hidden(in: tree) == [
        "beta1_power", "beta2_power", "dense/bias/Adam", "dense/bias/Adam_1", "dense/kernel/Adam",
        "dense/kernel/Adam_1", "global_step",
      ])
    #expect(opened.files.count == 4)
    #expect(opened.notes.count == 1)
  }

  private func hidden(in tree: Tree) -> [String] {
    (0..<tree.nodeCount).map { NodeID(Int32($0)) }.filter { tree.isHidden($0) }
      .map { "\(tree.path(of: $0))" }
  }

  @Test(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
  func slotsOfRealModelsAreBesideTheWeights() throws {
    let models = Shared.checkpoints.appendingPathComponent("tensorflow")
    let lander = try Checkpoint.open(FilePath(models.appendingPathComponent("ailunarlander")))
    let names = hidden(in: lander.tree)
    #expect(names.contains("layer_with_weights-0/bias/.OPTIMIZER_SLOT"))
    #expect(names.contains("optimizer") && names.contains("keras_api/metrics"))
    #expect(!names.contains { $0.hasSuffix("kernel/.ATTRIBUTES/VARIABLE_VALUE") })
    #expect(lander.metadata.contains { $0.key.description.hasSuffix("@same_as") })
  }

  // MARK: What a checkpoint is called

  @Test func aPrefixADataFileAndAFolderOpenTheIndex() throws {
    try copy("types")
    let wanted = try Checkpoint.open(folder.file("types.index"))
    #expect(wanted.notes.isEmpty)
    for name in ["types", "types.data-00000-of-00001"] {
      let opened = try Checkpoint.open(folder.file(name))
      #expect(opened.tree == wanted.tree)
      #expect(opened.notes.count == 1 && opened.notes[0].contains("types.index"))
      #expect(opened.files.map(\.path.name) == wanted.files.map(\.path.name))
    }
    folder.write("types.meta", [0x0a, 1, 2])
    #expect(try Checkpoint.open(folder.file("types.meta")).tree == wanted.tree)
    #expect(try Checkpoint.open(folder.path).tree == wanted.tree)
  }

  @Test(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
  func aSavedModelIsOpenedByItsFolder() throws {
    let models = Shared.checkpoints.appendingPathComponent("tensorflow")
    let model = models.appendingPathComponent("serving-saved_model_half_plus_two_cpu")
    for part in ["", "saved_model.pb", "variables", "variables/variables"] {
      let opened = try Checkpoint.open(FilePath(model.appendingPathComponent(part)))
      #expect(opened.format.name == "tensorflow" && opened.tree.leafCount == 5, "\(part)")
    }
  }

  @Test func severalCheckpointsInAFolderAreNamed() throws {
    try copy("types")
    try copy("trained")
    let error = failure { () throws(CheckpointError) in _ = try Checkpoint.open(folder.path) }
    #expect(
      error?.sentence.contains("2 checkpoints: “trained.index”, “types.index”") == true,
      "\(error?.sentence ?? "")")
  }

  @Test func oldTablesOfOneCheckpointAreOneTree() throws {
    try copy("old-sharded")
    let opened = try Checkpoint.open(folder.path)
    let new = try Checkpoint.open(FilePath(Self.kinds.appendingPathComponent("trained.index")))
    let names = { (checkpoint: Checkpoint) in
      Set(checkpoint.tree.leafIDs.map { "\(checkpoint.tree.path(of: $0))" })
    }
    #expect(names(opened) == names(new))
    for leaf in opened.tree.leafIDs { _ = try opened.bytes(of: leaf) }
  }

  // MARK: What is missing or wrong

  @Test func missingDataFilesAreNamed() throws {
    try copy("trained")
    folder.remove("trained.data-00001-of-00003")
    let error = failure { () throws(CheckpointError) in
      _ = try Checkpoint.open(folder.file("trained.index"))
    }
    #expect(error?.code == .missingShard)
    #expect(
      error?.sentence.contains("trained.data-00001-of-00003: found no such file beside the index")
        == true, "\(error?.sentence ?? "")")

    let bytes = try Fixtures.bytes(Self.kinds.appendingPathComponent("types.index"))
    #expect(openAndReadAll(folder.write("renamed.bin", bytes))?.code == .missingShard)
  }

  @Test func dataOfAnotherCheckpointIsRefusedWhenItIsRead() throws {
    try copy("types")
    var data = try #require(folder.read("types.data-00000-of-00001"))
    data[data.count - 1] ^= 1
    folder.write("types.data-00000-of-00001", data)
    let opened = try Checkpoint.open(folder.file("types.index"))
    let broken = opened.tree.leafIDs.filter { (try? opened.bytes(of: $0)) == nil }
    #expect(broken.map { "\(opened.tree.path(of: $0))" } == ["small"])
    #expect(throws: CheckpointError.self) { try opened.bytes(of: broken[0]) }

    folder.write("types.data-00000-of-00001", Array(data.dropLast()))
    #expect(openAndReadAll(folder.file("types.index"))?.code == .truncated)
  }

  @Test func aBrokenGraphCostsNoValues() throws {
    try copy("objects")
    var data = try #require(folder.read("objects.data-00000-of-00001"))
    data.replaceSubrange(data.count - 500..<data.count, with: repeatElement(0xff, count: 500))
    folder.write("objects.data-00000-of-00001", data)
    let opened = try Checkpoint.open(folder.file("objects.index"))
    #expect(opened.tree.leafCount == 8)
    #expect(opened.findings.map(\.code) == ["object-graph"])
  }

  @Test(arguments: ["types", "partitioned", "trained", "objects"])
  func damagedIndexesDoNoHarm(_ name: String) throws {
    try copy(name)
    let index = folder.file("\(name).index")
    let bytes = try #require(folder.read("\(name).index"))
    for length in bytes.indices {
      folder.write("\(name).index", Array(bytes[..<length]))
      #expect(openAndReadAll(index) != nil, "cut to \(length) bytes")
    }
    for at in bytes.indices {
      var damaged = bytes
      damaged[at] ^= [0x01, 0x80, 0xff][at % 3]
      folder.write("\(name).index", damaged)
      if let error = openAndReadAll(index) {
        #expect(error.sentence.hasSuffix("."), "\(error.sentence)")
      }
    }
  }
}
