import EspalierTree

/// Builds the tree that Julia had: structs, named tuples, tuples, dictionaries, arrays.
///
/// Values refer to each other by address. The walk keeps its own stack, cuts circles, and gives up on
/// files whose references would unfold into more than their size can hold.
struct JLD2TreeReader {
  let metadata: HDF5Metadata
  let types: JLD2Types
  var builder = TreeBuilder()
  var contents: [Int32: HDF5Source.Content] = [:]

  /// Something that waits to become a node.
  struct Task {
    enum Value {
      case object(Int)
      case element(HDF5Datatype, HDF5Cursor)
      /// A value that takes no bytes: its type is all of it.
      case type(Int)
    }

    var value: Value
    var node: TreeBuilder.Handle
    /// Index in `trail` of the object that it is inside of; -1 for none.
    var inside: Int
    /// Whether it is a field of a struct.
    var isField = false
  }

  var pending: [Task] = []
  /// Objects on the way down, each with the one above.
  private var trail: [(address: Int, above: Int)] = []
  var arrays: [Int: LeafID] = [:]
  private var taskCount = 0

  private static let rawLimit = 64 << 20

  init(_ file: HDF5File) {
    metadata = HDF5Metadata(file)
    types = JLD2Types(metadata)
  }

  mutating func read() throws -> OpenedContent {
    let root = try HDF5ObjectHeader(metadata, at: metadata.file.root)
    try addGroup(root, at: .root, inside: -1, skipsTypes: true)
    while let task = pending.popLast() {
      try run(task)
    }
    let tree = builder.finish()
    var content = OpenedContent(
      HDF5Source(tree: tree, file: metadata.file, contents: contents))
    // What Julia's `save_object` calls the one thing that it saves.
    let single = Name("single_stored_object")
    if let node = tree.child(of: .root, named: single), tree.hasChildren(node) {
      content.root = node
      content.notes.append("the weights are taken from “\(single)”, the one object in the file")
    }
    return content
  }

  /// Counts values before they are kept, so that lists that unfold cost no memory.
  mutating func count(_ values: Int) throws(CheckpointError) {
    taskCount += values
    guard taskCount <= (1 << 16) + metadata.file.region.count / 8 else {
      throw metadata.error(
        .limitExceeded, at: metadata.file.root, "references", found: "more values than that",
        expected: "as many as a file of this size can hold",
        advice: "its values refer to each other over and over")
    }
  }

  private mutating func run(_ task: Task) throws {
    try count(1)
    switch task.value {
    case .object(let address): try addObject(address, task)
    case .element(let type, let data): try addElement(type, data, task)
    case .type(let address): try addType(address, task)
    }
  }

  // MARK: Objects

  private mutating func addGroup(
    _ header: HDF5ObjectHeader, at node: TreeBuilder.Handle, inside: Int, skipsTypes: Bool = false
  ) throws {
    var tasks: [Task] = []
    for link in try metadata.links(of: header).links {
      if skipsTypes, link.name.elementsEqual("_types".utf8) { continue }
      let child = try builder.node(Name(link.name), under: node)
      if case .hard(let address) = link.target {
        tasks.append(Task(value: .object(address), node: child, inside: inside))
      } else {
        try opaque("link", at: child)
      }
    }
    pending += tasks.reversed()
  }

  private mutating func addObject(_ address: Int, _ task: Task) throws {
    if let known = arrays[address] { return try addTie(task.node, to: known) }
    var above = task.inside
    while above >= 0 {
      if trail[above].address == address {
        return try opaque("reference to a value above", at: task.node)
      }
      above = trail[above].above
    }
    let header = try HDF5ObjectHeader(metadata, at: address)
    trail.append((address, task.inside))
    var task = task
    task.inside = trail.count - 1
    if header.isDataset {
      return try addDataset(header, task)
    }
    if header.first(HDF5Message.Kind.datatype) != nil {
      return try opaque(typeWords(address), at: task.node)
    }
    try addGroup(header, at: task.node, inside: task.inside)
  }

  private mutating func addDataset(_ header: HDF5ObjectHeader, _ task: Task) throws {
    let dataset = try HDF5Dataset(header, metadata)
    if dataset.space.isNull {
      guard let committed = try dataset.type.committed ?? juliaType(of: header) else {
        return try opaque("empty", at: task.node)
      }
      return try addType(committed, task)
    }
    if dataset.space.dimensions.isEmpty {
      let data = metadata.cursor(over: try raw(dataset), of: dataset.address)
      return try addElement(dataset.type, data, task)
    }
    try addArray(dataset, header, task)
  }

  /// The address of the type that an attribute of an object names.
  func juliaType(of header: HDF5ObjectHeader) throws(CheckpointError) -> Int? {
    for attribute in try metadata.attributes(of: header)
    where attribute.name.elementsEqual("julia_type".utf8) {
      guard case .reference = attribute.type.kind else { return nil }
      var data = attribute.cursor(metadata)
      return try data.address("julia_type")
    }
    return nil
  }

  /// All bytes of a dataset whose elements are not numbers.
  func raw(_ dataset: HDF5Dataset) throws(CheckpointError) -> [UInt8] {
    guard let count = dataset.byteCount, count <= Self.rawLimit else {
      throw metadata.error(
        .limitExceeded, at: dataset.address, "dataset",
        found: "references or structs of more bytes",
        expected: "at most \(Self.rawLimit)")
    }
    if let range = dataset.plainRange(metadata.file) {
      return try metadata.bytes(at: range.lowerBound, range.count, "value")
    }
    guard case .chunked(let chunking) = dataset.layout, !dataset.space.dimensions.isEmpty else {
      throw metadata.error(
        .truncated, at: dataset.address, "dataset", found: "no bytes for its value",
        expected: "\(count)")
    }
    let store = try HDF5ChunkStore(dataset, chunking, metadata.file)
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: CheckpointError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) { try store.fetch(0, buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  // MARK: Leaves

  mutating func addTie(_ node: TreeBuilder.Handle, to leaf: LeafID) throws {
    _ = builder.storage(of: leaf, new: StorageID(leaf.raw))
    let tied = try builder.addTie(node, to: leaf)
    contents[tied.raw] = contents[leaf.raw]
  }

  func typeWords(_ address: Int) throws(CheckpointError) -> String {
    let type = try types.type(at: address)
    return type.map { $0.function ?? $0.shown } ?? "type"
  }

  mutating func opaque(_ words: String, at node: TreeBuilder.Handle) throws {
    try builder.setLeaf(.value(.opaque(type: Array(words.utf8))), at: node)
  }
}
