import EspalierCheckpoint
import EspalierTree
import Foundation
import TestSupport
import Testing

/// What the reader makes of models; `Fixtures/onnx/make.py` makes them.
@Suite struct ONNXTests {
  static let kinds = Fixtures.folder.appendingPathComponent("onnx-kinds")
  let folder = TemporaryFolder()

  static func kind(_ name: String) -> FilePath { FilePath(kinds.appendingPathComponent(name)) }

  @Test(arguments: ["types.onnx", "places.onnx", "unpacked.onnx", "external.onnx"])
  func holdsWhatTheReferenceLibraryFinds(_ name: String) throws {
    let checkpoint = try Checkpoint.open(Self.kind(name))
    let expected = try #require(Expected(beside: Self.kinds.appendingPathComponent(name)))
    var found: [String: LeafID] = [:]
    for leaf in checkpoint.tree.leafIDs where checkpoint.tree.kind(of: leaf) == .array {
      let path = checkpoint.tree.path(of: leaf).components.map(\.description)
      found[path.joined(separator: "/")] = leaf
    }
    #expect(found.count == expected.tensors.count)
    for tensor in expected.tensors {
      let leaf = try #require(found[tensor.path], "\(tensor.path)")
      #expect(checkpoint.tree.dtype(of: leaf).name == tensor.dtype, "\(tensor.path)")
      #expect(checkpoint.tree.shape(of: leaf).dimensions == tensor.shape, "\(tensor.path)")
      let digest = hexadecimal(SHA256.hash(try checkpoint.bytes(of: leaf)))
      #expect(digest == tensor.sha256, "\(tensor.path)")
    }
  }

  @Test func whatIsNoArrayOfWholeBytesIsNamed() throws {
    let tree = try Checkpoint.open(Self.kind("types.onnx")).tree
    func value(_ name: String) -> LeafValue? {
      tree.node(named: Name(name)).flatMap { tree.leaf(at: $0) }.flatMap { tree.value($0) }
    }
    #expect(value("words") == .opaque(type: Array("STRING [2]".utf8)))
    #expect(value("odd") == .opaque(type: Array("INT4 [1, 3, 1]".utf8)))
  }

  @Test func nodesWithoutTensorsAreNoBranches() throws {
    let tree = try Checkpoint.open(Self.kind("places.onnx")).tree
    for number in 0..<tree.nodeCount {
      let node = NodeID(Int32(number))
      #expect(tree.hasChildren(node) || tree.leaf(at: node) != nil, "\(tree.path(of: node))")
    }
  }

  @Test func sparseTensorsSayTheirShape() throws {
    let tree = try Checkpoint.open(Self.kind("places.onnx")).tree
    let node = try #require(tree.node(named: "few"))
    #expect(tree.label(of: node) == Array("sparse tensor [3, 3]".utf8))
  }

  @Test func metadataIsShown() throws {
    let checkpoint = try Checkpoint.open(Self.kind("types.onnx"))
    #expect(
      checkpoint.metadata == [
        MetadataEntry("ir_version", .integer(10)),
        MetadataEntry("producer_name", .text(Array("fixture".utf8))),
        MetadataEntry("opset_import.ai.onnx", .integer(21)),
        MetadataEntry("metadata_props.author", .text(Array("somebody".utf8))),
        MetadataEntry("metadata_props.purpose", .text(Array("tests".utf8))),
      ])
  }

  @Test func tensorsThatNameTheSameBytesAreTied() throws {
    let checkpoint = try Checkpoint.open(Self.kind("external.onnx"))
    let tree = checkpoint.tree
    let tied = tree.tiedGroups.map { $0.leaves.map { tree.path(of: $0).flatName } }
    #expect(tied == [["bias", "same"]])
    #expect(
      checkpoint.files.map { FilePath(bytes: $0.path.name) } == [
        "external.onnx", "external.bin", "external-2.bin",
      ])
  }

  // MARK: Files beside the model

  /// A copy of the model with another text of the same length in it.
  private func model(_ text: String, insteadOf old: String) throws -> FilePath {
    var bytes = try Fixtures.bytes(Self.kinds.appendingPathComponent("external.onnx"))
    for name in ["external.bin", "external-2.bin"] {
      folder.write(name, try Fixtures.bytes(Self.kinds.appendingPathComponent(name)))
    }
    let (old, new) = (Array(old.utf8), Array(text.utf8))
    #expect(old.count == new.count)
    var replaced = false
    for start in 0..<(bytes.count - old.count) where bytes[start...].starts(with: old) {
      bytes.replaceSubrange(start..<start + old.count, with: new)
      replaced = true
    }
    #expect(replaced)
    return folder.write("model.onnx", bytes)
  }

  private func refusal(_ text: String, insteadOf old: String) throws -> CheckpointError? {
    let path = try model(text, insteadOf: old)
    return failure { () throws(CheckpointError) in _ = try Checkpoint.open(path) }
  }

  @Test(arguments: ["../ernal.bin", "/etc/passwdx", "sub/rnal.bin", "extern\0l.bin"])
  func pathsThatLeadElsewhereAreRefused(_ location: String) throws {
    #expect(try refusal(location, insteadOf: "external.bin")?.code == .unsafePath)
  }

  @Test func aMissingFileIsNamed() throws {
    let error = try refusal("absentee.bin", insteadOf: "external.bin")
    #expect(error?.code == .missingShard && error?.place == Array("weight".utf8))
    #expect(error?.sentence.contains("absentee.bin") == true)
  }

  @Test func rangesOutsideTheFileAreRefused() throws {
    #expect(try refusal("97", insteadOf: "96")?.code == .truncated)
    #expect(try refusal("9x", insteadOf: "96")?.code == .badValue)
    #expect(try refusal("-1", insteadOf: "96")?.code == .badValue)
    #expect(try refusal("33", insteadOf: "32")?.code == .badValue)
  }

  // MARK: Refusals

  /// A model whose graph is one initializer of these fields.
  private func open(tensor: [UInt8], graph more: [UInt8] = []) -> CheckpointError? {
    let graph = [0x2a, UInt8(tensor.count)] + tensor + more
    let path = folder.write(
      "m", [0x08, 0x0a, 0x3a, UInt8(graph.count)] + graph + [0x42, 2, 0x10, 0x15])
    return openAndReadAll(path)
  }

  @Test func aTensorHoldsWhatItsShapeSays() throws {
    let one: [UInt8] = [0x08, 1, 0x10, 1, 0x42, 1, 0x77]
    #expect(open(tensor: one + [0x4a, 4, 0, 0, 0x80, 0x3f]) == nil)
    #expect(open(tensor: one + [0x4a, 3, 0, 0, 0x80])?.code == .badValue)
    #expect(open(tensor: one)?.code == .badValue)
    // In two fields; twice in one; in the field of another type; part of a tensor.
    #expect(open(tensor: one + [0x4a, 4, 0, 0, 0, 0, 0x22, 4, 0, 0, 0, 0])?.code == .badValue)
    #expect(open(tensor: one + [0x4a, 4, 0, 0, 0, 0, 0x4a, 4, 0, 0, 0, 0])?.code == .badValue)
    #expect(open(tensor: one + [0x38, 1])?.code == .badValue)
    #expect(open(tensor: one + [0x1a, 2, 0x08, 1])?.code == .unsupported)
  }

  @Test func shapesMustBePossible() {
    let minusOne: [UInt8] = [0x08] + [UInt8](repeating: 0xff, count: 9) + [1]
    #expect(open(tensor: minusOne + [0x10, 1])?.code == .badValue)
    let huge: [UInt8] = [0x08] + [UInt8](repeating: 0xff, count: 8) + [0x7f]
    #expect(open(tensor: huge + huge + [0x10, 1])?.code == .badValue)
  }

  @Test func twoInitializersOfOneNameAreRefused() {
    let tensor: [UInt8] = [0x08, 0, 0x10, 1, 0x42, 1, 0x77]
    let error = open(tensor: tensor, graph: [0x2a, UInt8(tensor.count)] + tensor)
    #expect(error?.code == .duplicateName)
  }

  @Test func numbersMustFitTheirType() throws {
    let path = folder.write(
      "m",
      [0x08, 0x0a, 0x3a, 15, 0x2a, 13, 0x08, 2, 0x10, 3, 0x2a, 4, 0x7f, 0x80, 0x01, 0, 0x42, 1]
        + [0x77, 0x42, 2, 0x10, 0x15])
    let bytes = try #require(folder.read("m"))
    #expect(bytes.count > 0)
    let checkpoint = try Checkpoint.open(path)
    let error = #expect(throws: CheckpointError.self) {
      _ = try checkpoint.bytes(of: LeafID(0))
    }
    #expect(error?.code == .badValue && error?.found == "128")
  }

  @Test func otherMessagesAreNotTakenForModels() throws {
    // A saved model of TensorFlow begins alike: a version, then a message.
    let saved = folder.write("saved_model.pb", [0x08, 1, 0x12, 4, 0x0a, 2, 0x08, 1])
    #expect(throws: CheckpointError.self) { _ = try Checkpoint.open(saved) }
    let noGraph = folder.write("x", [0x08, 8, 0x12, 1, 0x61])
    let error = failure { () throws(CheckpointError) in _ = try Checkpoint.open(noGraph) }
    #expect(error?.code == .notACheckpoint)
    // One that is cut says so.
    let cut = folder.write(
      "cut",
      Array(try Fixtures.bytes(Self.kinds.appendingPathComponent("types.onnx")).dropLast(600)))
    let verdict = failure { () throws(CheckpointError) in _ = try Checkpoint.open(cut) }
    #expect(verdict?.code == .truncated)
  }

  @Test func graphsInGraphsAreLimited() {
    // graph { node { attribute { g: graph … } } }, each around the one before.
    var graph: [UInt8] = []
    func message(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      var length = bytes.count
      var header = [field << 3 | 2]
      repeat {
        header.append(UInt8(length & 0x7f) | (length > 0x7f ? 0x80 : 0))
        length >>= 7
      } while length > 0
      return header + bytes
    }
    for _ in 0..<100 { graph = message(1, message(5, message(6, graph))) }
    let path = folder.write("m", [0x08, 0x0a] + message(7, graph) + [0x42, 2, 0x10, 0x15])
    #expect(openAndReadAll(path)?.code == .limitExceeded)
  }
}
