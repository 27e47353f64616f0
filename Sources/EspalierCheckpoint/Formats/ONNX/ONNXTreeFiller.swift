import EspalierTree

/// Makes the tree of a model: the initializers of its graph, then the tensors in its nodes.
///
/// Graphs hold nodes, which hold attributes, which hold graphs: what is met is noted and visited in
/// its turn, without recursion.
struct ONNXTreeFiller {
  var reader: ProtobufReader
  let region: ByteRegion
  var builder = TreeBuilder()
  /// By leaf number.
  var places = ContiguousArray<ONNXPlace>()
  var external: ONNXExternalFiles
  var branches = ONNXBranches()
  /// What is still to be visited, the next last.
  private var pending: [Visit] = []
  private var partCount = 0

  /// Subgraphs in subgraphs.
  static let depthLimit = 64
  /// Nodes, attributes and tensors: far more than any model has.
  static let partLimit = 8_000_000

  private enum Visit {
    case graph(Graph)
    case node(Range<Int>, number: Int, of: Graph)
  }

  private struct Graph {
    var range: Range<Int>
    var parent: ONNXBranches.ID
    var depth: Int
    /// A function is like a graph, with its nodes in another field.
    var isFunction = false
  }

  init(_ reader: ProtobufReader, _ region: ByteRegion) {
    self.reader = reader
    self.region = region
    external = ONNXExternalFiles(model: region.file)
  }

  consuming func finish() -> ONNXSource { ONNXSource(tree: builder.finish(), places: places) }

  mutating func fill(_ model: ONNXModel) throws {
    if let graph = model.graph {
      pending.append(.graph(Graph(range: graph, parent: ONNXBranches.root, depth: 0)))
      try fillPending()
    }
    for (number, range) in model.functions.enumerated() {
      let name = try text(1, of: range, "function")
      let node = branch("function", number, name, under: ONNXBranches.root)
      pending.append(.graph(Graph(range: range, parent: node, depth: 0, isFunction: true)))
      try fillPending()
    }
    for (number, range) in model.trainings.enumerated() {
      try fill(training: range, branch("training", number, [], under: ONNXBranches.root))
    }
  }

  private mutating func fill(training: Range<Int>, _ parent: ONNXBranches.ID) throws {
    try reader.visit(training, "training_info")
    while let field = try reader.next() {
      guard field.number == 1 || field.number == 2 else { continue }
      let name = field.number == 1 ? "initialization" : "algorithm"
      let node = branches.add(Name(name), under: parent)
      let graph = Graph(range: try reader.range(field, name), parent: node, depth: 0)
      pending.append(.graph(graph))
    }
    try fillPending()
  }

  private mutating func fillPending() throws {
    while let visit = pending.popLast() {
      let known = pending.count
      switch visit {
      case .graph(let graph): try fill(graph)
      case .node(let range, let number, let graph): try fill(node: range, number, of: graph)
      }
      // The last is taken first: what was found is visited in the file's order.
      pending[known...].reverse()
    }
  }

  // MARK: Graphs

  private mutating func fill(_ graph: Graph) throws {
    guard graph.depth < Self.depthLimit else {
      throw reader.error(
        .limitExceeded, at: graph.range.lowerBound, "graph", found: "graphs in graphs",
        "at most \(Self.depthLimit) levels")
    }
    var tensors: [(range: Range<Int>, isSparse: Bool)] = []
    var nodes: [Range<Int>] = []
    try reader.visit(graph.range, "graph")
    while let field = try reader.next() {
      switch (field.number, graph.isFunction) {
      case (1, false), (7, true): nodes.append(try range(field, "node"))
      case (5, false): tensors.append((try range(field, "initializer"), false))
      case (15, false): tensors.append((try range(field, "sparse_initializer"), true))
      default: break
      }
    }
    for tensor in tensors {
      if tensor.isSparse {
        try addSparse(tensor.range, named: nil, under: graph.parent)
      } else {
        try add(tensor.range, named: nil, under: graph.parent)
      }
    }
    for (number, node) in nodes.enumerated() {
      pending.append(.node(node, number: number, of: graph))
    }
  }

  private mutating func range(
    _ field: ProtobufField, _ name: String
  ) throws(CheckpointError) -> Range<Int> {
    partCount += 1
    guard partCount <= Self.partLimit else {
      throw reader.error(
        .limitExceeded, at: field.offset, name, found: "more nodes, attributes and tensors",
        "at most \(Self.partLimit)")
    }
    return try reader.range(field, name)
  }

  // MARK: Nodes

  private mutating func fill(node: Range<Int>, _ number: Int, of graph: Graph) throws {
    var name: [UInt8] = []
    var output: [UInt8] = []
    var type: [UInt8] = []
    var attributes: [Range<Int>] = []
    try reader.visit(node, "node")
    while let field = try reader.next() {
      switch field.number {
      case 2: if output.isEmpty { output = try reader.bytes(field, "output") }
      case 3: name = try reader.bytes(field, "node name")
      case 4: type = try reader.bytes(field, "op_type")
      case 5: attributes.append(try self.range(field, "attribute"))
      default: break
      }
    }
    // A node without a name is known by what it makes.
    if name.isEmpty { name = output }
    let label = type + (name.isEmpty ? [] : [0x20] + name)
    var parent: ONNXBranches.ID?
    for attribute in attributes {
      let attribute = try self.attribute(attribute)
      if attribute.values.isEmpty { continue }
      let node = parent ?? branch("node", number, label, under: graph.parent)
      parent = node
      try fill(attribute, under: node, depth: graph.depth)
    }
  }

  private enum AttributeValue {
    case tensor(Range<Int>)
    case sparseTensor(Range<Int>)
    case graph(Range<Int>)
  }

  /// An attribute with tensors or graphs.
  private struct Attribute {
    var name: [UInt8] = []
    var isList = false
    var values: [AttributeValue] = []
  }

  private mutating func attribute(_ range: Range<Int>) throws(CheckpointError) -> Attribute {
    var attribute = Attribute()
    try reader.visit(range, "attribute")
    while let field = try reader.next() {
      switch field.number {
      case 1: attribute.name = try reader.bytes(field, "attribute name")
      case 5, 10: attribute.values.append(.tensor(try self.range(field, "tensor")))
      case 6, 11: attribute.values.append(.graph(try self.range(field, "graph")))
      case 22, 23: attribute.values.append(.sparseTensor(try self.range(field, "sparse_tensor")))
      default: break
      }
      if [10, 11, 23].contains(field.number) { attribute.isList = true }
    }
    return attribute
  }

  private mutating func fill(
    _ attribute: Attribute, under node: ONNXBranches.ID, depth: Int
  ) throws {
    let isList = attribute.isList || attribute.values.count > 1
    let parent = isList ? branches.add(Name(attribute.name), under: node) : node
    for (index, value) in attribute.values.enumerated() {
      let name = isList ? Array(String(index).utf8) : attribute.name
      switch value {
      case .tensor(let range): try add(range, named: name, under: parent)
      case .sparseTensor(let range): try addSparse(range, named: name, under: parent)
      case .graph(let range):
        let inner = branches.add(Name(name), under: parent)
        pending.append(.graph(Graph(range: range, parent: inner, depth: depth + 1)))
      }
    }
  }

  /// The branch of something that may have no name: `<node 5 Constant name>`.
  private mutating func branch(
    _ kind: String, _ number: Int, _ label: [UInt8], under parent: ONNXBranches.ID
  ) -> ONNXBranches.ID {
    let text = label.isEmpty ? [] : [0x20] + label
    let name = Array("<\(kind) \(number)".utf8) + text + Array(">".utf8)
    return branches.add(Name(name), under: parent)
  }

  private mutating func text(
    _ number: Int, of range: Range<Int>, _ name: String
  ) throws(CheckpointError) -> [UInt8] {
    try reader.visit(range, name)
    while let field = try reader.next() {
      if field.number == number { return try reader.bytes(field, name) }
    }
    return []
  }
}
