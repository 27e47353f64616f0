import EspalierTree
import Testing

@testable import EspalierCheckpoint

@Suite struct TorchReaderTests {
  let folder = TemporaryFolder()

  @Test func tensorsThatLieOutsideTheirStorageAreRefused() throws {
    let cases: [(offset: Int, shape: [Int], strides: [Int])] = [
      (0, [4], [1]), (1, [3], [1]), (-1, [1], [1]), (0, [2], [3]), (3, [2], [-4]),
      (0, [2], [.max]), (0, [2], [.max / 4]), (0, [-1], [1]), (0, [2], []), (0, [2, 2], [1]),
      (.max, [1], [1]), (0, [.max, 2], [1, 1]), (0, [1 << 40, 1 << 40], [0, 0]),
    ]
    for (offset, shape, strides) in cases {
      let file = TorchFile(["0": [UInt8](repeating: 0, count: 12)]) { pen in
        pen.dictionary([("w", { $0.tensor("0", offset: offset, shape, strides) })])
      }
      let error = failure { () throws(CheckpointError) in _ = try file.open(in: folder) }
      #expect(error?.code == .badValue, "\(offset) \(shape) \(strides)")
      #expect(error?.place == Array("w".utf8))
    }
  }

  @Test func stridesThatMeanNothingDoNoHarm() throws {
    let values = (0..<12).map { UInt8($0) }
    let opened = try TorchFile(["0": values]) { pen in
      pen.dictionary([
        ("one", { $0.tensor("0", [2, 1], [1, .max]) }),
        ("none", { $0.tensor("0", offset: .max, [0, 3], [.max, .max]) }),
        ("same", { $0.tensor("0", offset: 1, [2, 2], [0, 0]) }),
        ("back", { $0.tensor("0", offset: 2, [3], [-1]) }),
      ])
    }.open(in: folder)
    let read = try opened.tree.leafIDs.map { try opened.bytes(of: $0) }
    let back = Array(values[8..<12]) + Array(values[4..<8]) + Array(values[0..<4])
    #expect(
      read == [
        Array(values[..<8]), [], Array(repeating: values[4..<8], count: 4).flatMap { $0 }, back,
      ])
  }

  @Test func aMissingStorageIsRefusedUnlessNothingIsInIt() throws {
    let missing = TorchFile { pen in pen.dictionary([("w", { $0.tensor("7", [1], [1]) })]) }
    #expect(
      failure { () throws(CheckpointError) in _ = try missing.open(in: folder) }?
        .sentence.contains("no storage “7”") == true)
    let empty = try TorchFile { pen in pen.dictionary([("w", { $0.tensor("7", [0], [1]) })]) }
      .open(in: folder)
    #expect(try empty.bytes(of: LeafID(0)) == [])
  }

  @Test func keysOfEveryTypeAreNames() throws {
    let opened = try TorchFile { pen in
      pen.emptyDictionary()
      pen.mark()
      for (key, value): ((inout PicklePen) -> Void, Int64) in [
        ({ $0.text(Array("1".utf8)) }, 1), ({ $0.integer(1) }, 2), ({ $0.bool(true) }, 3),
        ({ $0.none() }, 4), ({ $0.float(0.5) }, 5), ({ $0.text(Array("a.b".utf8)) }, 6),
        ({ $0.integers([1, 2]) }, 7), ({ $0.text([]) }, 8),
        // Again: the later one counts.
        ({ $0.text(Array("a.b".utf8)) }, 9),
      ] {
        key(&pen)
        pen.integer(value)
      }
      pen.setItems()
    }.open(in: folder)
    let tree = opened.tree
    let found = tree.leafIDs.map { leaf in
      "\(tree.path(of: leaf).components.map(\.description)) \(tree.summary(of: leaf))"
    }
    #expect(
      found == [
        #"["1"] 1"#, #"["1 (int)"] 2"#, #"["True"] 3"#, #"["None"] 4"#, #"["0.5"] 5"#,
        #"["a.b"] 9"#, #"["(1, 2)"] 7"#, #"[""] 8"#,
      ])
  }

  @Test func objectsAreBranchesAndUnknownCallsShowWhatTheyAreMadeFrom() throws {
    let opened = try TorchFile(["0": [1, 2, 3, 4]]) { pen in
      pen.dictionary([
        (
          "pair",
          {
            $0.global("model", "Pair")
            $0.mark()
            $0.tensor("0", [1], [1])
            $0.integer(5)
            $0.tuple()
            $0.reduce()
          }
        ),
        ("function", { $0.global("torch.nn.functional", "relu") }),
        ("storage", { $0.storage("0", "ByteStorage", count: 4) }),
        ("empty", { $0.emptyList() }),
      ])
    }.open(in: folder)
    #expect(
      opened.tree.dump == """
        pair  <model.Pair>  (…)
          0  F32 [1]  tie 0
          1  5
        function  <torch.nn.functional.relu>
        storage  U8 [4]  tie 0
        empty  (…)
        """)
    #expect(opened.findings.map(\.code) == ["unknown-global", "unknown-global"])
  }

  @Test func dangerIsFoundAndNothingOfItHappens() throws {
    let opened = try TorchFile { pen in
      pen.global("posix", "system")
      pen.mark()
      pen.text(Array("touch /tmp/espalier-was-here".utf8))
      pen.tuple()
      pen.reduce()
    }.open(in: folder)
    #expect(opened.findings.map(\.severity) == [.danger])
    #expect(opened.findings.first?.place == Array("posix.system".utf8))
    #expect(
      failure { () throws(CheckpointError) in _ = try InputFile("/tmp/espalier-was-here") } != nil)
  }

  @Test func tensorsWithoutReadableValuesAreListed() throws {
    let opened = try TorchFile(["0": [UInt8](repeating: 1, count: 16)]) { pen in
      pen.dictionary([
        (
          "meta",
          {
            $0.global("torch._utils", "_rebuild_meta_tensor_no_storage")
            $0.mark()
            $0.global("torch", "bfloat16")
            $0.integers([2, 3])
            $0.integers([3, 1])
            $0.bool(false)
            $0.tuple()
            $0.reduce()
          }
        ),
        (
          "conjugated",
          {
            $0.tensor("0", [1], [1], as: "ComplexFloatStorage") { pen in
              pen.dictionary([("conj", { $0.bool(true) })])
            }
          }
        ),
        ("nibbles", { $0.tensor("0", [1], [1], as: "QUInt4x2Storage") }),
      ])
    }.open(in: folder)
    #expect(
      opened.tree.dump == """
        meta  BF16 [2, 3]
        conjugated  C64 [1]
        nibbles  <torch._utils._rebuild_tensor_v2>
        """)
    #expect(!opened.hasValues(LeafID(0)) && !opened.hasValues(LeafID(1)))
    #expect(throws: NoValues.self) { try opened.bytes(of: LeafID(0)) }
    #expect(opened.findings.map(\.code) == ["unreadable-tensor"])
  }

  @Test func aSparseTensorShowsItsParts() throws {
    let opened = try TorchFile(["0": [UInt8](repeating: 1, count: 16)]) { pen in
      pen.dictionary([
        (
          "s",
          {
            $0.global("torch._utils", "_rebuild_sparse_tensor")
            $0.mark()
            $0.none()
            $0.mark()
            $0.tensor("0", [1, 1], [1, 1], as: "LongStorage")
            $0.tensor("0", [2], [1])
            $0.integers([5])
            $0.tuple()
            $0.tuple()
            $0.reduce()
          }
        )
      ])
    }.open(in: folder)
    #expect(
      opened.tree.dump.split(separator: "\n").map { $0.prefix(24) }
        == [
          "s  <sparse tensor>", "  indices  I64 [1, 1]  ti", "  values  F32 [2]  tie 0",
          "  size  (…)", "    0  5",
        ].map { $0.prefix(24) })
    #expect(opened.findings.map(\.code) == ["sparse-tensor"])
  }

  @Test func bigEndianStoragesAreTurned() throws {
    var file = TorchFile(["0": [0, 1, 0, 2, 0, 3]]) { pen in
      pen.dictionary([
        ("a", { $0.tensor("0", [3], [1], as: "ShortStorage") }),
        ("b", { $0.tensor("0", [2], [2], as: "ShortStorage") }),
      ])
    }
    file.members.append(("m/byteorder", Array("big".utf8)))
    let opened = try file.open(in: folder)
    #expect(try opened.bytes(of: LeafID(0)) == [1, 0, 2, 0, 3, 0])
    #expect(try opened.bytes(of: LeafID(1)) == [1, 0, 3, 0])
    file.members[2].content = Array("middle".utf8)
    #expect(
      failure { () throws(CheckpointError) in _ = try file.open(in: folder) }?.code == .badValue)
  }

  @Test func sharingWithoutEndAndCyclesAreRefused() throws {
    // Thirty lists, each with the one before twice: 2^30 leaves.
    let bomb = TorchFile { pen in
      pen.emptyList()
      for _ in 0..<30 {
        pen.raw([0x71, 0])  // remembered
        pen.raw([0x30])  // dropped
        pen.emptyList()
        pen.mark()
        pen.raw([0x68, 0, 0x68, 0])
        pen.appends()
      }
    }
    let error = failure { () throws(CheckpointError) in _ = try bomb.open(in: folder) }
    #expect(error?.code == .limitExceeded)
    let cycle = TorchFile { pen in
      pen.emptyList()
      pen.raw([0x71, 0])
      pen.mark()
      pen.raw([0x68, 0])
      pen.appends()
    }
    #expect(
      failure { () throws(CheckpointError) in _ = try cycle.open(in: folder) }?.sentence
        .contains("its own ancestor") == true)
  }

  @Test func bytesAfterThePickleAndSecondPicklesAreRefused() throws {
    var file = TorchFile { $0.emptyDictionary() }
    file.members[0].content += [0]
    #expect(
      failure { () throws(CheckpointError) in _ = try file.open(in: folder) }?.code
        == .trailingBytes)
  }
}
