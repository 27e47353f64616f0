import EspalierTree

/// The graph of Python objects that TensorFlow 2 saves with their variables
/// (`TrackableObjectGraph`): who holds whom under which name, and what variables are called besides.
struct ObjectGraph {
  static let name = Array("_CHECKPOINTABLE_OBJECT_GRAPH".utf8)

  private struct Edge {
    var child: Int
    var name: [UInt8]
  }

  private var edges: [[Edge]] = []
  private var slotOwners: [Int] = []
  /// The variable's own name (`dense/kernel`), by its key in the table.
  private var fullNames: [[UInt8]: [UInt8]] = [:]
  /// From the root along the shortest way, as TensorFlow makes its keys; nil for what it does not
  /// reach.
  private var parents: [(node: Int, name: [UInt8])?] = []
  private var isReached: [Bool] = []

  private static let nameLimit = 1 << 16
  private static let entryLimit = 4096
  private static let depthLimit = 256

  init(_ region: ByteRegion) throws(CheckpointError) {
    var message = ProtobufReader(region)
    while let field = try message.next() {
      guard field.number == 1 else { continue }
      edges.append([])
      try message.enter(field, "object")
      try readObject(&message)
    }
    findWays()
  }

  private mutating func readObject(_ message: inout ProtobufReader) throws(CheckpointError) {
    let object = edges.count - 1
    while let field = try message.next() {
      switch field.number {
      case 1:
        let (child, name) = try reference(&message, field)
        edges[object].append(Edge(child: child, name: name))
      case 2: try readAttribute(&message, field)
      case 3 where slotOwners.last != object: slotOwners.append(object)
      default: break
      }
    }
  }

  private func reference(
    _ message: inout ProtobufReader, _ field: ProtobufField
  ) throws(CheckpointError) -> (child: Int, name: [UInt8]) {
    var child = 0
    var name: [UInt8] = []
    try message.enter(field, "reference")
    while let field = try message.next() {
      switch field.number {
      case 1: child = try message.count(field, "number of an object")
      case 2: name = try message.bytes(field, "name of a reference", limit: Self.nameLimit)
      default: break
      }
    }
    return (child, name)
  }

  private mutating func readAttribute(
    _ message: inout ProtobufReader, _ field: ProtobufField
  ) throws(CheckpointError) {
    var full: [UInt8] = []
    var key: [UInt8] = []
    try message.enter(field, "attribute")
    while let field = try message.next() {
      switch field.number {
      case 2: full = try message.bytes(field, "name of a variable", limit: Self.nameLimit)
      case 3: key = try message.bytes(field, "key of a variable", limit: Self.nameLimit)
      default: break
      }
    }
    if !full.isEmpty { fullNames[key] = full }
  }

  // MARK: Ways

  private mutating func findWays() {
    parents = Array(repeating: nil, count: edges.count)
    isReached = Array(repeating: false, count: edges.count)
    guard !edges.isEmpty else { return }
    isReached[0] = true
    var queue = [0]
    var next = 0
    while next < queue.count {
      let object = queue[next]
      next += 1
      for edge in edges[object] where edges.indices.contains(edge.child) && !isReached[edge.child] {
        isReached[edge.child] = true
        parents[edge.child] = (object, edge.name)
        queue.append(edge.child)
      }
    }
  }

  /// Nil for the root, for what is not reached and for what no one would read.
  private func path(of object: Int) -> [UInt8]? {
    var names: [[UInt8]] = []
    var at = object
    while let parent = parents[at] {
      guard names.count < Self.depthLimit else { return nil }
      names.append(parent.name)
      at = parent.node
    }
    return names.isEmpty ? nil : Array(names.reversed().joined(separator: [UInt8(ascii: "/")]))
  }

  /// Objects that keep slots for variables.
  var optimisers: [[UInt8]] { slotOwners.prefix(64).compactMap(path) }

  // MARK: Metadata

  /// What variables are called besides their keys, and which objects have several names.
  func metadata(of keys: [[UInt8]]) -> [MetadataEntry] {
    var entries: [MetadataEntry] = []
    for key in keys {
      guard let full = fullNames[key], entries.count < Self.entryLimit else { continue }
      entries.append(MetadataEntry(Name(key + Array("@full_name".utf8)), .text(full)))
    }
    return entries + aliases(Self.branches(of: keys), limit: Self.entryLimit)
  }

  /// Names that lead by another way to an object with variables below it.
  private func aliases(_ branches: Set<ArraySlice<UInt8>>, limit: Int) -> [MetadataEntry] {
    var entries: [MetadataEntry] = []
    for (object, references) in edges.enumerated() where isReached[object] {
      guard let prefix = object == 0 ? [] : path(of: object), !Self.isKerasList(prefix) else {
        continue
      }
      for edge in references where edges.indices.contains(edge.child) {
        guard entries.count < limit else { return entries }
        guard let way = parents[edge.child], way.node != object || way.name != edge.name,
          !Self.isKerasList(edge.name), let main = path(of: edge.child),
          branches.contains(main[...])
        else { continue }
        let name = prefix + (prefix.isEmpty ? [] : [UInt8(ascii: "/")]) + edge.name
        entries.append(MetadataEntry(Name(name + Array("@same_as".utf8)), .text(main)))
      }
    }
    return entries
  }

  /// All that a key passes on its way.
  private static func branches(of keys: [[UInt8]]) -> Set<ArraySlice<UInt8>> {
    var branches = Set<ArraySlice<UInt8>>()
    for key in keys {
      for at in key.indices where key[at] == UInt8(ascii: "/") { branches.insert(key[..<at]) }
    }
    return branches
  }

  /// Keras lists each variable of a model over and over, for itself.
  private static func isKerasList(_ path: [UInt8]) -> Bool {
    path.split(separator: UInt8(ascii: "/")).contains { part in
      kerasLists.contains { part.elementsEqual($0.utf8) }
    }
  }

  private static let kerasLists = [
    "keras_api", "variables", "trainable_variables", "non_trainable_variables",
    "_trainable_variables", "_non_trainable_variables", "_self_tracked_trackables",
  ]
}
