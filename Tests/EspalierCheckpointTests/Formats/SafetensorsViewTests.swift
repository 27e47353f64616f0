import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// Ties of another shape: transposed arrays and slices of an array that the file holds.
@Suite struct SafetensorsViewTests {
  let folder = TemporaryFolder()

  /// A cube of 2×3×4 in one storage, and arrays that see it through strides of their own.
  static func source(
    _ views: [(name: String, shape: Shape, offset: Int, strides: [Int])], column: Bool = false
  ) throws -> MemorySource {
    var builder = TreeBuilder()
    var values: [[UInt8]] = []
    func add(_ name: String, _ shape: Shape, _ layout: Layout) throws {
      try builder.setArray(
        ArrayDescription(.u8, shape, layout: layout, storage: StorageID(0)),
        at: builder.flatNode(Name(name)))
      let view = StridedReader(ArrayDescription(.u8, shape, layout: layout)) { offset, buffer in
        for place in buffer.indices { buffer[place] = UInt8(offset + place) }
      }
      var reader = try #require(view)
      var bytes = [UInt8](repeating: 0, count: shape.elementCount ?? 0)
      _ = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      values.append(bytes)
    }
    let (before, after) = (views.prefix { $0.name < "base" }, views.drop { $0.name < "base" })
    for view in before {
      try add(view.name, view.shape, .strided(offset: view.offset, strides: view.strides))
    }
    try add("base", [2, 3, 4], .contiguous(column ? .column : .row))
    for view in after {
      try add(view.name, view.shape, .strided(offset: view.offset, strides: view.strides))
    }
    return MemorySource(tree: builder.finish(), values: values)
  }

  static let kinds: [(name: String, shape: Shape, offset: Int, strides: [Int])] = [
    ("transposed", [4, 3, 2], 0, [1, 4, 12]), ("permuted", [3, 2, 4], 0, [4, 12, 1]),
    ("row", [4], 8, [1]), ("column", [2, 3], 2, [12, 4]), ("flat", [24], 0, [1]),
    ("every other", [12], 1, [2]), ("one", [], 23, []), ("a.slice", [3, 4], 12, [4, 1]),
    ("whole", [2, 3, 4], 0, [12, 4, 1]),
  ]

  @Test(arguments: kinds.indices)
  func eachIsStoredOnceAndComesBack(_ kind: Int) throws {
    try expectStoredOnce(Self.source([Self.kinds[kind]]))
  }

  /// Views of an array whose first axis runs fastest, as Julia has them.
  @Test(
    arguments: [
      ("transposed", [4, 3, 2], 0, [6, 2, 1]), ("permuted", [3, 2, 4], 0, [2, 1, 6]),
      ("slice", [3, 4], 1, [2, 6]), ("part", [2, 2], 8, [1, 6]), ("one", [], 23, []),
    ] as [(String, Shape, Int, [Int])])
  func soAreViewsInColumnOrder(_ view: (String, Shape, Int, [Int])) throws {
    try expectStoredOnce(Self.source([view], column: true))
  }

  private func expectStoredOnce(_ source: MemorySource) throws {
    let path = folder.file("a.safetensors")
    let report = try Checkpoint.save(SaveRequest(source, to: path))
    #expect(report.arrays == 1)
    let opened = try Checkpoint.open(path)
    #expect(opened.notes == [])
    #expect(opened.tree.tiedGroups.count == 1)
    #expect(opened.tree.leafCount == 2)
    for leaf in source.tree.leafIDs {
      let name = source.tree.path(of: leaf).flatName
      let node = try #require(opened.tree.node(named: name))
      let other = try #require(opened.tree.leaf(at: node))
      #expect(opened.tree.shape(of: other) == source.tree.shape(of: leaf))
      #expect(try opened.bytes(of: other) == source.bytes(of: leaf), "\(name)")
    }
    // And again: into a copy, and from nothing.
    try Checkpoint.save(SaveRequest(opened, like: opened, to: folder.file("copy")))
    #expect(folder.read("copy") == folder.read("a.safetensors"))
    try Checkpoint.save(SaveRequest(opened, to: folder.file("again.safetensors")))
    #expect(folder.read("again.safetensors") == folder.read("a.safetensors"))
  }

  /// Whatever comes first: the array that is no view is the one that other programs find.
  @Test func theStorageItselfIsStored() throws {
    let source = try Self.source([("a.transposed", [4, 3, 2], 0, [1, 4, 12])])
    let path = folder.file("a.safetensors")
    try Checkpoint.save(SaveRequest(source, to: path))
    let text = String(decoding: try #require(folder.read("a.safetensors")), as: UTF8.self)
    #expect(text.contains(#""base":{"dtype":"U8","shape":[2,3,4]"#))
    // What is a tie in the tree is no entry of the metadata that another format would lose.
    #expect(try Checkpoint.open(path).metadata == [])
  }

  @Test func allOfThemTogether() throws {
    let source = try Self.source(Self.kinds.sorted { $0.name < $1.name })
    let path = folder.file("a.safetensors")
    let report = try Checkpoint.save(SaveRequest(source, to: path))
    #expect(report.arrays == 1)
    #expect(
      report.losses == [
        "8 arrays see a part of another, or all of it in another order (a.slice, column, every "
          + "other and 5 more): their names are in the metadata alone, where other programs do not "
          + "look"
      ])
    let opened = try Checkpoint.open(path)
    #expect(opened.tree.leafCount == 10 && opened.tree.tiedGroups.first?.leaves.count == 10)
  }

  @Test func copiesAreWrittenWhereTheyAreAskedFor() throws {
    var request = SaveRequest(
      try Self.source([Self.kinds[0], ("z", [2, 3, 4], 0, [12, 4, 1])]),
      to: folder.file("a.safetensors"))
    request.untied = true
    #expect(try Checkpoint.save(request).arrays == 3)
    let opened = try Checkpoint.open(request.path)
    #expect(opened.tree.tiedGroups.isEmpty && opened.tree.leafCount == 3)
  }

  @Test func whatLiesInNoOtherIsStoredAndSaid() throws {
    // Eight elements each of a storage of twelve.
    var builder = TreeBuilder()
    for (name, offset) in [("a", 0), ("b", 4)] {
      try builder.setArray(
        ArrayDescription(
          .u8, [8], layout: .strided(offset: offset, strides: [1]), storage: StorageID(0)),
        at: builder.flatNode(Name(name)))
    }
    let (first, second) = ([UInt8](0..<8), [UInt8](4..<12))
    let source = MemorySource(tree: builder.finish(), values: [first, second])
    let report = try Checkpoint.save(SaveRequest(source, to: folder.file("a.safetensors")))
    #expect(report.arrays == 2)
    #expect(
      report.losses == ["1 tied array overlaps another in a part of its elements: it is a copy"])
    let opened = try Checkpoint.open(folder.file("a.safetensors"))
    #expect(opened.tree.tiedGroups.isEmpty)
    #expect(try opened.tree.leafIDs.map { try opened.bytes(of: $0) } == [first, second])
  }

  /// The reader believes nothing: a view outside of its array would show bytes of others.
  @Test(arguments: [
    #""shape":[5],"offset":0,"strides":[1]"#, #""shape":[2],"offset":3,"strides":[1]"#,
    #""shape":[2],"offset":-1,"strides":[1]"#, #""shape":[2],"offset":0,"strides":[-1]"#,
    #""shape":[2],"offset":0,"strides":[0]"#, #""shape":[2,2],"offset":0,"strides":[1,1]"#,
    #""shape":[2],"offset":0,"strides":[1,1]"#, #""shape":[2],"offset":0,"strides":[]"#,
    #""shape":[0],"offset":0,"strides":[1]"#, #""shape":[-2],"offset":0,"strides":[1]"#,
    #""shape":[9223372036854775807,2],"offset":0,"strides":[1,1]"#,
    #""shape":[2],"offset":0,"strides":[9223372036854775807]"#,
    #""shape":[2],"offset":9223372036854775807,"strides":[1]"#,
    #""shape":[2],"offset":9223372036854775808,"strides":[1]"#,
    #""shape":[2],"offset":0.5,"strides":[1]"#, #""shape":2,"offset":0,"strides":[1]"#,
    #""shape":[2],"offset":0"#, #""shape":[2],"offset":0,"strides":[1],"more":1"#,
  ])
  func viewsThatDoNotFitAreSaidAndChangeNothing(_ fields: String) throws {
    try expectPlain(#"{"v":{"of":"a",\#(fields)}}"#)
  }

  @Test(arguments: [
    #"{"v":{"of":"b","offset":0,"shape":[2],"strides":[1]}}"#,
    #"{"a":{"of":"a","offset":0,"shape":[2],"strides":[1]}}"#,
    #"{"v":{"offset":0,"shape":[2],"strides":[1]}}"#,
    #"{"v":{"of":["a"],"offset":0,"shape":[2],"strides":[1]}}"#,
  ])
  func viewsOfNothing(_ text: String) throws { try expectPlain(text) }

  @Test func aViewOfAnotherNameIsNotTaken() throws {
    let opened = try open(#"{"t":"a","v":{"of":"t","offset":0,"shape":[2],"strides":[1]}}"#)
    #expect(opened.tree.dump == "a  U8 [4]  tie 0\nt  U8 [4]  tie 0")
    #expect(opened.notes.count == 1)
  }

  private func expectPlain(_ ties: String) throws {
    let opened = try open(ties)
    #expect(opened.tree.dump == "a  U8 [4]")
    #expect(opened.notes.count == 1)
  }

  private func open(_ ties: String) throws -> Checkpoint {
    let quoted = ties.replacing("\"", with: "\\\"")
    let header =
      #"{"__metadata__":{"espalier.ties":"\#(quoted)"},"#
      + SafetensorsHeaderTests.tensor("a", 0, 4) + "}"
    return try Checkpoint.open(
      folder.write("a", SafetensorsHeaderTests.file(header, data: 4)))
  }
}

@Suite(.enabled(if: Python.path != nil, Python.skipReason))
struct SafetensorsViewReadbackTests {
  /// The reference library's `load_model` takes the file into a model that has the tie, and asks for
  /// nothing else. (It has no way with transposed ties.)
  @Test func theReferenceLibraryLoadsASlice() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.safetensors")
    let source = try SafetensorsViewTests.source([("head", [3, 4], 12, [4, 1])])
    try Checkpoint.save(SaveRequest(source, to: path))
    let script = """
      import sys
      try:
          import torch
          from safetensors.torch import load_model
      except ImportError:
          print('skipped')
          sys.exit()
      class Net(torch.nn.Module):
          def __init__(self):
              super().__init__()
              self.base = torch.nn.Parameter(torch.zeros(2, 3, 4, dtype=torch.uint8), False)
              self.head = torch.nn.Parameter(self.base.data[1], False)
      net = Net()
      print(load_model(net, sys.argv[1]))
      print(net.head.flatten().tolist())
      """
    let text = String(decoding: try Python.output(["-c", script], path), as: UTF8.self)
    if text == "skipped\n" { return }
    let head = try source.bytes(of: Array(source.tree.leafIDs)[1])
    #expect(text == "(set(), [])\n[\(head.map(String.init).joined(separator: ", "))]\n")
  }
}
