import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// Trees in the producers' own terms.
@Suite struct HDF5TreeTests {
  private func open(_ path: String) throws -> Checkpoint {
    try Checkpoint.open(FilePath(Fixtures.folder.appendingPathComponent(path)))
  }

  @Test func linksAreTiesAndCirclesAreCut() throws {
    let file = try open("hdf5-kinds/links.h5")
    #expect(
      file.tree.dump == """
        again
          inside  F32 [3]  tie 0
          relative  <link to “../real”, where nothing is>
          same  F32 [3]  tie 0
          self  <link to a group above>
          up  <link to a group above>
        dangling  <link to “/nowhere”, where nothing is>
        group
          inside  F32 [3]  tie 0
          relative  <link to “../real”, where nothing is>
          same  F32 [3]  tie 0
          self  <link to a group above>
          up  <link to a group above>
        hard  F32 [2, 2]  tie 1
        one  <link to “/two”, where nothing is>
        real  F32 [2, 2]  tie 1
        soft  F32 [2, 2]  tie 1
        to-group  <link to “/group”>
        two  <link to “/one”, where nothing is>
        """)
    #expect(file.notes.count == 4)
  }

  @Test func typesHaveNames() throws {
    let tree = try open("hdf5-kinds/types.h5").tree
    func summary(_ name: String) throws -> String {
      let node = try #require(tree.child(of: .root, named: Name(name)))
      return tree.summary(of: try #require(tree.leaf(at: node)))
    }
    #expect(try summary("bf16") == "BF16 [5]")
    #expect(try summary("bool") == "BOOL [3]")
    #expect(try summary("enum") == "I16 [2]")
    #expect(try summary("array") == "I16 [2, 3]")
    #expect(try summary("text") == "\"fixed and free\"")
    #expect(try summary("bytes") == "\"fixed\"")
    #expect(try summary("texts") == "STR [2]")
    #expect(try summary("struct") == "<compound {x, y} [2]>")
    #expect(try summary("nothing") == "nothing")
    #expect(try summary("opaque") == "<5 opaque bytes [2]>")
    #expect(try summary("lists") == "<lists of varying length [2]>")
    #expect(try summary("references") == "<object reference [1]>")
    #expect(try summary("named") == "<type: 32-bit float in 4 bytes>")
    #expect(try summary("of-named") == "F32 [2]")
  }

  @Test func whatIsNotReadSaysWhy() throws {
    let file = try open("hdf5-kinds/packed.h5")
    func reason(_ name: String) throws -> String {
      let node = try #require(file.tree.child(of: .root, named: Name(name)))
      let leaf = try #require(file.tree.leaf(at: node))
      #expect(!file.hasValues(leaf))
      let error = #expect(throws: NoValues.self) { try file.bytes(of: leaf) }
      return try #require(error).reason
    }
    #expect(try reason("lzf") == "they are packed with lzf, which is not supported")
    #expect(try reason("scaled") == "they are packed with scaleoffset, which is not supported")
    #expect(try reason("external") == "they lie in other files, which are not opened")
    #expect(
      try reason("virtual") == "they are put together from other files, which are not opened")
    #expect(file.findings.map(\.code) == ["external-link"])
    #expect(file.findings.first?.sentence.contains("never opened") ?? false)
  }

  @Test func attributesAreMetadata() throws {
    let file = try open("hdf5-kinds/attributes.h5")
    func value(_ key: String) -> MetadataEntry.Value? {
      file.metadata.first { $0.key == Name(key) }?.value
    }
    #expect(value("text") == .value(.text(Array("free".utf8))))
    #expect(value("json") == .json(Array("{\"a\": [1]}".utf8)))
    #expect(value("empty") == .value(.nothing))
    #expect(value("layer@a00") == .value(.integer(0)))
    #expect(value("layer@a29") == .value(.integer(29)))
    #expect(value("layer@texts") == .json(Array("[\"x\",\"yy\"]".utf8)))
    #expect(value("layer@numbers") == .json(Array("[-3.0,-2.5,-2.0]".utf8)))
    #expect(value("w@on") == .value(.text(Array("a dataset".utf8))))
  }

  @Test func groupsKeepTheOrderOfTheirMakingWhereItIsKept() throws {
    let tree = try open("hdf5-kinds/dense-group.h5").tree
    func names(_ group: String) throws -> [String] {
      let node = try #require(tree.child(of: .root, named: Name(group)))
      return tree.children(of: node).map { "\(tree.name(of: $0))" }
    }
    #expect(try names("ordered") == ["z", "b", "y", "a"])
    #expect(try names("group") == (0..<40).map { "w\($0)" })
    #expect(try names("long").count == 9)
  }

  @Test func kerasNamesTheClassesOfItsLayers() throws {
    let file = try open("keras/model.keras")
    #expect(
      file.tree.dump == """
        layers
          dense  <Dense>
            vars  (…)
              0  F32 [2, 3]
              1  F32 [3]
        """)
    #expect(file.metadata.map { "\($0.key)" }.prefix(2) == ["metadata.json", "config.json"])
  }

  @Test func juliaStructsComeBackWithoutJulia() throws {
    let file = try open("jld2/model.jld2")
    #expect(
      file.tree.dump == """
        model  <Flux.Chain>
          layers  (…)
            1  <Flux.Dense(NNlib.relu)>
              weight  F32 [3, 2] column  tie 0
              bias  F32 [3]  tie 1
            2  <NNlib.relu>
            3  <Flux.Dense(NNlib.relu)>
              weight  F32 [3, 2] column  tie 0
              bias  false
        step  7
        opt  <Dict>
          rate  0.5
          moment  F32 [3]  tie 1
        name  "adam"
        items  (…)
          1  F32 [3, 2] column  tie 0
          2  <undef>
          3  BOOL [3]
        none  nothing
        activation  <NNlib.relu>
        packed  F32 [2, 3] column
        """)
    // Julia's columns 1 2 3 and 4 5 6, in C order of size (3, 2).
    func floats(_ name: Name) throws -> [Float] {
      let leaf = try #require(file.tree.node(named: name).flatMap { file.tree.leaf(at: $0) })
      return try file.bytes(of: leaf).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
    #expect(try floats("model.layers.1.weight") == [1, 4, 2, 5, 3, 6])
    #expect(try floats("packed") == [0, 2, 4, 1, 3, 5])
  }
}
