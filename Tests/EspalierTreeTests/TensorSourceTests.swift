import EspalierTree
import Testing

@Suite struct TensorSourceTests {
  static func source(_ dtype: DType, _ shape: Shape, _ bytes: [UInt8]) throws -> MemorySource {
    var builder = MemorySource.Builder()
    try builder.add("a", dtype, shape, bytes)
    return builder.finish()
  }

  /// Pieces of every size give all bytes; no piece cuts a block in two.
  @Test(arguments: [1, 3, 4, 17, 18, 40, 1000])
  func chunksAreWholeBlocks(_ chunk: Int) throws {
    for (dtype, count) in [(DType.f32, 15), (.q40, 160), (.f4, 30), (.u8, 0)] {
      let size = try #require(dtype.byteCount(elements: count))
      let bytes = (0..<size).map { UInt8($0 & 0xFF) }
      let source = try Self.source(dtype, [count], bytes)
      var seen: [UInt8] = []
      try source.withChunks(of: LeafID(0), chunk: chunk) { piece in
        #expect(piece.count % dtype.bytesPerBlock == 0 && !piece.isEmpty)
        #expect(piece.count <= max(chunk, dtype.bytesPerBlock))
        seen += piece
      }
      #expect(seen == bytes)
      #expect(try source.bytes(of: LeafID(0)) == bytes)
    }
  }

  @Test func zerosEnd() {
    var reader = ZeroReader(byteCount: 10)
    var buffer = [UInt8](repeating: 7, count: 8)
    #expect(buffer.withUnsafeMutableBytes { reader.read(into: $0) } == 8)
    #expect(buffer == [0, 0, 0, 0, 0, 0, 0, 0])
    buffer = [7, 7, 7, 7]
    #expect(buffer.withUnsafeMutableBytes { reader.read(into: $0) } == 2)
    #expect(buffer == [0, 0, 7, 7])
    #expect(buffer.withUnsafeMutableBytes { reader.read(into: $0) } == 0)
  }

  @Test func buffersOfASliceBeginAtItsBeginning() {
    var reader = BufferReader([9, 1, 2, 3][1...])
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(buffer.withUnsafeMutableBytes { reader.read(into: $0) } == 3)
    #expect(buffer[..<4] == [1, 2, 3, 0])
  }

  @Test func progressStopsWork() {
    #expect(throws: Cancelled.self) {
      try ProgressMonitor { done, total in done < total }.check(3, of: 3)
    }
    #expect(throws: Never.self) { try ProgressMonitor.none.check(3, of: 3) }
  }

  @Test func missingValuesSayWhere() {
    #expect(
      NoValues(TreePath(components: ["a", "b.c"]), reason: "a skeleton").description
        == "a.b.c: there are no values to read: a skeleton")
  }
}

@Suite struct LeafJSONTests {
  private func json(_ leaf: Leaf, _ components: [Name] = ["x"]) throws -> String {
    var builder = TreeBuilder()
    var node = TreeBuilder.Handle.root
    for (index, component) in components.enumerated() {
      node =
        index == components.count - 1
        ? try builder.flatNode(component, under: node) : try builder.node(component, under: node)
    }
    let id = try builder.setLeaf(leaf, at: node)
    let tree = builder.finish()
    var writer = JSONWriter()
    writer.leaf(id, of: tree)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func arraysHaveTypeShapeOrderBytesAndTie() throws {
    #expect(
      try json(
        .array(ArrayDescription(.f32, [64, 3, 7, 7])), ["state_dict", "conv1.weight"])
        == #"{"path":["state_dict","conv1.weight"],"kind":"array","dtype":"F32","#
        + #""shape":[64,3,7,7],"order":"row","bytes":37632,"tied":null}"#)
    #expect(
      try json(.array(ArrayDescription(.bf16, [2, 3], layout: .contiguous(.column))))
        == #"{"path":["x"],"kind":"array","dtype":"BF16","shape":[2,3],"order":"column","#
        + #""bytes":12,"tied":null}"#)
  }

  @Test func otherLeavesHaveAValue() throws {
    let values: [(LeafValue, String, String)] = [
      (.bool(false), "bool", "false"), (.integer(-3), "number", "-3"),
      (.unsigned(.max), "number", "18446744073709551615"), (.float(0.5), "number", "0.5"),
      (.float(.nan), "number", #""NaN""#), (.bigNumber("1e999"), "number", #""1e999""#),
      (.text(Array("hé\"".utf8)), "text", #""hé\"""#), (.text([0xFF]), "text", #""\\xff""#),
      (.nothing, "nothing", "null"), (.opaque(type: Array("relu".utf8)), "opaque", #""relu""#),
    ]
    for (value, kind, text) in values {
      #expect(
        try json(.value(value)) == #"{"path":["x"],"kind":"\#(kind)","value":\#(text)}"#)
    }
  }

  @Test func branchesCountTheirChildren() throws {
    var builder = TreeBuilder()
    _ = try builder.flatNode("a.b")
    let tree = builder.finish()
    var writer = JSONWriter()
    writer.node(try #require(tree.node(named: "a")), of: tree)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"{"path":["a"],"kind":"branch","children":1}"#)
  }
}
